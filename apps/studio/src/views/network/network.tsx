/** The run inside of the network whose maps it explains. */
import type { JSX } from "preact";
import { useAnswer } from "../../parts/use-answer.ts";
import { Waiting } from "../../parts/waiting.tsx";
import { address } from "../../state/address.ts";
import { run } from "../../state/studio.ts";
import { OpenNetwork } from "./open-network.tsx";
import { Photos } from "./photos.tsx";

export function NetworkView(): JSX.Element {
  const { run: place = "", network: choice } = address.value;
  const key = JSON.stringify([place, choice]);
  const opened = useAnswer(run.value.state === "ready" ? key : undefined, (engine) => engine.network(place, choice));
  const network = opened.state === "ready" ? opened.value : undefined;
  return (
    <Waiting for={run.value}>
      {(info) => (
        <>
          <h1>In a network</h1>
          <Waiting for={opened}>
            {(found) =>
              found === undefined ? (
                <p>
                  The model explains maps of a layer, with {info.channels} channels. Open the network that they are of
                  {info.config?.data.kind === "network" && (
                    <>
                      , <code>{String(info.config.data.network)}</code>
                    </>
                  )}{" "}
                  to see where concepts are in photos, and what the network says without them.
                </p>
              ) : (
                <Photos key={key} info={info} network={found} />
              )
            }
          </Waiting>
          {opened.state !== "loading" && <OpenNetwork key={key} network={network} />}
        </>
      )}
    </Waiting>
  );
}
