import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type BackendName, backendNames } from "../engine/backends.ts";
import { startEngine } from "../engine/client.ts";
import { messageOf } from "../state/studio.ts";

/** How fast each backend trains on this machine: measured, because nobody can tell. */
export function Speeds(): JSX.Element {
  const [speeds, setSpeeds] = useState<Partial<Record<BackendName, string>>>({});
  const [isBusy, setBusy] = useState(false);
  const measure = async () => {
    setBusy(true);
    for (const backend of Object.keys(backendNames) as BackendName[]) {
      const say = (text: string) => setSpeeds((old) => ({ ...old, [backend]: text }));
      say("measuring");
      try {
        const { engine, stop } = await startEngine(backend);
        say(`${(await engine.speed().finally(stop)).toPrecision(3)} steps/s`);
      } catch (error) {
        say(messageOf(error));
      }
    }
    setBusy(false);
  };
  return (
    <section aria-labelledby="speeds-title">
      <h2 id="speeds-title">Speed on this machine</h2>
      <p class="row">
        <button type="button" class="secondary" disabled={isBusy} onClick={() => void measure()}>
          Measure the backends
        </button>
        <span class="note">Steps of the example, batches of 32 images of 32 x 32.</span>
      </p>
      <dl class="facts" aria-live="polite">
        {Object.entries(speeds).map(([backend, text]) => (
          <>
            <dt>{backendNames[backend as BackendName]}</dt>
            <dd>{text}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}
