import type { Grid } from "@saeno/backend";
import { convDictionary } from "@saeno/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Centered kernels `[K, ...s, C]` as functions on a grid, `[K, ...N, C]`, their center at index 0. The caller disposes it. */
export function kernelsOnGrid(kernels: Tensor, grid: Grid): Tensor {
  const [concepts, ...rest] = kernels.shape as [number, ...number[]];
  const channels = rest.pop() as number;
  const dictionary = convDictionary({ channels, concepts, kernel: rest }, kernels);
  try {
    return dictionary.atoms({ grid, origin: "corner" });
  } finally {
    dictionary.dispose();
  }
}
