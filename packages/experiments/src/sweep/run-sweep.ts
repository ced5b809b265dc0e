import { SaenoError } from "@saeno/backend";
import type { Settings } from "../configuration/config-files.ts";
import { dataName, resolveRunConfig } from "../configuration/run-config.ts";
import type { PlannedRun } from "../executor/executor.ts";
import { silent } from "../reporter.ts";
import { inWords, numberLabel, runNumber, runNumbers } from "../run/run-numbers.ts";
import { interruptionInWords } from "../run/training-end.ts";
import { type RunSetOptions, runSet, type SetOutcome } from "../runs/run-set.ts";
import { stabilityOfRuns } from "../runs/run-stability.ts";
import { type Spread, spreadOf } from "./spread.ts";
import type { SweepData, SweepRun } from "./sweep-data.ts";
import { combinations, drawFrom, type SweptField, type Variation, valueText, variationName } from "./sweep-space.ts";

export interface SweepPlanOptions {
  /** What is varied. */
  readonly vary: readonly SweptField[];
  /** Draw this many combinations at random; default: all of them. */
  readonly random?: number | undefined;
  /** How many seeds each combination is trained with, from the seed of the settings on. Default 1. */
  readonly seeds?: number | undefined;
  /** What all runs share. */
  readonly settings?: Settings | undefined;
  /** Settings below those, as of a file. */
  readonly base?: Settings | undefined;
}

/** A combination of settings and its runs, one for each seed. */
export interface PlannedVariation {
  readonly variation: Variation;
  readonly runs: readonly PlannedRun[];
}

/** The runs of a sweep. @throws SaenoError `sweep.vary`, `config.value` for an impossible combination. */
export function planSweep({ vary, random, seeds = 1, settings = {}, base }: SweepPlanOptions): PlannedVariation[] {
  const first = Number(settings.seed ?? base?.seed ?? 0);
  const combined = vary.reduce((count, { values }) => count * ("from" in values ? 1 : values.length), 1);
  checkCount((random ?? combined) * seeds);
  const variations = random === undefined ? combinations(vary) : drawFrom(vary, random, first);
  return variations.map((variation) => ({
    variation,
    runs: Array.from({ length: seeds }, (_, i) => ({
      name: `${variationName(variation)},seed=${first + i}`,
      config: resolveRunConfig({ ...settings, ...variation, seed: first + i }, base),
    })),
  }));
}

/** What no run has by itself: its seeds are compared, pair by pair. */
const stability = "stability";

/** More runs than this are a slip of the pen. */
const mostRuns = 100_000;

function checkCount(runs: number): void {
  if (runs <= mostRuns) return;
  throw new SaenoError(
    "sweep.runs",
    `The sweep would be ${runs} runs; the most are ${mostRuns}. Vary less, or give fewer seeds.`,
  );
}

export interface SweepOptions extends SweepPlanOptions, RunSetOptions {
  /** The number of a run that the sweep is about, as `runNumbers` names it, or `stability` between the seeds of a setting. Default `relativeError`. */
  readonly metric?: string | undefined;
  /** Which is the best. Default `lowest`. */
  readonly goal?: SweepData["goal"] | undefined;
  /** Numbers to show next to it, if all runs have them; also `stability`, which needs a backend in use and several seeds. */
  readonly show?: readonly string[] | undefined;
}

/**
 * Trains with many settings and compares them, best first; settings whose runs all failed come last.
 *
 * @throws SaenoError as `planSweep`, `sweep.stability` for that of one seed, `run.number` for a metric that runs do not have, `runs.interrupted` when the signal is given.
 */
export async function runSweep(options: SweepOptions): Promise<SweepData> {
  const { vary, seeds = 1, metric = "relativeError", goal = "lowest", show = [], folder } = options;
  if (metric === stability && seeds < 2) {
    throw new SaenoError(
      "sweep.stability",
      "--metric stability compares the seeds of each setting, and there is one: give --seeds 3.",
    );
  }
  const planned = planSweep(options);
  const counts = `${counted(planned.length, "setting")}, ${counted(seeds, "seed")} each`;
  (options.reporter ?? silent).say(`${counts}, into ${folder}`);
  const all = planned.flatMap(({ runs }) => runs);
  const outcomes = await runSet(all, { label: "sweep", ...options });
  const compares = seeds > 1 && [metric, ...show].includes(stability);
  const progress = compares
    ? (options.reporter ?? silent).progress("stability between seeds", planned.length)
    : undefined;
  const runs: SweepRun[] = [];
  try {
    for (const [i, { variation }] of planned.entries()) {
      const ofSeeds = outcomes.slice(i * seeds, (i + 1) * seeds);
      const finished = ofSeeds.flatMap(({ run: { place }, summary }) =>
        summary === undefined ? [] : [{ place, summary }],
      );
      const stabilities = compares ? await stabilityOfRuns(options.store, finished) : [];
      runs.push(sweepRun(variation, ofSeeds, { metric, show, stabilities }));
      progress?.update(i + 1);
    }
  } finally {
    progress?.stop();
  }
  const finished = outcomes.find(({ summary }) => summary !== undefined);
  if (finished?.summary !== undefined && metric !== stability && runs.every((run) => run.metric.count === 0))
    runNumber(finished.summary, metric);
  return {
    title: `${vary.map(({ name }) => settingLabel(name)).join(", ")} on ${[...new Set(all.map(({ config }) => dataName(config)))].join(", ")}`,
    summary: [`${counts}.`],
    metric,
    goal,
    fields: vary.map(({ name }) => name),
    labels: Object.fromEntries([
      ...vary.map(({ name }) => [name, settingLabel(name)]),
      ...[metric, ...show].map((name) => [name, numberLabel(name)]),
    ]),
    runs: bestFirst(runs, goal),
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function sweepRun(
  variation: Variation,
  outcomes: readonly SetOutcome[],
  {
    metric,
    show,
    stabilities,
  }: { readonly metric: string; readonly show: readonly string[]; readonly stabilities: readonly number[] },
): SweepRun {
  const numbers = outcomes.flatMap(({ summary }) => (summary === undefined ? [] : [runNumbers(summary)]));
  const spread = (name: string): Spread =>
    name === stability
      ? spreadOf(stabilities)
      : spreadOf(numbers.map((each) => each.get(name)).filter((value) => value !== undefined));
  const failed = outcomes.find(({ error }) => error !== undefined)?.error;
  const hasAll = (name: string) =>
    name === stability ? stabilities.length > 0 : numbers.every((each) => each.has(name));
  const names = show.filter((name) => name !== metric && hasAll(name));
  return {
    settings: Object.fromEntries(Object.entries(variation).map(([name, value]) => [name, plain(value)])),
    seeds: numbers.length,
    metric: spread(metric),
    others: Object.fromEntries(names.map((name) => [name, spread(name)])),
    ...(failed === undefined ? {} : { failed }),
    ...(outcomes[0] === undefined ? {} : { place: outcomes[0].run.place }),
    folders: outcomes.flatMap(({ run, summary }) => {
      const interrupted = summary && interruptionInWords(summary);
      const folder = { seed: run.config.seed, place: run.place };
      return summary === undefined ? [] : [interrupted === undefined ? folder : { ...folder, interrupted }];
    }),
  };
}

/** Settings whose names are short. */
const settingLabels: Readonly<Record<string, string>> = { lr: "learning rate", batch: "batch size" };

function settingLabel(name: string): string {
  return settingLabels[name] ?? inWords(name);
}

function plain(value: unknown): string | number | boolean {
  if (Array.isArray(value) && value.length === 1) return Number(value[0]);
  return typeof value === "number" || typeof value === "boolean" ? value : valueText(value);
}

function bestFirst(runs: readonly SweepRun[], goal: SweepData["goal"]): SweepRun[] {
  // Settings of which nothing is known come last.
  const rank = ({ metric: { mean } }: SweepRun) =>
    Number.isFinite(mean) ? (goal === "highest" ? -mean : mean) : Number.POSITIVE_INFINITY;
  return runs.toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
}
