import { gridName, interruptionInWords, type Recovery, type RunEvaluation, type TrainingEnd } from "@saeno/experiments";
import { textTable } from "./text-table.ts";

export interface NamedEvaluation {
  readonly name: string;
  /** What was measured; where it was trained, how that ended, how fast it was, and how close to a known dictionary it came. */
  readonly evaluation: RunEvaluation &
    Partial<TrainingEnd> & { readonly stepsPerSecond?: number; readonly recovery?: Recovery };
}

/** Key numbers of one or more models, and the relative error on each grid, as text. */
export function evaluationTable(models: readonly NamedEvaluation[]): string {
  const [first] = models;
  if (first === undefined) return "";
  const cells = (name: string, value: (evaluation: NamedEvaluation["evaluation"]) => string) => [
    name,
    ...models.map(({ evaluation }) => value(evaluation)),
  ];
  /** A row where any model has it. */
  const row = (
    name: string,
    value: (evaluation: NamedEvaluation["evaluation"]) => number | undefined,
    write: (value: number) => string = (found) => found.toFixed(4),
  ) => {
    const values = models.map(({ evaluation }) => value(evaluation));
    return values.every((found) => found === undefined)
      ? []
      : [[name, ...values.map((found) => written(found, write))]];
  };
  const digits = (count: number) => (value: number) => value.toPrecision(count);
  const numbers = textTable([
    ["", ...models.map(({ name }) => name)],
    ...row("relative error", (e) => e.relativeError),
    ...row("  on training samples", (e) => e.trainError?.relativeError),
    ...row("  of PCA with as many numbers", (e) => e.baselines?.pca),
    ...row("  of the mean", (e) => e.baselines?.mean),
    ...row("  of dropped modes alone", (e) => e.lowPassError),
    ...row("mean squared error", (e) => e.mse, digits(4)),
    ...row("R2", (e) => e.r2),
    ...row(
      "active concepts (L0)",
      (e) => e.l0,
      (value) => value.toFixed(2),
    ),
    ...row("density", (e) => e.density),
    cells("budget (numbers of a code)", budget),
    cells("concepts in use", (e) => `${e.utilization.length - e.dead} of ${e.utilization.length}`),
    ...row("  selective", (e) => e.selective, percent),
    ...row("  always on", (e) => e.alwaysOn, String),
    ...row(
      "  effective number",
      (e) => e.effectiveConcepts,
      (value) => value.toFixed(1),
    ),
    ...row("AUC with labels, median in use", (e) => e.labels?.auc.median),
    ...row("  by chance", (e) => e.labels?.auc.chance),
    ...row("  best concept", (e) => e.labels?.concepts[0]?.auc),
    ...row("Hoyer score, median in use", (e) => e.atoms?.hoyer.medianInUse),
    ...row("  of dead concepts", (e) => e.atoms?.hoyer.medianDead),
    ...row("  of noise", (e) => e.atoms?.hoyer.baseline),
    ...row("coherence of those in use", (e) => e.atoms?.cosines.coherenceInUse),
    ...row("recovery error, at the start", (e) => e.recovery?.start),
    ...row("recovery error, at the end", (e) => e.recovery?.error),
    ...row("training steps/s", (e) => e.stepsPerSecond, digits(3)),
  ]);
  const names = models.map(({ name }) => name);
  const { resolution, rotation = [] } = first.evaluation;
  const onGrids = resolution.flatMap(({ grid, truncated }, i) => [
    ...row(gridName(grid), (e) => e.resolution[i]?.relativeError),
    ...row("  interpolated from the data's grid", (e) => e.resolution[i]?.interpolatedError),
    ...(truncated === undefined
      ? []
      : row(`  floor: ${gridName(truncated.modes)} modes`, (e) => e.resolution[i]?.truncated?.floor)),
  ]);
  const turned = rotation.flatMap(({ degrees }, i) => row(String(degrees), (e) => e.rotation?.[i]?.rise));
  return [
    heading(models),
    numbers,
    "dead concepts: active in none of these samples\nselective: the share of concepts in use that are active in 1 to 60% of them; always on: in more than 90%",
    ...models.flatMap(({ evaluation: { stability = [] } }) =>
      stability.length > 0 ? [stabilityTable(stability)] : [],
    ),
    ...(onGrids.length > 0 ? [textTable([["relative error on", ...names], ...onGrids])] : []),
    ...(turned.length > 0 ? [textTable([["rise of the squared error at degrees", ...names], ...turned])] : []),
  ].join("\n\n");
}

/** A share as a percentage. */
function percent(share: number): string {
  return `${(100 * share).toPrecision(3)}%`;
}

/** The numbers of a code, and which share of a sample's own numbers that is. */
function budget({ budget, codeEntries }: RunEvaluation): string {
  return `${percent(budget)} (${codeEntries.toFixed(1)})`;
}

/** Which samples the numbers are on, and whose training was cut off. */
function heading(models: readonly NamedEvaluation[]): string {
  const sets = new Set(models.map(({ evaluation }) => `${evaluation.measuredOn}, ${gridName(evaluation.grid)}`));
  const interrupted = models.flatMap(({ name, evaluation: { interrupted = false, ...end } }) => {
    const words = interruptionInWords({ ...end, interrupted });
    return words === undefined ? [] : [`${name} was ${words}`];
  });
  return [...sets, ...interrupted].join("\n");
}

/** How alike the concepts of other runs are. */
function stabilityTable(stability: NonNullable<RunEvaluation["stability"]>): string {
  const cell = (value: number) => written(value, (found) => found.toFixed(4));
  const rows = stability.map(({ against, weighted, untrained, matched, compared }) => [
    against,
    cell(weighted),
    cell(untrained),
    cell(matched),
    compared.join(" with "),
  ]);
  return textTable([["stability against", "by energy", "untrained models", "matched", "concepts compared"], ...rows]);
}

/** What is not a number is a dash. */
function written(value: number | undefined, write: (value: number) => string): string {
  return value === undefined || !Number.isFinite(value) ? "-" : write(value);
}
