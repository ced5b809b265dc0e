import { gridName, type Recovery, type RunEvaluation } from "@saeno/experiments";
import { textTable } from "./text-table.ts";

export interface NamedEvaluation {
  readonly name: string;
  /** What was measured; where it was just trained, how fast, and how close to a known dictionary it came. */
  readonly evaluation: RunEvaluation & { readonly stepsPerSecond?: number; readonly recovery?: Recovery };
}

/** Key numbers of one or more models, and the relative error on each grid, as text. */
export function evaluationTable(models: readonly NamedEvaluation[]): string {
  const [first] = models;
  if (first === undefined) return "";
  const row = (name: string, value: (evaluation: NamedEvaluation["evaluation"]) => string) => [
    name,
    ...models.map(({ evaluation }) => value(evaluation)),
  ];
  const { samples, split, data, grid } = first.evaluation;
  const numbers = textTable([
    ["", ...models.map(({ name }) => name)],
    row("relative error", (e) => e.relativeError.toFixed(4)),
    row("mean squared error", (e) => e.mse.toPrecision(4)),
    row("R2", (e) => e.r2.toFixed(4)),
    row("active concepts (L0)", (e) => e.l0.toFixed(2)),
    row("density", (e) => e.density.toFixed(4)),
    ...(first.evaluation.lowPassError === undefined
      ? []
      : [row("error without dropped modes", (e) => fixed(e.lowPassError))]),
    row("concepts in use", (e) => `${e.utilization.length - e.dead} of ${e.utilization.length}`),
    ...(first.evaluation.atoms === undefined
      ? []
      : [
          row("Hoyer score, median in use", (e) => fixed(e.atoms?.hoyer.medianInUse)),
          row("Hoyer score of noise", (e) => fixed(e.atoms?.hoyer.baseline)),
          row("coherence", (e) => fixed(e.atoms?.cosines.coherence)),
        ]),
    ...(models.every(({ evaluation }) => evaluation.recovery === undefined)
      ? []
      : [
          row("recovery error, at the start", ({ recovery }) => recovery?.start.toFixed(4) ?? ""),
          row("recovery error, at the end", ({ recovery }) => recovery?.error.toFixed(4) ?? ""),
        ]),
    ...(first.evaluation.stepsPerSecond === undefined
      ? []
      : [row("training steps/s", (e) => e.stepsPerSecond?.toPrecision(3) ?? "")]),
  ]);
  const heading = `${samples} ${split} samples of ${data}, ${gridName(grid)}`;
  const names = models.map(({ name }) => name);
  const { resolution, rotation = [] } = first.evaluation;
  const onGrids = resolution.map((entry, i) => row(gridName(entry.grid), (e) => fixed(e.resolution[i]?.relativeError)));
  const turned = rotation.map(({ degrees }, i) => row(String(degrees), (e) => fixed(e.rotation?.[i]?.rise)));
  return [
    heading,
    numbers,
    ...(onGrids.length > 0 ? [textTable([["relative error on", ...names], ...onGrids])] : []),
    ...(turned.length > 0 ? [textTable([["rise of the squared error at degrees", ...names], ...turned])] : []),
  ].join("\n\n");
}

function fixed(value: number | undefined): string {
  return value?.toFixed(4) ?? "";
}
