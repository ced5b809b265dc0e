/** One small model of every kind that `saeno train` makes, with random weights: what the Python package has to compute too. */
import { createRandom, sizeOf } from "@saeno/backend";
import { type ModelDescription, modelFromConfig, type SparseAutoencoder } from "@saeno/core";
import { add, mul, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";

export interface SmallModel {
  readonly name: string;
  readonly config: ModelDescription;
  /** `[...N, C]` of a sample. */
  readonly sample: readonly number[];
}

const dictionaries: Readonly<Record<string, Pick<SmallModel, "sample"> & ModelDescription>> = {
  dense: { sample: [10], dictionary: { kind: "dense", concepts: 14 } },
  tokens: { sample: [4, 5, 6], dictionary: { kind: "tokens", concepts: 9 } },
  "conv 1d": { sample: [12, 2], dictionary: { kind: "conv", concepts: 8, kernel: [5], padding: "zero" } },
  "conv 2d": { sample: [8, 9, 1], dictionary: { kind: "conv", concepts: 8, kernel: [3, 5] } },
  "conv 2d zero": { sample: [8, 9, 2], dictionary: { kind: "conv", concepts: 8, kernel: [5, 3], padding: "zero" } },
  "conv 3d": { sample: [5, 4, 6, 1], dictionary: { kind: "conv", concepts: 8, kernel: [3, 3, 5] } },
  "fourier 1d": { sample: [12, 2], dictionary: { kind: "fourier", concepts: 8, modes: [5], start: "random" } },
  "fourier 2d": { sample: [9, 10, 2], dictionary: { kind: "fourier", concepts: 8, modes: [4, 5], start: "random" } },
  "fourier of rank 2": {
    sample: [9, 10, 5],
    dictionary: { kind: "fourier", concepts: 8, modes: [4, 5], start: "random", rank: 2 },
  },
  "fourier 3d": {
    sample: [6, 5, 7, 2],
    dictionary: { kind: "fourier", concepts: 8, modes: [2, 3, 3], start: "random" },
  },
};

const variants: Readonly<Record<string, Partial<ModelDescription>>> = {
  default: {},
  tied: { encoder: { kind: "shallow", tied: true } },
  relu: { activation: { kind: "relu" } },
  jumprelu: { activation: { kind: "jumprelu", threshold: "auto", bandwidth: 0.1 } },
  "hard threshold": { activation: { kind: "hard-threshold", threshold: "1sd" } },
  "one-sided threshold": { activation: { kind: "hard-threshold", threshold: 0.4, oneSided: true } },
  "soft threshold": { activation: { kind: "soft-threshold", threshold: "0.5sd" } },
  spade: { activation: { kind: "spade", scale: 0.7 } },
  normalized: { normalized: true },
  lifted: { lifting: { lifted: 12 } },
  "lifted, tied encoder": { lifting: { lifted: 12 }, encoder: { kind: "shallow", tied: true } },
  "lifted, another projection": { lifting: { lifted: 12, tied: false }, normalized: true },
  unrolled: { encoder: { kind: "unrolled", iterations: 4 }, activation: { kind: "hard-threshold", threshold: "1sd" } },
  ISTA: {
    encoder: { kind: "unrolled", iterations: 5, stepSize: 0.1 },
    activation: { kind: "soft-threshold", threshold: 0.1 },
  },
  FISTA: {
    encoder: { kind: "unrolled", iterations: 5, momentum: true },
    activation: { kind: "soft-threshold", threshold: "0.2sd" },
  },
  "unrolled top-k": { encoder: { kind: "unrolled", iterations: 3, stepSize: 0.2 }, activation: { kind: "topk" } },
  "unrolled, lifted": {
    lifting: { lifted: 11, tied: false },
    encoder: { kind: "unrolled", iterations: 3 },
    activation: { kind: "soft-threshold", threshold: 0.1 },
  },
  "unrolled in the data": {
    lifting: { lifted: 11, tied: false },
    encoder: { kind: "unrolled", iterations: 3, residual: "data" },
    activation: { kind: "hard-threshold", threshold: "1sd" },
    normalized: true,
  },
  pursuit: { encoder: { kind: "matching-pursuit", steps: 3 } },
  "pursuit, lifted": { lifting: { lifted: 11 }, encoder: { kind: "matching-pursuit", steps: 2 } },
};

const ofVectors: Readonly<Record<string, Partial<ModelDescription>>> = {
  "batch top-k": { activation: { kind: "batchtopk", k: 3 } },
  balanced: { activation: { kind: "balanced", activation: { kind: "topk", k: 3 } } },
};

/** Every rule with every other. */
const rules = ["topk", "batch", "threshold"].flatMap((conceptRule) =>
  ["topk", "peaks", "batch", "threshold"].map((domainRule, i) => {
    const learned = conceptRule === "threshold" || domainRule === "threshold";
    const options = {
      ...{ conceptRule, domainRule, energy: ["kept", "rectified", "preactivation"][i % 3] },
      ...(i % 2 === 0 ? { density: 0.1 } : { count: 3 }),
      ...(learned ? { threshold: "auto", bandwidth: 0.05 } : {}),
    };
    return [`maps by ${conceptRule} and ${domainRule}`, { activation: maps(options) }] as const;
  }),
);

const ofMaps: Readonly<Record<string, Partial<ModelDescription>>> = {
  ...Object.fromEntries(rules),
  "energies of the data's grid": { activation: maps({ energy: "rectified", energyGrid: "data" }) },
  "energies of half a grid": { activation: maps({ energy: "rectified", energyGrid: 0.5, conceptRule: "topk" }) },
  balanced: { activation: { kind: "balanced", activation: maps({}) } },
  "unrolled peaks": {
    encoder: { kind: "unrolled", iterations: 3 },
    activation: maps({ conceptRule: "topk" }),
  },
  "pursuit of points": {
    encoder: { kind: "matching-pursuit", steps: 3 },
    activation: maps({ active: 1, conceptRule: "topk", domainRule: "topk", count: 1 }),
  },
};

function maps(options: object) {
  return { kind: "map-sparsity", active: 3, ...options };
}

/** With these dictionaries everything goes together; with the others some of it. */
const full: ReadonlySet<string> = new Set(["dense", "tokens", "conv 2d zero", "fourier 2d"]);
const some: ReadonlySet<string> = new Set(["default", "lifted", "unrolled", "pursuit"]);

export const smallModels: readonly SmallModel[] = Object.entries(dictionaries).flatMap(
  ([kind, { sample, dictionary }]) =>
    Object.entries({ ...variants, ...(kind === "dense" || kind === "tokens" ? ofVectors : ofMaps) })
      .filter(([name]) => full.has(kind) || some.has(name))
      .map(([name, variant]) => ({ name: `${kind}, ${name}`, sample, config: { dictionary, ...variant } })),
);

/** The model, its weights moved off the symmetries that they start with, its thresholds as a batch makes them. */
export function buildSmall({ config, sample }: SmallModel, seed: number): { model: SparseAutoencoder; x: Tensor } {
  const random = createRandom(seed);
  const data = { channels: sample[sample.length - 1], grid: sample.slice(0, -1) };
  const model = modelFromConfig(config, random.split("model"), data);
  const noise = random.split("noise");
  const shape = [4, ...sample];
  const x = tensor(noise.normals(sizeOf(shape)), shape);
  const normals = (like: Tensor) => tensor(noise.normals(like.size), like.shape);
  tidy(() => {
    for (const { name, variable, role } of model.parameters()) {
      const size = role === "threshold" || name === "encoder.stepSize" ? 0 : role === "gain" ? 0.02 : 0.1;
      if (role !== "statistic" && size > 0) variable.assign(add(variable, mul(normals(variable), size)));
      if (name === "activation.selectionBias") variable.assign(normals(variable));
    }
    if (model.isNormalized) {
      const each = (draw: number) => Float32Array.from({ length: data.channels ?? 1 }, (_, i) => draw + 0.1 * i);
      model.setNormalization({ mean: each(0.2), scale: each(0.8) });
    }
    model.measureActivation(x);
    // Running thresholds are those of a step of training.
    model.pass(x, { training: true });
    for (const { variable, role, name } of model.parameters()) {
      if (role === "threshold") variable.assign(mul(variable, add(1, mul(normals(variable), 0.1))));
      // That of one step is a value of this batch, and on which side of itself a value is depends on rounding.
      if (/^activation\..*threshold$/i.test(name) && role === "statistic") variable.assign(mul(variable, 0.97));
    }
  });
  return { model, x };
}
