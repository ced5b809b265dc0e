import {
  add,
  divNoNan,
  matMul,
  mul,
  notEqual,
  reshape,
  sign,
  slice,
  sub,
  sum,
  type Tensor,
  transpose,
  zeros,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { timesGram, type UnrolledRowsAttributes } from "./unrolled-rows-trace.ts";

/**
 * The gradient of unrolled thresholding: the gradient of the codes (upstream, `[B, K]`) and what {@link unrolledRowsTrace} took and
 * returned, to the gradients of x `[B, n]`, atoms `[K, n]` and stepSize `[]`. With a the step size and `g_t` the gradient of the pre-activation
 * of step t, zero where `z_(t+1)` is zero:
 *
 *     g_(T-1) = upstream,  g_(t-1) = g_t - a g_t G      each masked
 *     dC = a sum_t g_t,  dG = -a sum_t g_t^T z_t        C = x D^T, G = D D^T
 *     dx = dC D,  dD = dC^T x + (dG + dG^T) D,  da = sum_t <g_t, c - z_t G>
 *
 * For active entries `a (c - z_t G)` is the pre-activation minus `z_t`.
 * Cost for a sample with s active codes: 6 T s^2 operations, plus those of the sparse sums dC and dG: 4 s n and 2 s^2 n (at most 2 K^2 n).
 */
export const unrolledRowsGradient: Contract<
  "upstream" | "x" | "atoms" | "stepSize" | "gram" | "codes" | "trace",
  "x" | "atoms" | "stepSize",
  UnrolledRowsAttributes
> = defineContract({
  name: "SaenoUnrolledRowsGradient",
  inputs: ["upstream", "x", "atoms", "stepSize", "gram", "codes", "trace"],
  outputs: ["x", "atoms", "stepSize"],
  composite({ upstream, x, atoms, stepSize, gram, codes, trace }, { iterations, threshold, kind }) {
    if (codes.size === 0) return { x: zerosLike(x), atoms: zerosLike(atoms), stepSize: zerosLike(stepSize) };
    const shape = codes.shape as [number, number];
    const before = (t: number) => (t === 0 ? zeros(shape) : reshape(slice(trace, [t - 1, 0, 0], [1, ...shape]), shape));
    let gradient: Tensor = upstream;
    let after: Tensor = codes;
    let total: Tensor = zerosLike(codes);
    let ofGram: Tensor = zerosLike(gram);
    let ofAtoms: Tensor = zerosLike(atoms);
    let moved: Tensor = zeros([]);
    for (let t = iterations - 1; t >= 0; t--) {
      const last = before(t);
      gradient = mul(gradient, notEqual(after, 0));
      total = add(total, gradient);
      const preActivations = kind === "soft" ? add(after, mul(sign(after), threshold)) : after;
      moved = add(moved, sum(mul(gradient, sub(preActivations, last))));
      if (t > 0) {
        if (gram.size > 0) ofGram = sub(ofGram, matMul(gradient, last, true, false));
        else ofAtoms = sub(ofAtoms, outerProducts(gradient, last, atoms));
        gradient = sub(gradient, mul(timesGram(gradient, gram, atoms), stepSize));
      }
      after = last;
    }
    const ofCorrelations = mul(total, stepSize);
    if (gram.size > 0) ofAtoms = matMul(add(ofGram, transpose(ofGram)), atoms);
    return {
      x: matMul(ofCorrelations, atoms),
      atoms: add(matMul(ofCorrelations, x, true, false), mul(ofAtoms, stepSize)),
      // A step size of zero moves nothing.
      stepSize: divNoNan(moved, stepSize),
    };
  },
});

/** `(g^T z + z^T g) D` without forming the matrix `[K, K]`: g, z `[B, K]`, D `[K, n]` to `[K, n]`. */
function outerProducts(g: Tensor, z: Tensor, atoms: Tensor): Tensor {
  return add(matMul(g, matMul(z, atoms), true, false), matMul(z, matMul(g, atoms), true, false));
}
