import { type Grid, type Modes, SaenoError } from "@saeno/backend";

/** What a step of training does beside the reconstruction. */
interface StepConfiguration {
  /** AuxK, on by default in trainings, with every third concept dead. */
  readonly auxiliary?: true;
}

/** Scalar codes, TopK: batch `[B, n]`. */
export interface DenseConfiguration extends StepConfiguration {
  readonly kind: "mlp";
  readonly name: string;
  readonly batch: number;
  /** `n`, the length of a sample. */
  readonly inputs: number;
  readonly concepts: number;
  /** `k`, concepts active in a sample. */
  readonly active: number;
}

/** What configurations with feature maps share: batch `[B, ...N, C]`. */
interface MapConfiguration extends StepConfiguration {
  readonly name: string;
  readonly batch: number;
  readonly grid: Grid;
  readonly channels: number;
  readonly concepts: number;
  /** `k_c`, maps kept of a sample. */
  readonly active: number;
  /** `k_d`, points kept of a kept map. */
  readonly count: number;
  /** What the choice of maps goes by. */
  readonly energy: "rectified" | "preactivation";
}

/** Maps by zero-padded convolution. */
export interface ConvConfiguration extends MapConfiguration {
  readonly kind: "cnn";
  readonly kernel: Grid;
}

/** Maps by spectra; rectified energies are measured on the default energy grid, a point for each mode. */
export interface FourierConfiguration extends MapConfiguration {
  readonly kind: "fno";
  /** Non-negative frequencies on each axis. */
  readonly modes: Modes;
}

/** What configurations with unrolled encoders share: tied, hard threshold on both sides, gradients through all steps. */
interface UnrolledConfiguration {
  readonly name: string;
  readonly batch: number;
  readonly concepts: number;
  readonly iterations: number;
  readonly stepSize: number;
  readonly threshold: number;
  /** Standard deviation of the data. */
  readonly deviation: number;
  /** Entries of a sample's codes that are active, about: for counting. */
  readonly activeEntries: number;
}

/** Vectors, batch `[B, n]`. */
export interface UnrolledDenseConfiguration extends UnrolledConfiguration {
  readonly kind: "unrolled-mlp";
  readonly inputs: number;
}

/** Functions, batch `[B, ...N, C]`, atoms from noise in every mode. */
export interface UnrolledFourierConfiguration extends UnrolledConfiguration {
  readonly kind: "unrolled-fno";
  readonly grid: Grid;
  readonly channels: number;
  readonly modes: Modes;
}

export type Configuration =
  | DenseConfiguration
  | ConvConfiguration
  | FourierConfiguration
  | UnrolledDenseConfiguration
  | UnrolledFourierConfiguration;

const rectified = "rectified";

const fourier: readonly FourierConfiguration[] = [
  { name: "fno-mnist", batch: 128, grid: [28, 28], channels: 1, concepts: 64, modes: [14, 14], active: 8, count: 32 },
  { name: "fno-img", batch: 32, grid: [64, 64], channels: 1, concepts: 256, modes: [16, 16], active: 16, count: 64 },
  { name: "fno-big", batch: 16, grid: [128, 128], channels: 3, concepts: 512, modes: [24, 24], active: 16, count: 256 },
  { name: "fno-act", batch: 32, grid: [16, 16], channels: 384, concepts: 512, modes: [4, 4], active: 32, count: 16 },
  { name: "fno1d", batch: 256, grid: [1024], channels: 1, concepts: 256, modes: [64], active: 8, count: 16 },
].map((sizes) => ({ kind: "fno", energy: rectified, ...sizes }));

/** Those that are also measured with AuxK, as `NAME/auxk`. */
const withAuxiliary = ["mlp-small", "mlp-large", "fno-mnist", "fno-img"];

const plain: readonly Configuration[] = [
  { kind: "mlp", name: "mlp-small", batch: 256, inputs: 1000, concepts: 1500, active: 20 },
  { kind: "mlp", name: "mlp-large", batch: 1024, inputs: 768, concepts: 16384, active: 32 },
  { kind: "mlp", name: "mlp-act", batch: 4096, inputs: 768, concepts: 24576, active: 32 },
  {
    kind: "cnn",
    name: "cnn-img",
    batch: 32,
    grid: [64, 64],
    channels: 1,
    concepts: 64,
    kernel: [11, 11],
    active: 8,
    count: 64,
    energy: rectified,
  },
  ...fourier.flatMap((configuration) => [
    configuration,
    { ...configuration, name: `${configuration.name}/preactivation`, energy: "preactivation" as const },
  ]),
  {
    kind: "unrolled-mlp",
    name: "unrolled-mlp",
    batch: 256,
    inputs: 1000,
    concepts: 1500,
    iterations: 15,
    stepSize: 0.2,
    threshold: 1,
    deviation: 2.1,
    activeEntries: 30,
  },
  {
    kind: "unrolled-fno",
    name: "unrolled-fno",
    batch: 32,
    grid: [32, 32],
    channels: 8,
    concepts: 32,
    modes: [16, 16],
    iterations: 10,
    // 0.02 and 0.02 for sums over the grid instead of means.
    stepSize: 0.02 * 32 ** 2,
    threshold: 0.02 * 32,
    deviation: 1,
    activeEntries: 11000,
  },
];

/** Everything that is measured: vectors, images, natural images, network activations and signals, small and large. */
export const configurations: readonly Configuration[] = plain.flatMap((configuration) =>
  withAuxiliary.includes(configuration.name)
    ? [configuration, { ...configuration, name: `${configuration.name}/auxk`, auxiliary: true }]
    : [configuration],
);

/**
 * The configurations of a comma-separated list of names, in the order of {@link configurations}; all without a list.
 *
 * @throws SaenoError `bench.only` for a name that is not known.
 */
export function selectConfigurations(only?: string): readonly Configuration[] {
  if (only === undefined) return configurations;
  const names = only.split(",").map((name) => name.trim());
  const known = configurations.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new SaenoError("bench.only", `There is no configuration "${unknown}". Known: ${known.join(", ")}.`);
  }
  return configurations.filter(({ name }) => names.includes(name));
}
