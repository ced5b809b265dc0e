import { conjugateCounts } from "@saeno/backend";
import { add, mul, reshape, square, sum, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { Spectrum } from "./analyse.ts";
import { modesOf } from "./synthesise.ts";

/**
 * The squared L2 norm of each function from its coefficients, by Parseval (SPEC 2), differentiable:
 * `||x||^2 = sum_{stored w} c(w) sum_c |x^_c(w)|^2`, spectrum `[B, ...M, C]` to `[B]`. The caller disposes the result.
 */
export function spectralEnergy(spectrum: Spectrum): Tensor {
  return tidy(() => {
    const counts = conjugateCounts(modesOf(spectrum));
    const power = add(square(spectrum.re), square(spectrum.im));
    return sum(reshape(mul(power, tensor(counts, [counts.length, 1])), [power.shape[0] as number, -1]), 1);
  });
}
