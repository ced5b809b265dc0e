import { homedir } from "node:os";
import { join } from "node:path";
import { createRandom, type Grid, SaenoError } from "@saeno/backend";
import {
  concatenate,
  type Dataset,
  type FlowOptions,
  flatten,
  resampleDataset,
  rotateDataset,
  sparseFunctions,
  sparseVectors,
  split,
  subset,
} from "@saeno/datasets";
import { cachedFlow, imageFolder, mnist, npyDataset } from "@saeno/datasets/node";
import { generatorParameters } from "./generator-parameters.ts";
import { createProgress, type Progress } from "./progress.ts";
import type { RunConfig } from "./run-config.ts";

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

/** What `--data` understands, for `--help` and errors. */
export const dataKinds = [
  "mnist:DIR",
  "images:DIR",
  "npy:FILE",
  "flow[:GRID]",
  "sparse-functions[:GRID,..]",
  "sparse-vectors[:N,..]",
] as const;

/**
 * Opens the data that `--data` names. The first `limit` samples are for training, the last `test` held out; or those that `--test-data` names.
 *
 * @throws SaenoError `data.spec` for a kind that is not known, `data.test` for test data with other channels or axes than the training
 *   data, and whatever the reader of that kind says.
 */
export async function openData(settings: DataSettings, say: (line: string) => void): Promise<DataSource> {
  const { testData = [], ...own } = settings;
  if (testData.length === 0) return openKind(own, say);
  // Files are not split: all of one is for training, all of another for testing.
  const whole = (data: string) =>
    openKind({ ...own, data, ...(/^(npy|mnist):/.test(data) ? { limit: undefined, test: undefined } : {}) }, say);
  const source = await whole(own.data);
  const opened: Dataset[] = [];
  for (const data of testData) opened.push((await whole(data)).all);
  return testedOn(source, opened, settings);
}

/** All samples of a source for training, other samples to test on, which may be there on several grids. */
function testedOn(source: DataSource, tests: readonly Dataset[], { testData, limit }: DataSettings): DataSource {
  const { all, truth } = source;
  for (const [i, { grid, channels }] of tests.entries()) {
    if (grid.length === all.grid.length && channels === all.channels) continue;
    throw new SaenoError(
      "data.test",
      `--test-data ${testData?.[i]} has ${channels} channels on ${grid.length} axes; the training data has ${all.channels} on ${all.grid.length}.`,
      { kind: "data" },
    );
  }
  const onSameGrid = (grid: Grid) => tests.find((dataset) => dataset.grid.join() === grid.join());
  const test = onSameGrid(all.grid);
  if (test === undefined) {
    throw new SaenoError(
      "data.test",
      `None of the --test-data is on the grid of the training data, ${all.grid.join(" x ")}: give held-out samples on that grid too.`,
      { kind: "data" },
    );
  }
  const train = limit === undefined || limit >= all.size ? all : subset(all, { start: 0, end: limit });
  const interpolating = interpolated(source.spec, { train, test, all: train });
  return {
    ...interpolating,
    ...(truth === undefined ? {} : { truth }),
    onGrid: async (part, grid) => (part === "test" ? onSameGrid(grid) : undefined) ?? interpolating.onGrid(part, grid),
  };
}

async function openKind(settings: Omit<DataSettings, "testData">, say: (line: string) => void): Promise<DataSource> {
  const colon = settings.data.indexOf(":");
  const kind = colon < 0 ? settings.data : settings.data.slice(0, colon);
  const place = colon < 0 ? "" : settings.data.slice(colon + 1);
  switch (kind) {
    case "mnist":
      return fromFile(settings, await mnist({ directory: required(kind, place) }));
    case "npy":
      return fromFile(settings, await npyDataset({ file: required(kind, place) }));
    case "images":
      return imagesSource(settings, required(kind, place), say);
    case "flow":
      return flowSource(settings, place, say);
    case "sparse-functions":
      return sparseSource(settings, place);
    case "sparse-vectors":
      return vectorsSource(settings, place);
    default:
      throw new SaenoError("data.spec", `There is no data "${settings.data}". --data takes ${dataKinds.join(", ")}.`);
  }
}

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

function fromFile(settings: DataSettings, all: Dataset): DataSource {
  return interpolated(settings.data, { ...held(settings, all), all });
}

/** The first `limit` and the last `test` samples: what is not given is what remains, a tenth held out. */
function held(settings: DataSettings, all: Dataset): { train: Dataset; test: Dataset } {
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

function interpolated(spec: string, parts: Readonly<Record<Part, Dataset>>): DataSource {
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

async function imagesSource(
  settings: DataSettings,
  directory: string,
  say: (line: string) => void,
): Promise<DataSource> {
  const { limit = 4000, test = 400, crop, color, whiten, seed } = settings;
  say(`images: ${limit} training crops and ${test} held-out crops of ${crop} x ${crop} from ${directory}`);
  const progress = delayedProgress("read images");
  const options = { directory, crop, color, whiten, seed, count: limit, testCount: test, onProgress: progress.update };
  const parts = await imageFolder(options).finally(progress.stop);
  return interpolated(settings.data, { ...parts, all: concatenate(parts.train, parts.test) });
}

/** Where generated data is kept between runs. */
export function cacheDirectory(): string {
  return process.env.SAENO_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "saeno");
}

async function flowSource(settings: DataSettings, place: string, say: (line: string) => void): Promise<DataSource> {
  const grid = parseGrid("flow", place, 2) ?? [64, 64];
  const { limit = 1000, test = 200, seed } = settings;
  const options = (on: Grid): FlowOptions => ({ grid: on, samples: limit + test, seed });
  const on = (target: Grid) => {
    const progress = delayedProgress("simulate flow");
    return cachedFlow({ ...options(target), onProgress: progress.update }, cacheDirectory()).finally(progress.stop);
  };
  say(
    `flow: ${limit + test} snapshots of two-dimensional vorticity on ${grid.join(" x ")} (computed once, kept in ${cacheDirectory()})`,
  );
  const partsOn = async (target: Grid) => {
    const all = await on(target);
    return { ...split(all, { test }), all };
  };
  const own = await partsOn(grid);
  return {
    ...interpolated(settings.data, own),
    onGrid: async (part, target) => (await partsOn(target))[part],
  };
}

/** The parameters that generated data takes beside its size. */
export const functionParameters = [
  "channels",
  "concepts",
  "kernel",
  "active",
  "spikes",
  "amplitude",
  "amplitude-std",
] as const;
export const vectorParameters = ["concepts", "active", "amplitude", "amplitude-std"] as const;

function sparseSource(settings: DataSettings, place: string): DataSource {
  const { size, given } = generatorParameters("sparse-functions", place, functionParameters);
  const { channels = 8, concepts = 12, kernel = 5, active = 1, spikes = 3 } = given;
  const { limit = 5000, test = 500, seed } = settings;
  const dataset = sparseFunctions({
    grid: parseGrid("sparse-functions", size, 2) ?? [16, 16],
    channels,
    concepts,
    kernel,
    activeConcepts: active,
    spikes,
    samples: limit + test,
    ...amplitudes(given),
    seed: createRandom(seed)
      .split("sparse-functions")
      .integer(2 ** 31),
  });
  return { ...fromFile({ ...settings, limit, test }, dataset), truth: dataset.truth };
}

/** Sparse combinations of random vectors of length N, by default `3 N / 2` of them and 2 % active. */
function vectorsSource(settings: DataSettings, place: string): DataSource {
  const { size, given } = generatorParameters("sparse-vectors", place, vectorParameters);
  const n = parseGrid("sparse-vectors", size, 1)?.[0] ?? 100;
  const { concepts = Math.ceil(1.5 * n) } = given;
  const { limit = 5000, test = 500, seed } = settings;
  const dataset = sparseVectors({
    n,
    concepts,
    active: given.active ?? Math.max(1, Math.round(0.02 * (given.concepts ?? 1.5 * n))),
    samples: limit + test,
    ...amplitudes(given),
    seed: createRandom(seed)
      .split("sparse-vectors")
      .integer(2 ** 31),
  });
  return { ...fromFile({ ...settings, limit, test }, dataset), truth: dataset.truth };
}

function amplitudes(given: { readonly amplitude?: number; readonly "amplitude-std"?: number }) {
  return { amplitudeMean: given.amplitude ?? 15, amplitudeStd: given["amplitude-std"] ?? 1 };
}

/** A progress bar that appears with the first step of work, so that work which is not needed shows none. */
function delayedProgress(label: string): { update(done: number, total: number): void; stop(): void } {
  let bar: Progress | undefined;
  return {
    update(done, total) {
      bar ??= createProgress(label, total);
      bar.update(done, "");
    },
    stop: () => bar?.stop(),
  };
}

/** `64` or `64x48` as a grid; nothing as undefined. */
export function parseGrid(what: string, text: string, axes: number): Grid | undefined {
  if (text === "") return undefined;
  const sizes = text.split("x").map(Number);
  const grid = sizes.length === 1 ? Array(axes).fill(sizes[0]) : sizes;
  if (grid.length !== axes || grid.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new SaenoError(
      "data.grid",
      `${what}: "${text}" is no grid of ${axes} ${axes === 1 ? "axis" : "axes"}; write 64 or 64x48.`,
    );
  }
  return grid;
}

function required(kind: string, place: string): string {
  if (place === "")
    throw new SaenoError(
      "data.spec",
      `--data ${kind} needs a place: ${dataKinds.find((text) => text.startsWith(kind))}.`,
    );
  return place;
}
