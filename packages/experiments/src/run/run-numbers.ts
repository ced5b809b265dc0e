import { SaenoError, sizeOf } from "@saeno/backend";
import { conceptsForShare, useStatistics } from "@saeno/metrics";
import * as v from "valibot";

/** JSON has null for what is not a number. */
const number = v.pipe(
  v.nullish(v.number()),
  v.transform((value) => value ?? undefined),
);
const numbers = v.array(v.number());
/** A number of an evaluation; JSON has null for NaN. */
const measured = v.pipe(
  v.nullable(v.number()),
  v.transform((value) => value ?? Number.NaN),
);

/** What summary.json of a run folder says, as far as it is read again. */
export const runSummarySchema = v.looseObject({
  grid: v.optional(numbers, []),
  sampleShape: v.optional(numbers),
  relativeError: number,
  lowPassError: number,
  dead: number,
  codeEntries: number,
  utilization: v.optional(numbers, []),
  energy: v.optional(v.array(measured), []),
  resolution: v.optional(
    v.array(v.looseObject({ grid: numbers, relativeError: number, lowPassError: number, interpolatedError: number })),
    [],
  ),
  rotation: v.optional(v.array(v.looseObject({ degrees: v.number(), relativeError: number, rise: number })), []),
  ...{ interrupted: v.optional(v.boolean(), false), steps: number, stepsAsked: number, learningRate: number },
  recovery: v.optional(v.looseObject({ curve: v.array(v.looseObject({ step: v.number(), error: number })) })),
  atoms: v.optional(v.looseObject({ hoyerScores: numbers, cosineSample: numbers })),
});
export type RunSummary = v.InferOutput<typeof runSummarySchema>;

/** Older files do not have these. */
const lately = v.optional(measured, null);
const spread = v.looseObject({ median: measured, medianInUse: measured, medianDead: lately, baseline: measured });
const pairs = {
  ...{ deviation: measured, deviationInUse: lately, deviationDead: lately },
  ...{ coherence: measured, coherenceInUse: lately },
};
const labelSpread = v.object({ median: measured, mean: measured, chance: measured });
const pairsAndNoise = v.looseObject({ ...pairs, baseline: measured });

/** An evaluation as files hold it. */
export const evaluationSchema = v.looseObject({
  data: v.string(),
  split: v.picklist(["train", "test", "all"]),
  samples: v.number(),
  grid: numbers,
  ...{ relativeError: measured, mse: measured, r2: measured, l0: measured, density: measured },
  ...{ dead: v.number(), conceptsFor90: v.number(), utilization: numbers, energy: numbers },
  // Older files do not have these.
  ...{ codeEntries: lately, budget: lately, selective: lately, alwaysOn: lately, effectiveConcepts: lately },
  measuredOn: v.optional(v.string(), ""),
  lowPassError: v.exactOptional(measured),
  trainError: v.exactOptional(v.object({ samples: v.number(), relativeError: measured })),
  baselines: v.exactOptional(
    v.object({
      ...{ samples: v.number(), trainingSamples: v.number(), components: v.number() },
      ...{ model: measured, mean: measured, pca: measured, codeEntries: measured },
    }),
  ),
  resolution: v.array(v.looseObject({ grid: numbers, relativeError: measured, mse: measured })),
  labels: v.exactOptional(
    v.object({
      ...{ samples: v.number(), entropy: v.number() },
      classes: v.array(
        v.object({
          ...{ label: v.number(), name: v.exactOptional(v.string()), samples: v.number() },
          ...{ concept: v.exactOptional(v.number()), auc: v.exactOptional(measured) },
        }),
      ),
      ...{ auc: labelSpread, information: labelSpread },
      concepts: v.array(
        v.object({
          ...{ concept: v.number(), label: v.number(), name: v.exactOptional(v.string()) },
          ...{ auc: measured, information: measured },
        }),
      ),
    }),
  ),
  stability: v.exactOptional(
    v.array(
      v.object({
        ...{ against: v.string(), untrained: measured },
        ...{ weighted: measured, matched: measured, compared: v.tuple([v.number(), v.number()]) },
        best: v.array(v.object({ concept: v.number(), other: v.number(), cosine: measured, share: measured })),
      }),
    ),
  ),
  sampleShape: v.exactOptional(numbers),
  rotation: v.exactOptional(
    v.array(v.looseObject({ degrees: v.number(), mse: measured, relativeError: measured, rise: measured })),
  ),
  atoms: v.exactOptional(
    v.looseObject({
      ...{ hoyer: spread, extent: v.exactOptional(spread), bandwidth: v.exactOptional(spread) },
      cosines: pairsAndNoise,
      ...{ shiftCosines: v.exactOptional(v.looseObject(pairs)), liftedCosines: v.exactOptional(pairsAndNoise) },
      ...{ hoyerScores: v.array(measured), cosineSample: v.array(measured) },
    }),
  ),
});

/**
 * The numbers of a run by name: every number of its summary.json (`relativeError`, `l0`, `recovery.error`, ..); `inUse` (concepts that are
 * not dead), `conceptsFor90Uses` (the fewest that make up 90 % of all uses), and of older files too `selective`, `alwaysOn`, `effectiveConcepts` and `budget`; on each grid `relativeError@112` or `relativeError@64x48`,
 * of spectral concepts `lowPassError@112` (what the dropped modes alone cost) and `keptError@112` (the error within the kept ones, whose square
 * is the rest), and `interpolatedError@112` (of reconstructions on the data's grid, interpolated); of rotated samples `relativeError@45deg` and `rise@45deg`, the relative rise of the squared error.
 */
export function runNumbers(summary: RunSummary): ReadonlyMap<string, number> {
  const named = new Map<string, number>();
  const add = (name: string, value: number | undefined) => {
    if (value !== undefined) named.set(name, value);
  };
  collect("", summary, add);
  const { codeEntries, sampleShape, utilization, dead, grid, resolution, rotation } = summary;
  if (utilization.length > 0 && dead !== undefined) {
    add("inUse", utilization.length - dead);
    add("conceptsFor90Uses", conceptsForShare(utilization, 0.9));
    for (const [name, value] of Object.entries(useStatistics(summary))) if (Number.isFinite(value)) add(name, value);
  }
  if (codeEntries !== undefined && sampleShape !== undefined) add("budget", codeEntries / sizeOf(sampleShape));
  for (const { grid: on, relativeError, lowPassError } of [...(grid.length > 0 ? [summary] : []), ...resolution]) {
    const at = labelOf(on);
    add(`relativeError@${at}`, relativeError);
    add(`lowPassError@${at}`, lowPassError);
    if (relativeError === undefined || lowPassError === undefined) continue;
    add(`keptError@${at}`, Math.sqrt(Math.max(0, relativeError ** 2 - lowPassError ** 2)));
  }
  for (const { grid: on, interpolatedError } of resolution) add(`interpolatedError@${labelOf(on)}`, interpolatedError);
  for (const { degrees, relativeError, rise } of rotation) {
    add(`relativeError@${degrees}deg`, relativeError);
    add(`rise@${degrees}deg`, rise);
  }
  return named;
}

const labels: Readonly<Record<string, string>> = {
  l0: "active concepts (L0)",
  r2: "R²",
  mse: "mean squared error",
  dead: "dead concepts",
  inUse: "concepts in use",
  conceptsFor90: "concepts for 90% of the energy",
  conceptsFor90Uses: "concepts for 90% of all uses",
  stepsPerSecond: "steps per second",
  codeEntries: "numbers of a code",
  selective: "selective share",
  alwaysOn: "concepts always on",
  "labels.auc.median": "AUC with labels, median",
};

/** What people call a number of a run: `relative error on 64`. */
export function numberLabel(name: string): string {
  const [number, where] = name.split("@");
  const label = labels[number] ?? inWords(number);
  if (where === undefined) return label;
  return where.endsWith("deg") ? `${label} turned by ${where.slice(0, -3)}°` : `${label} on ${where}`;
}

/** `learningRate` or `learning-rate` as words; parts of a path one after another. */
export function inWords(name: string): string {
  return name
    .replaceAll(".", ", ")
    .replaceAll("-", " ")
    .replace(/([a-z\d])([A-Z])/g, (_, before: string, letter: string) => `${before} ${letter.toLowerCase()}`);
}

/** @throws SaenoError `run.number` naming those there are. */
export function runNumber(summary: RunSummary, name: string): number {
  const named = runNumbers(summary);
  const found = named.get(name);
  if (found !== undefined) return found;
  throw new SaenoError("run.number", `A run has no number "${name}". It has ${[...named.keys()].join(", ")}.`);
}

function collect(prefix: string, part: object, add: (name: string, value: number) => void): void {
  for (const [key, value] of Object.entries(part)) {
    if (typeof value === "number") add(prefix + key, value);
    else if (typeof value === "object" && value !== null && !Array.isArray(value))
      collect(`${prefix}${key}.`, value, add);
  }
}

/** `28` for a grid of equal sides, else `28x42`. */
function labelOf(grid: readonly number[]): string {
  return grid.every((points) => points === grid[0]) ? String(grid[0]) : grid.join("x");
}
