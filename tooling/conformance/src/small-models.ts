import { sizeOf } from "@saeno/backend";
import { type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import { type Dataset, sparseFunctions, split } from "@saeno/datasets";

const grid = [16, 16];
const functions = { concepts: 16, active: 3, channels: 1, seed: 1 };
const modes = [6, 6];

/** One of each kind of model, small enough for plain JavaScript, the same every time. */
export const smallModels = {
  "SAE-MLP": () => saeMlp({ concepts: 32, active: 4, inputs: sizeOf(grid), seed: 1 }),
  "SAE-CNN": () => saeCnn({ ...functions, kernel: [5, 5] }),
  "SAE-FNO": () => saeFno({ ...functions, modes }),
  "L-SAE-FNO": () => saeFno({ ...functions, modes, lifting: { lifted: 3 } }),
  "unrolled SAE-FNO": () =>
    saeFno({
      ...functions,
      modes,
      encoder: { kind: "unrolled", iterations: 3, stepSize: "power" },
      activation: { kind: "soft-threshold", threshold: 0.02 },
    }),
} as const satisfies Readonly<Record<string, () => SparseAutoencoder>>;

export type SmallModel = keyof typeof smallModels;

export const smallModelNames = Object.keys(smallModels) as readonly SmallModel[];

/** Sums of a few kernels at sparse places; as vectors for a model without a grid. */
export function smallData(model: SmallModel): { readonly train: Dataset; readonly test: Dataset } {
  const dataset = sparseFunctions({
    grid,
    channels: 1,
    concepts: 6,
    kernel: 5,
    activeConcepts: 2,
    spikes: 3,
    samples: 160,
    seed: 3,
  });
  return split(model === "SAE-MLP" ? { ...dataset, grid: [], channels: sizeOf(grid) } : dataset, { test: 32 });
}
