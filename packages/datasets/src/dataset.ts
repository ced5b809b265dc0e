import type { Grid, Random } from "@saeno/backend";

/** The dictionary that data was made from, its atoms of unit norm: centered kernels `[K, ...s, C]` or vectors `[K, n]`. */
export interface KnownDictionary {
  readonly values: Float32Array;
  readonly shape: readonly number[];
  /** What people call its concepts; absent if they have no names. */
  readonly names?: readonly string[];
}

/** Classes that came with samples. */
export interface Labels {
  /** By sample. */
  readonly values: ArrayLike<number>;
  /** The names of the classes, by value; absent if they are only numbers. */
  readonly names?: readonly string[];
}

/** How files were read: what `saeno train` prints, and `config.json`, reports and `--json` repeat. */
export interface Reading {
  /** The whole line for people: `read 200 functions on 16 x 16 with 3 channels (channels first) from b3hw.npy, float32, -4.1 .. 3.9`. */
  readonly text: string;
  /** Of numbers in the file, `float32`. */
  readonly type: string;
  /** The smallest and the largest value, of the samples that were looked at. */
  readonly range: readonly [low: number, high: number];
  /** What was dropped or converted, a phrase each: `2 hidden files skipped`. */
  readonly notes: readonly string[];
  /** What deserves a look, a sentence each: `Channel 2 is constant (0.5 in every sample).` */
  readonly warnings: readonly string[];
}

/** The file that a sample comes from, and the part of it. */
export interface SampleOrigin {
  /** For people: `photographs/cats/1.png`. */
  readonly file: string;
  /** Of a crop, its first point. */
  readonly top?: number;
  readonly left?: number;
}

/** The images that samples are maps of, as a layer of a network sees them: maps lie over the whole of them. */
export interface SampleImages {
  /** The same samples as images, of values 0 to 1; absent if they cannot be read. */
  readonly dataset?: Dataset;
  /** Why they cannot, a sentence. */
  readonly problem?: string;
  /** How many points of an image, on each axis, a point of a map sees; nothing if that is not known. */
  receptiveField?(): Promise<readonly number[] | undefined>;
}

/** Samples of one shape, read by index into host memory; what goes on the device is up to the caller. */
export interface Dataset {
  readonly name: string;
  readonly size: number;
  /** `[]` for vectors. */
  readonly grid: Grid;
  /** For vectors their length. */
  readonly channels: number;
  /** Values `[indices.length, ...grid, channels]`, row-major. */
  read(indices: ArrayLike<number>): Promise<Float32Array>;
  /** The same samples as they are on another grid. Absent if only interpolation could give them (`datasetOn`). */
  at?(grid: Grid): Promise<Dataset>;
  /** Absent if it is not known. */
  readonly truth?: KnownDictionary;
  readonly labels?: Labels;
  /** Where a sample comes from; absent if that is not known, or if samples are generated. */
  origin?(index: number): SampleOrigin;
  /** Absent if samples are not maps of images. */
  readonly images?: SampleImages;
  /** Absent if data is generated, not read. */
  readonly reading?: Reading;
  /**
   * A random order of all samples in which reading is cheap, such as one that takes the chunks of a file one after another. Absent if
   * any order is.
   */
  order?(random: Random): Int32Array;
  /**
   * Closes the files of a dataset that reads samples on demand; otherwise they are closed when the process ends. Absent if samples are in memory. Batches
   * of a dataset that has it are read ahead.
   */
  close?(): Promise<void>;
}

/** A dataset whose dictionary is known. */
export interface KnownDataset extends Dataset {
  readonly truth: KnownDictionary;
}
