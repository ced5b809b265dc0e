/** The model of a run folder, and samples to use it on: those held out from its training, or other data. */
import { SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { DataPart, Dataset, OpenedData, SampleLike } from "@saeno/datasets";
import {
  dataName,
  type LoadedRun,
  loadRun,
  openDataFor,
  type Reporter,
  type RunConfig,
  readEvaluation,
  resolveRunConfig,
  type Setting,
  type Settings,
  samplesInWords,
} from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";
import { type Command, Option } from "commander";
import { settingFlags } from "../flags/setting-flags.ts";

export interface RunSamples {
  readonly run: LoadedRun;
  /** With the data, and what is measured, that were asked for. */
  readonly wanted: RunConfig;
  /** Whether the samples are of the data that the model was trained on. */
  readonly isOwn: boolean;
  readonly source: OpenedData;
  readonly split: DataPart;
  /** Those of the split, named in words: `4 held-out samples of npy:x.npy`. */
  readonly dataset: Dataset;
}

export interface SamplesWanted {
  readonly settings: Settings;
  readonly split?: DataPart | undefined;
  readonly reporter: Reporter;
}

/**
 * Adds the flags that choose samples.
 *
 * @param which other settings to add.
 * @returns the settings that were given, for a command that is called.
 */
export function sampleFlags(command: Command, which: (setting: Setting) => boolean = () => false): () => Settings {
  const help = "test, train or all (default: test for the run's own data, all for other data)";
  command.addOption(new Option("--split <part>", help).choices(["test", "train", "all"]));
  return settingFlags(
    command,
    (setting) => (setting.group === "Data" && setting.flag !== "test-data") || which(setting),
    {
      data: "samples of other data (default: the run's)",
      limit: "take the first n samples of other data",
      test: "take the last n samples of other data",
    },
  );
}

/**
 * Loads a run and opens its samples. The backend must be in use already; the caller disposes of the model.
 *
 * @throws SaenoError `eval.data` for samples that the model cannot take, or a choice of them that says nothing, and as `loadRun`.
 */
export async function openSamples(path: string, { settings, split, reporter }: SamplesWanted): Promise<RunSamples> {
  const run = await loadRun(folderStore, path, {
    data: settings.data,
    ownData: settings.data === undefined,
    reporter,
  });
  try {
    return { run, ...(await samplesFor(run, { settings, split, reporter })) };
  } catch (error) {
    run.model.dispose();
    throw error;
  }
}

async function samplesFor(
  run: LoadedRun,
  { settings, split: asked, reporter }: SamplesWanted,
): Promise<Omit<RunSamples, "run">> {
  const { data, model: form, seed } = run.config;
  const base = { model: form, ...(settings.data === undefined ? { data } : {}) };
  const wanted = resolveRunConfig({ seed, ...settings }, base);
  const isOwn = run.trained && dataName(wanted) === dataName(run.config);
  const isLimited = (settings.limit ?? settings.test) !== undefined;
  if (isOwn && isLimited) {
    const problem = "--limit and --test go with other data: a run's own samples are split as in its training.";
    throw new SaenoError("eval.data", `${problem} Choose a part with --split.`);
  }
  const split = asked ?? (isOwn ? "test" : partOf(settings));
  if (split === "all" && isLimited) {
    throw new SaenoError("eval.data", "--split all takes all samples: leave --limit and --test out.");
  }
  const source = await openDataFor(form, isOwn ? data : wanted.data, {
    seed,
    reporter,
    ...(isOwn || !run.trained ? {} : { like: await samplesOf(run) }),
    single: split === "all",
  });
  checkFits(run, source);
  const name = samplesInWords(source, split, source[split].size, isOwn);
  return { wanted, isOwn, source, split, dataset: { ...source[split], name } };
}

/** What a run was trained on. A model of vectors knows their number only: its evaluation says what they were. */
async function samplesOf({ path, record, model, config }: LoadedRun): Promise<SampleLike> {
  const { channels, domain } = model.dictionary;
  const { trainingGrid } = record;
  const evaluated = domain === "vectors" ? (await readEvaluation(folderStore, path))?.sampleShape : undefined;
  const sampleShape = domain === "functions" && Array.isArray(trainingGrid) ? [...trainingGrid, channels] : evaluated;
  return { data: config.data, ...(sampleShape === undefined ? {} : { sampleShape }) };
}

/** @throws SaenoError `concept.index` for a concept that the model of a run does not have. */
export function checkConcept(path: string, { dictionary }: SparseAutoencoder, concept: number): void {
  const { conceptCount } = dictionary;
  if (concept < conceptCount) return;
  const problem = `There is no concept ${concept}: the model of ${path} has ${conceptCount} concepts, 0 to ${conceptCount - 1}.`;
  throw new SaenoError("concept.index", problem);
}

/** The samples of other data that are meant: the first n, the last n, or all. */
function partOf({ limit, test }: Settings): DataPart {
  if (limit !== undefined && test !== undefined) {
    const problem = "--limit names the first samples and --test the last.";
    throw new SaenoError(
      "eval.data",
      `${problem} Choose with --split train or --split test, or give only one of them.`,
    );
  }
  return limit !== undefined ? "train" : test !== undefined ? "test" : "all";
}

/** Data that a model cannot take is said before it is read. */
function checkFits({ path, model, record }: LoadedRun, { name, all }: OpenedData): void {
  const { channels, domain } = model.dictionary;
  const { trainingGrid } = record;
  const axes = Array.isArray(trainingGrid) && domain === "functions" ? trainingGrid.length : undefined;
  const what = (count: number, on?: number) =>
    domain === "vectors"
      ? `vectors of ${count} numbers`
      : `functions with ${count} ${count === 1 ? "channel" : "channels"}${on === undefined ? "" : ` on ${on} ${on === 1 ? "axis" : "axes"}`}`;
  if (all.channels === channels && (axes === undefined || all.grid.length === axes)) return;
  throw new SaenoError(
    "eval.data",
    `The model of ${path} takes ${what(channels, axes)}; ${name} has ${what(all.channels, all.grid.length)}.`,
    { kind: "data" },
  );
}
