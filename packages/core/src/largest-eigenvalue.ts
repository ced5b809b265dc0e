import { createRandom, detach, type Grid, sizeOf } from "@saeno/backend";
import { div, maximum, norm, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { Dictionary } from "./dictionary.ts";

/** Enough for a gradient step that does not diverge: the estimate is a few percent low at worst, and steps up to twice 1 / L converge. */
const iterations = 20;

/** No norm of random numbers, or of what a dictionary makes of them. */
const smallest = 1e-30;

/** `L`, the largest eigenvalue of `D* D` on a grid, by power iteration from a fixed start; from below. No gradient. */
export function largestEigenvalue(dictionary: Dictionary, grid: Grid): number {
  return tidy(() => {
    const shape = [1, ...(dictionary.codes === "scalar" ? [] : grid), dictionary.conceptCount];
    let vector: Tensor = tensor(createRandom(1).normals(sizeOf(shape)), shape);
    let size = norm(vector);
    for (let i = 0; i < iterations; i++) {
      const unit = div(vector, maximum(size, smallest));
      vector = detach(dictionary.correlate(dictionary.synthesize({ kind: "dense", values: unit }, grid)));
      size = norm(vector);
    }
    // A dictionary of zeros stays where it is, whatever the step.
    const [found] = size.dataSync();
    return found > 0 ? found : 1;
  });
}
