import { createRandom, type Grid, type Modes, SaenoError } from "@saeno/backend";
import { type ModelConfig, modelFromConfig, type SparseAutoencoder } from "@saeno/core";
import {
  type DataPart,
  type Dataset,
  datasetOn,
  type OpenedData,
  type Reading,
  rotateFunctions,
  subset,
} from "@saeno/datasets";
import {
  type AtomSummary,
  atoms,
  type Baselines,
  baselines,
  checkComparable,
  codes,
  type DatasetCodes,
  type ErrorMetrics,
  type Evaluation,
  errors,
  evaluate,
  evenSubset,
  interpolatedError,
  type LabelStatistics,
  labels,
  lowPassFloor,
  type Metric,
  metricFromConfig,
  type ResolutionError,
  type Stability,
  stability,
} from "@saeno/metrics";
import type { Measures } from "../configuration/run-parts.ts";
import { gridName, gridOf } from "../data/grids.ts";
import { type Reporter, silent } from "../reporter.ts";

/** What `train` and `eval` report. */
export interface RunEvaluation extends Evaluation {
  readonly data: string;
  readonly split: DataPart;
  /** How the samples were read, if they were. */
  readonly reading?: Reading;
  /** The samples in words: `100 held-out samples of flow:32`. */
  readonly measuredOn: string;
  /** `[...N, C]` of a sample before it was flattened, if it was. */
  readonly sampleShape?: readonly number[];
  readonly resolution: readonly GridError[];
  /** Errors on rotated samples, where asked for. */
  readonly rotation?: readonly RotationError[];
  /** For spectral concepts, the relative error of the samples without the frequencies that the model drops, which no code can undercut. */
  readonly lowPassError?: number;
  readonly atoms?: AtomSummary;
  /** On samples that the model was trained on, spread evenly over all of them; if it was trained on this data. */
  readonly trainError?: { readonly samples: number; readonly relativeError: number };
  /** What the mean and principal components reach on held-out samples. */
  readonly baselines?: Baselines;
  /** What concepts tell about the labels of the samples, if there are any. */
  readonly labels?: LabelStatistics;
  /** Whether other runs found the same concepts. */
  readonly stability?: readonly RunStability[];
}

/** The stability of concepts against another run. */
export interface RunStability extends Stability {
  /** Which run that is. */
  readonly against: string;
  /** The value for two untrained models of these forms, with as many concepts: this much comes for free. */
  readonly untrained: number;
}

export interface GridError extends ResolutionError {
  readonly lowPassError?: number;
  /** If asked for: the relative error of reconstructions that are made on the grid of the data and interpolated to this one. */
  readonly interpolatedError?: number;
  /** If the grid is too coarse for some frequencies that the model has on the grid of the data. */
  readonly truncated?: Truncation;
}

export interface Truncation {
  /** The frequencies that the grid holds. */
  readonly modes: Modes;
  /** The relative error of the samples on their own grid without all other frequencies: the floor for this grid. */
  readonly floor: number;
}

export interface RotationError extends Pick<ErrorMetrics, "mse" | "relativeError"> {
  readonly degrees: number;
  /** The relative rise of the mean squared error over that of samples that were not rotated: `mse / mse(0) - 1`. */
  readonly rise: number;
}

export interface EvaluationRequest {
  readonly model: SparseAutoencoder;
  readonly source: OpenedData;
  readonly split: DataPart;
  /** Whether the model was trained on this data. Default true. */
  readonly trained?: boolean;
  /** What is measured besides errors on the data's own grid. */
  readonly measures?: Partial<Measures>;
  /** At most so many samples. */
  readonly samples?: number;
  /** Models to compare its concepts with, on the same samples. They stay the caller's. */
  readonly against?: readonly NamedModel[];
  /** What to call it in the progress bar. */
  readonly label: string;
  readonly reporter?: Reporter;
  /** Told what looks wrong, beside the reporter. */
  readonly onWarning?: (warning: string) => void;
  /** Ends the evaluation with its reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

export interface NamedModel {
  readonly name: string;
  readonly model: SparseAutoencoder;
}

/** A relative error beyond which a reconstruction has nothing to do with the data. */
const absurdError = 100;

/** Samples that the error of training is measured on, at most. */
const trainingSamples = 256;

/**
 * Errors, code statistics, baselines and whatever else is asked for on the data's own grid, and errors on each of the requested grids and angles; also on
 * the grids of test data.
 */
export async function evaluateModel(request: EvaluationRequest): Promise<RunEvaluation> {
  const { model, source, split, trained = true, against = [], label, reporter = silent } = request;
  const limited = (dataset: Dataset) =>
    request.samples !== undefined && request.samples < dataset.size
      ? subset(dataset, { start: 0, end: request.samples })
      : dataset;
  const own = limited(source[split]);
  const { grids: asked, rotations, interpolated, metrics } = checkMeasures(model, source, request.measures);
  for (const other of against) checkComparable(model.dictionary, other.model.dictionary, own.grid, other.name);
  const given = split === "test" ? (source.testData ?? []).slice(1).map(({ grid }) => grid) : [];
  const grids = [...asked, ...given.filter((grid) => !asked.some((other) => other.join() === grid.join()))];
  const progress = reporter.progress(
    `evaluate ${label}`,
    own.size * (1 + grids.length + rotations.length + against.length),
  );
  let before = 0;
  const watched = (where: string) => {
    const start = before;
    before += own.size;
    return {
      onProgress(done: number) {
        request.signal?.throwIfAborted();
        progress.update(start + done, where);
      },
    };
  };
  try {
    const { reading } = own;
    const evaluation = await evaluate(model, own, { metrics, ...watched(`on ${gridName(own.grid)}`) });
    const resolution: GridError[] = [];
    for (const grid of grids) {
      const truth = limited(await datasetOn(source[split], grid));
      const options = { metrics: [errors(), lowPassFloor()], ...watched(`on ${gridName(grid)}`) };
      const { samples: _, r2: __, ...found } = await evaluate(model, truth, options);
      const modes = fewerModes(model, grid, own.grid);
      const { lowPassError: floor = Number.NaN } =
        modes === undefined ? {} : await evaluate(model, own, { metrics: [lowPassFloor(modes)] });
      resolution.push({
        ...found,
        ...(interpolated ? await interpolatedErrorOn(model, own, truth) : {}),
        ...(modes === undefined ? {} : { truncated: { modes, floor } }),
      });
    }
    // Turned by nothing, so that the frequencies which turning drops are missing on both sides.
    const turned = (degrees: number) => limited(rotateFunctions(source[split], degrees, source.sampleShape));
    const upright = rotations.length > 0 ? (await evaluate(model, turned(0), { metrics: [errors()] })).mse : 0;
    const rotation: RotationError[] = [];
    for (const degrees of rotations) {
      const options = { metrics: [errors()], ...watched(`rotated by ${degrees} degrees`) };
      const { mse, relativeError } = await evaluate(model, turned(degrees), options);
      rotation.push({ degrees, mse, relativeError, rise: mse === upright ? 0 : mse / upright - 1 });
    }
    const stabilities: RunStability[] = [];
    for (const { name, model: other } of against) {
      const use = await evaluate(other, own, { metrics: [codes()], ...watched(`with ${name}`) });
      const a = { ...evaluation, dictionary: model.dictionary };
      const b = { ...use, dictionary: other.dictionary };
      const found = await stability(a, b, own);
      const untrained = await untrainedStability([model, other], found.compared, own);
      stabilities.push({ against: name, ...found, untrained });
    }
    const absurd = [evaluation, ...resolution].find(({ relativeError }) => relativeError > absurdError);
    if (absurd !== undefined) {
      const where = `on ${gridName(absurd.grid)} is ${absurd.relativeError.toPrecision(3)}`;
      const warning = `The relative error ${where}; that of no reconstruction at all is 1. The model has diverged, or these are not the data that it was trained on.`;
      request.onWarning?.(warning);
      reporter.say(warning, "warning");
    }
    return {
      data: source.name,
      split,
      measuredOn: samplesInWords(source, split, own.size, trained),
      sampleShape: source.sampleShape,
      ...(reading === undefined ? {} : { reading }),
      ...evaluation,
      resolution,
      ...(rotations.length > 0 ? { rotation } : {}),
      ...(trained ? { trainError: await errorOf(model, evenSubset(source.train, trainingSamples)) } : {}),
      baselines: await baselines(model, source),
      ...(stabilities.length > 0 ? { stability: stabilities } : {}),
    };
  } finally {
    progress.stop();
  }
}

async function untrainedStability(
  models: readonly [SparseAutoencoder, SparseAutoencoder],
  counts: readonly [number, number],
  data: Dataset,
): Promise<number> {
  // Atoms that start the same for every seed would be alike without having learned anything.
  const drawn = ({ dictionary, ...config }: ModelConfig) => ({
    ...config,
    dictionary: dictionary.start === "localized" ? { ...dictionary, start: "random" } : dictionary,
  });
  const fresh = models.map((model, i) =>
    modelFromConfig(drawn(model.toConfig()), createRandom(i).split("untrained"), data),
  );
  try {
    const [a, b] = fresh.map(({ dictionary }, i) => {
      const used = Array.from({ length: dictionary.conceptCount }, (_, k) => (k < counts[i] ? 1 : 0));
      return { dictionary, utilization: used, energy: used };
    });
    return (await stability(a, b, data)).weighted;
  } finally {
    for (const model of fresh) model.dispose();
  }
}

async function interpolatedErrorOn(
  model: SparseAutoencoder,
  own: Dataset,
  truth: Dataset,
): Promise<Pick<GridError, "interpolatedError">> {
  const found = await evaluate(model, own, { metrics: [interpolatedError(truth)] });
  return { interpolatedError: found.interpolatedError };
}

/** The modes of a model on a grid, where that is too coarse for some that it has on another. */
function fewerModes({ dictionary }: SparseAutoencoder, grid: Grid, own: Grid): Modes | undefined {
  const [held, all] = [dictionary.bandLimit?.(grid), dictionary.bandLimit?.(own)];
  return held?.some((count, axis) => count < (all?.[axis] ?? 0)) ? held : undefined;
}

/** Which samples of some data were measured, in words. */
export function samplesInWords(
  { name, testData, ...parts }: OpenedData,
  split: DataPart,
  count: number,
  trained: boolean,
): string {
  const size = parts[split].size;
  const some = count < size ? `the first ${count} of ` : "";
  const samples = `${size} ${trained ? `${kinds[split]} ` : ""}${size === 1 ? "sample" : "samples"}`;
  if (split === "test" && testData?.[0] !== undefined) return `${some}${samples}, the test data ${testData[0].name}`;
  if (split === "all") return size === 1 ? name : `${some}all ${samples} of ${name}`;
  if (trained) return `${some}${samples} of ${name}`;
  return `${some}the ${split === "train" ? "first" : "last"} ${samples} of ${name}`;
}

const kinds: Readonly<Record<DataPart, string>> = {
  train: "training",
  test: "held-out",
  all: "training and held-out",
};

async function errorOf(
  model: SparseAutoencoder,
  dataset: Dataset,
): Promise<{ readonly samples: number; readonly relativeError: number }> {
  const { samples, relativeError } = await evaluate(model, dataset, { metrics: [errors()] });
  return { samples, relativeError };
}

type RunMetric =
  | Metric<ErrorMetrics>
  | Metric<DatasetCodes>
  | Metric<Pick<RunEvaluation, "lowPassError">>
  | Metric<Pick<RunEvaluation, "atoms">>
  | Metric<Pick<RunEvaluation, "labels">>
  | Metric;

interface CheckedMeasures extends Pick<Measures, "interpolated" | "rotations"> {
  readonly grids: readonly Grid[];
  readonly metrics: readonly RunMetric[];
}

/** Checks that a model can be measured so, before any work is done. */
export function checkMeasures(
  model: SparseAutoencoder,
  source: OpenedData,
  measures: Partial<Measures> = {},
): CheckedMeasures {
  const { grids = [], interpolated = false, rotations = [], atoms: describeAtoms = false, metrics = [] } = measures;
  const { dictionary } = model;
  if (dictionary.domain === "vectors" && grids.length > 0) {
    throw new SaenoError(
      "eval.grids",
      `${dictionary.label} takes samples of one length: it has no error on other grids. Leave --grids out.`,
    );
  }
  const [, unused] = source.testData ?? [];
  if (interpolated && grids.length === 0 && unused === undefined) {
    throw new SaenoError("eval.grids", "--interpolated needs grids to interpolate to: name some with --grids.");
  }
  if (dictionary.domain === "vectors" && unused !== undefined) {
    throw new SaenoError(
      "eval.test-data",
      `${dictionary.label} takes samples of one length: the test data ${unused.name}, on ${gridName(unused.grid)}, cannot be used. Leave it out.`,
    );
  }
  const resolved = grids.map((given) => gridOf("--grids", given, source.test.grid.length));
  for (const grid of resolved) dictionary.checkGrid(grid, { truncated: true });
  // Samples of one length have no grid any more.
  const given = dictionary.domain === "vectors" ? [] : (source.testData ?? []);
  for (const { grid } of given) if (grid.length > 0) dictionary.checkGrid(grid, { truncated: true });
  for (const degrees of rotations) rotateFunctions(source.test, degrees, source.sampleShape);
  const usual = [errors(), codes(), labels(), lowPassFloor(), ...(describeAtoms ? [atoms()] : [])];
  const names = new Set(usual.map(({ name }) => name));
  const asked: Metric[] = metrics.map(metricFromConfig);
  const all = [...usual, ...asked.filter(({ name }) => !names.has(name))];
  return { grids: resolved, interpolated, rotations, metrics: all };
}
