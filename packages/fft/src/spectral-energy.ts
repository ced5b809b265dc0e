import { conjugateCounts } from "@saeno/backend";
import { add, mul, reshape, square, sum, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { Spectrum } from "./analyze.ts";
import { modesOf } from "./synthesize.ts";

/**
 * The squared L2 norm of each function from its coefficients, by Parseval (specification: Fourier coefficients), differentiable:
 * `||x||^2 = sum_{stored w} c(w) sum_c |x^_c(w)|^2`, spectrum `[B, ...M, C]` to `[B]`. The caller disposes of the result.
 */
export function spectralEnergy(spectrum: Spectrum): Tensor {
  return tidy(() => {
    const counts = conjugateCounts(modesOf(spectrum));
    const power = add(square(spectrum.re), square(spectrum.im));
    return sum(reshape(mul(power, tensor(counts, [counts.length, 1])), [power.shape[0], -1]), 1);
  });
}
