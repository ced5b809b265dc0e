import { add, concat, mul, reshape, reverse, slice, sub, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { jointly } from "../jointly.ts";
import { conjugateCounts, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";

/**
 * From the trained parameter of a fourier dictionary to its coefficients (specification: Fourier coefficients, Dictionaries):
 * `D(w) = theta_sym(w) / sqrt(c(w))`, `theta_sym` the projection on the symmetry that real functions have in the plane `w_d = 0`.
 *
 * theta `[K, 2, C, 2m_1-1, .., m_d]` (real parts, then imaginary ones) to re, im `[K, C, M]`, with `M` the number of frequencies.
 */
export const spectralWeights: Contract<"theta", "re" | "im", { readonly modes: Modes }> = defineContract({
  name: "SaenoSpectralWeights",
  inputs: ["theta"],
  outputs: ["re", "im"],
  composite({ theta }, { modes }) {
    const [concepts, , channels] = theta.shape as [number, number, number];
    const shape = [concepts, channels, ...spectrumShape(modes)];
    const part = (index: number) => {
      const begin = theta.shape.map((_, axis) => (axis === 1 ? index : 0));
      const size = theta.shape.map((_, axis) => (axis === 1 ? 1 : -1));
      return reshape(slice(theta, begin, size), shape);
    };
    const scale = inverseRoots(modes);
    const flat = [concepts, channels, sizeOf(spectrumShape(modes))];
    const { re, im } = projectOnRealFunctions(part(0), part(1));
    return { re: reshape(mul(re, scale), flat), im: reshape(mul(im, scale), flat) };
  },
  gradient: {
    saves: [],
    backward({ re, im }, _, { modes }) {
      return { theta: () => spectralWeightsAdjoint({ re, im }, { modes }).theta };
    },
  },
});

/** Its adjoint as a real linear map: re, im `[K, C, M]` to theta `[K, 2, C, ...M]`. */
export const spectralWeightsAdjoint: Contract<"re" | "im", "theta", { readonly modes: Modes }> = defineContract({
  name: "SaenoSpectralWeightsAdjoint",
  inputs: ["re", "im"],
  outputs: ["theta"],
  composite({ re, im }, { modes }) {
    const shape = [...re.shape.slice(0, 2), ...spectrumShape(modes)];
    const scale = inverseRoots(modes);
    const scaled = (part: Tensor) => mul(reshape(part, shape), scale);
    return { theta: packTheta(projectOnRealFunctions(scaled(re), scaled(im))) };
  },
  gradient: {
    saves: [],
    backward({ theta }, _, { modes }) {
      return jointly(["re", "im"], () => spectralWeights({ theta }, { modes }));
    },
  },
});

/** Real and imaginary parts `[K, C, ...M]` as the one tensor `[K, 2, C, ...M]` that is trained. */
export function packTheta(parts: { readonly re: Tensor; readonly im: Tensor }): Tensor {
  const [concepts, ...rest] = parts.re.shape as [number, ...number[]];
  const shape = [concepts, 1, ...rest];
  return concat([reshape(parts.re, shape), reshape(parts.im, shape)], 1);
}

/** `(W(w) + conj W(-w)) / 2` on the plane `w_d = 0` of `[K, C, ...M]`; the rest unchanged. An orthogonal projection. */
export function projectOnRealFunctions(re: Tensor, im: Tensor): { re: Tensor; im: Tensor } {
  const last = re.rank - 1;
  // All two-sided axes at once: WebGPU can reverse at most four axes.
  const flat = [re.shape[0], re.shape[1] as number, -1];
  const plane = (x: Tensor) => slice(x, zeros(x.rank), [...Array(last).fill(-1), 1]);
  const rest = (x: Tensor) => slice(x, [...zeros(last), 1], Array(x.rank).fill(-1));
  const mirrored = (x: Tensor) => reshape(reverse(reshape(x, flat), 2), x.shape);
  const [planeRe, planeIm] = [plane(re), plane(im)];
  const symmetricRe = mul(add(planeRe, mirrored(planeRe)), 0.5);
  const symmetricIm = mul(sub(planeIm, mirrored(planeIm)), 0.5);
  if (re.shape[last] === 1) return { re: symmetricRe, im: symmetricIm };
  return { re: concat([symmetricRe, rest(re)], last), im: concat([symmetricIm, rest(im)], last) };
}

function inverseRoots(modes: Modes): Tensor {
  return tensor(conjugateCounts(modes).map((count) => 1 / Math.sqrt(count)));
}

function zeros(length: number): number[] {
  return Array(length).fill(0);
}
