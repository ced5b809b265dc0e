import { type HistoryQuantity, historyPlot } from "./history-plot.ts";
import { plotsBody } from "./plots-body.ts";
import type { ReportModel } from "./report-data.ts";
import type { Section } from "./section.ts";

const quantities: readonly HistoryQuantity[] = [
  "loss",
  "recoveryError",
  "relativeError",
  "activeConcepts",
  "learningRate",
];

/** Training as curves against the step. Nothing without a history. */
export function learningCurves(models: readonly ReportModel[]): Section | undefined {
  const plots = quantities.map((quantity) => historyPlot(models, quantity));
  if (plots.every((plot) => plot === "")) return undefined;
  const missing = models.flatMap(({ history = [] }) => history).filter(({ loss }) => !Number.isFinite(loss)).length;
  return {
    id: "learning",
    title: "Learning",
    reading: `Each curve is a moving mean over a fortieth of the steps, on the faint values of single batches; a curve that is still falling at its end would gain from more steps.${
      missing > 0 ? ` In ${missing} of the records the loss is not a number: gaps in the faint curve.` : ""
    }`,
    body: plotsBody(models, plots),
  };
}
