import { matMul, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { checkSameAtoms } from "./check-same-atoms.ts";
import { unitAtoms } from "./unit-atoms.ts";

/**
 * `<a_k, b_l> / (||a_k|| ||b_l||)` of all pairs: atoms `[Ka, ...]` and `[Kb, ...]` to `[Ka, Kb]`. The caller disposes it.
 *
 * @throws SaenoError `atoms.shape`.
 */
export function cosineMatrix(a: Tensor, b: Tensor): Tensor2D {
  checkSameAtoms(a, b);
  return tidy(() => matMul(unitAtoms(a), unitAtoms(b), false, true));
}
