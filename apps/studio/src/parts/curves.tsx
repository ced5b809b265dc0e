import { line, ruleY } from "@observablehq/plot";
import type { RunHistory } from "@saeno/experiments";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { type DescribedPlot, Plot } from "./plot.tsx";

/** Points of a curve, at most: more are not seen. */
const mostPoints = 400;

/** How a training goes: the error of its batches, and how many concepts are in use. */
export function Curves({
  history,
  steps,
}: {
  readonly history: RunHistory;
  readonly steps: number | undefined;
}): JSX.Element {
  const points = useMemo(() => thinned(history), [history]);
  const x = { label: "step", domain: [1, steps ?? history.at(-1)?.step ?? 1] };
  const error = useMemo<DescribedPlot>(
    () => ({
      ariaLabel: "Relative error of each batch",
      x,
      y: { label: "relative error of a batch", grid: true, type: "log", tickFormat: "~r" },
      marks: [line(points, { x: "step", y: "relativeError", stroke: "var(--model-0)" })],
    }),
    [points, steps],
  );
  const use = useMemo<DescribedPlot>(
    () => ({
      ariaLabel: "Active and dead concepts",
      x,
      y: { label: "concepts", grid: true },
      color: { domain: ["active in the batch", "dead"], range: ["var(--model-2)", "var(--model-1)"], legend: false },
      marks: [
        ruleY([0]),
        line(points, { x: "step", y: "activeConcepts", stroke: "var(--model-2)" }),
        line(points, { x: "step", y: "deadConcepts", stroke: "var(--model-1)" }),
      ],
    }),
    [points, steps],
  );
  return (
    <div class="columns">
      <Plot options={error} name="error" numbers={history} />
      <figure>
        <Plot options={use} name="use" numbers={history} />
        <figcaption>
          <b class="ink-2">active</b> in the batch, <b class="ink-1">dead</b>: active in none of the last samples
        </figcaption>
      </figure>
    </div>
  );
}

/** Some of many steps, the last among them. */
function thinned(history: RunHistory): RunHistory {
  const every = Math.ceil(history.length / mostPoints);
  return every < 2 ? history : history.filter((_, i) => i % every === 0 || i === history.length - 1);
}
