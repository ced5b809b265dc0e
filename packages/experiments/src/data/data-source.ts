import { type Grid, SaenoError } from "@saeno/backend";
import { type Dataset, flatten, resampleDataset, rotateDataset, split, subset } from "@saeno/datasets";
import type { RunConfig } from "../configuration/run-config.ts";
import type { Reporter } from "../reporter.ts";

/** Which samples of a source: those for training, those held out, or every one. */
export type Part = "train" | "test" | "all";

/** The dictionary that data was made from, its atoms of unit norm: centered kernels `[K, ...s, C]` or vectors `[K, n]`. */
export interface KnownDictionary {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** The data a run trains on and is tested on, and the same samples on other grids. */
export interface DataSource extends Readonly<Record<Part, Dataset>> {
  readonly spec: string;
  /** `[...N, C]` of a sample before it was flattened, if it was. */
  readonly sampleShape: readonly number[];
  /** Absent where it is not known, and for functions that were flattened: their atoms at every place would be one. */
  readonly truth?: KnownDictionary;
  /** Samples of this source on another grid: exact where the source can compute them there, else by Fourier interpolation. */
  onGrid(part: Part, grid: Grid): Promise<Dataset>;
  /** Samples of two axes turned about the center of their grid, as functions: without a blur. */
  rotated(part: Part, degrees: number): Dataset;
}

export type DataSettings = Pick<
  RunConfig,
  "data" | "testData" | "limit" | "test" | "crop" | "color" | "whiten" | "seed"
>;

/** A kind of data that `data` can name, as `KIND:REST`. */
export interface DataKind {
  /** How it is written, for help and errors. */
  readonly usage: string;
  /** Samples of a file as they are: where `testData` names others, none of them are held out. */
  readonly wholeFile?: boolean;
  /** @param rest what follows the colon; empty where nothing does. */
  open(settings: OneSource, rest: string, reporter: Reporter): Promise<DataSource>;
}

export type DataKinds = Readonly<Record<string, DataKind>>;
export type OneSource = Omit<DataSettings, "testData">;

/** The same source for a model that takes vectors. */
export function flattened({ truth, ...source }: DataSource): DataSource {
  return {
    ...source,
    ...(truth === undefined || source.sampleShape.length > 1 ? {} : { truth }),
    train: flatten(source.train),
    test: flatten(source.test),
    all: flatten(source.all),
    onGrid: async (part, grid) => flatten(await source.onGrid(part, grid)),
    rotated: (part, degrees) => flatten(source.rotated(part, degrees)),
  };
}

/** Samples that lie in one file, some of them held out. */
export function fromFile(settings: OneSource, all: Dataset): DataSource {
  return interpolated(settings.data, { ...held(settings, all), all });
}

/** The first `limit` and the last `test` samples: what is not given is what remains, a tenth held out. */
function held(settings: OneSource, all: Dataset): { train: Dataset; test: Dataset } {
  const { limit } = settings;
  const test = settings.test ?? (limit === undefined ? Math.max(1, Math.round(all.size / 10)) : all.size - limit);
  const trained = limit ?? all.size - test;
  if (trained < 1 || test < 1 || trained + test > all.size) {
    throw new SaenoError(
      "data.split",
      `${settings.data} has ${all.size} samples: ${trained} for training and ${test} held out do not fit. Lower --limit or --test.`,
    );
  }
  const parts = split(all, { test });
  return { train: subset(parts.train, { start: 0, end: trained }), test: parts.test };
}

/** Samples that are known on one grid, on others by Fourier interpolation. */
export function interpolated(spec: string, parts: Readonly<Record<Part, Dataset>>): DataSource {
  return {
    spec,
    sampleShape: [...parts.train.grid, parts.train.channels],
    ...parts,
    onGrid: async (name, grid) =>
      grid.join() === parts[name].grid.join() ? parts[name] : resampleDataset(parts[name], grid),
    rotated: (name, degrees) => rotatedFunctions(parts[name], degrees),
  };
}

/** How much finer than the data's the grid is on which functions are turned. */
const turningGrid = 4;

/** Functions turned about the center of their grid, `(n - 1) / 2`: on a finer grid, where interpolating between points does not blur them. */
function rotatedFunctions(dataset: Dataset, degrees: number): Dataset {
  const { grid } = dataset;
  const center = grid.map((points) => (turningGrid * (points - 1)) / 2) as [number, number];
  const fine = resampleDataset(
    dataset,
    grid.map((points) => turningGrid * points),
  );
  return resampleDataset(rotateDataset(fine, { degrees, center }), grid);
}
