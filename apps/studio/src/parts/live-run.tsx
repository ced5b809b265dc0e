import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RunInfo, RunProgress } from "../engine/run-session.ts";
import { address, navigate } from "../state/address.ts";
import { renew, running } from "../state/studio.ts";
import { resumeTraining } from "../state/training.ts";
import { later } from "./later.tsx";

const Curves = later(async () => (await import("./curves.tsx")).Curves);

/** Milliseconds between looks. */
const lookEvery = 2000;

/** What run it is and how it did, in a line; of one that is under way, how it is doing, its model taken anew with each checkpoint. */
export function RunLine({ info }: { readonly info: RunInfo }): JSX.Element {
  const place = address.value.run ?? "";
  const [now, setNow] = useState<RunProgress>();
  const isUnderway = (now?.state ?? info.state) === "running";
  useEffect(() => {
    if (!isUnderway) return;
    let isCurrent = true;
    const look = async () => {
      const engine = await running();
      const progress = await engine.progress(place).catch(() => undefined);
      if (!isCurrent) return;
      if (progress !== undefined) setNow(progress);
      if (progress?.isNewer || progress?.state === "finished") await renew();
      if (isCurrent) timer = setTimeout(look, lookEvery);
    };
    let timer = setTimeout(look, 0);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [place, isUnderway]);
  const history = now?.history ?? info.history;
  const { name, evaluation, config } = info;
  const state = now?.state ?? info.state;
  const last = history.at(-1);
  const of = config?.training.steps;
  return (
    <>
      <p>
        {name}
        {evaluation && `, relative error ${evaluation.relativeError.toFixed(3)}`}
        {last && `, ${last.step} steps`}
        {state === "interrupted" && (
          <strong class="warning"> interrupted{of && ` at ${last?.step ?? 0} of ${of}`}</strong>
        )}
        {state === "running" && <strong role="status"> training{of && `, step ${last?.step ?? 0} of ${of}`}</strong>}
        {state === "imported" && ", imported"}
        {state === "interrupted" && place.startsWith("saved:") && (
          <button
            type="button"
            class="secondary"
            onClick={() => {
              void resumeTraining(place, history);
              navigate({ view: "train" });
            }}
          >
            Go on training
          </button>
        )}
      </p>
      {history.length > 1 && (
        <details open={isUnderway}>
          <summary>How it learned</summary>
          <Curves history={history} steps={of} />
        </details>
      )}
    </>
  );
}
