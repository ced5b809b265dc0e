import { type Grid, type Modes, SaenoError } from "@saeno/backend";

/** Scalar codes, TopK: batch `[B, n]`. */
export interface DenseConfiguration {
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
interface MapConfiguration {
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

export type Configuration = DenseConfiguration | ConvConfiguration | FourierConfiguration;

const rectified = "rectified";

const fourier: readonly FourierConfiguration[] = [
  { name: "fno-mnist", batch: 128, grid: [28, 28], channels: 1, concepts: 64, modes: [14, 14], active: 8, count: 32 },
  { name: "fno-img", batch: 32, grid: [64, 64], channels: 1, concepts: 256, modes: [16, 16], active: 16, count: 64 },
  { name: "fno-big", batch: 16, grid: [128, 128], channels: 3, concepts: 512, modes: [24, 24], active: 16, count: 256 },
  { name: "fno-act", batch: 32, grid: [16, 16], channels: 384, concepts: 512, modes: [4, 4], active: 32, count: 16 },
  { name: "fno1d", batch: 256, grid: [1024], channels: 1, concepts: 256, modes: [64], active: 8, count: 16 },
].map((sizes) => ({ kind: "fno", energy: rectified, ...sizes }));

/** Everything that is measured: vectors, images, natural images, network activations and signals, small and large. */
export const configurations: readonly Configuration[] = [
  { kind: "mlp", name: "mlp-small", batch: 256, inputs: 1000, concepts: 1500, active: 20 },
  { kind: "mlp", name: "mlp-large", batch: 1024, inputs: 768, concepts: 16384, active: 32 },
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
];

/** Planned, and not part of saeno yet: they need unrolled encoders. */
const planned: readonly string[] = ["unrolled-mlp", "unrolled-fno"];

export interface Selection {
  readonly configurations: readonly Configuration[];
  /** Asked for by name, but not there yet. */
  readonly notYet: readonly string[];
}

/**
 * The configurations of a comma-separated list of names, in the order of {@link configurations}; all without a list.
 *
 * @throws SaenoError `bench.only` for a name that is not known.
 */
export function selectConfigurations(only?: string): Selection {
  if (only === undefined) return { configurations, notYet: [] };
  const names = only.split(",").map((name) => name.trim());
  const known = configurations.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name) && !planned.includes(name));
  if (unknown !== undefined) {
    throw new SaenoError(
      "bench.only",
      `There is no configuration "${unknown}". Known: ${known.join(", ")}; not there yet: ${planned.join(", ")}.`,
    );
  }
  return {
    configurations: configurations.filter(({ name }) => names.includes(name)),
    notYet: planned.filter((name) => names.includes(name)),
  };
}
