/**
 * Functions as samples hold them, channels last, `[B, ...N, C]`, and their spectra `[B, C, M]`, with what is taken off or added in the same
 * operation: a number for each channel, which only the frequency 0 knows of.
 */
import { add, matMul, mul, neg, reshape, slice, sub, sum, type Tensor, transpose } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { jointly } from "../jointly.ts";
import { type Grid, type Modes, sizeOf, spectrumShape, zeroFrequency } from "../spectrum.ts";
import { truncatedAnalysis, truncatedSynthesis } from "./truncated-transforms.ts";

/**
 * The spectra of `x - center`: x `[B, ...N, C]`, center `[C]` to re, im `[B, C, M]` (`truncatedAnalysis` of each channel).
 * Cost: that of the transforms, 4 bytes an entry of x and 8 one of the spectra.
 */
export const analyzeFunctions: Contract<"x" | "center", "re" | "im", { readonly modes: Modes }> = defineContract({
  name: "SaenoAnalyzeFunctions",
  inputs: ["x", "center"],
  outputs: ["re", "im"],
  composite: ({ x, center }, { modes }) => spectraOf(sub(x, center), modes, false),
  gradient: {
    saves: ["x"],
    backward(upstream, { x }, { modes }) {
      const grid = x.shape.slice(1, -1);
      return {
        x: () => functionsOf(upstream.re, upstream.im, grid, modes, true),
        center: () => sumAtZero({ re: upstream.re }, { modes, scale: -1 }).sum,
      };
    },
  },
});

/**
 * The functions of spectra, and a number added to each channel: re, im `[B, C, M]`, shift `[C]` to x `[B, ...grid, C]`.
 * Cost: that of the transforms, 8 bytes an entry of the spectra and 4 one of x.
 */
export const synthesizeFunctions: Contract<"re" | "im" | "shift", "x", { readonly grid: Grid; readonly modes: Modes }> =
  defineContract({
    name: "SaenoSynthesizeFunctions",
    inputs: ["re", "im", "shift"],
    outputs: ["x"],
    composite: ({ re, im, shift }, { grid, modes }) => ({ x: add(functionsOf(re, im, grid, modes, false), shift) }),
    gradient: {
      saves: [],
      backward: ({ x }, _, { modes }) =>
        jointly(["re", "im", "shift"], () => synthesizeFunctionsGradient({ x }, { modes })),
    },
  });

/**
 * Its gradient, of an upstream x `[B, ...N, C]`: re, im `[B, C, M]`, the transpose of synthesis; shift `[C]`, the sums of x, which are those
 * of re at the frequency 0. Part of a backward pass: no gradient.
 */
export const synthesizeFunctionsGradient: Contract<"x", "re" | "im" | "shift", { readonly modes: Modes }> =
  defineContract({
    name: "SaenoSynthesizeFunctionsGradient",
    inputs: ["x"],
    outputs: ["re", "im", "shift"],
    composite({ x }, { modes }) {
      const { re, im } = spectraOf(x, modes, true);
      return { re, im, shift: sumAtZero({ re }, { modes, scale: 1 }).sum };
    },
  });

/** `scale sum_b re_bc(0)`: re `[B, C, M]` to sum `[C]`, the gradient of a number for each channel. Part of a backward pass: no gradient. Cost: B C. */
export const sumAtZero: Contract<"re", "sum", { readonly modes: Modes; readonly scale: number }> = defineContract({
  name: "SaenoSumAtZero",
  inputs: ["re"],
  outputs: ["sum"],
  composite: ({ re }, { modes, scale }) => ({ sum: mul(sum(atZero(re, modes), 0), scale) }),
});

/**
 * The biases of pre-codes `E* (x - center) + bias`, unchanged, with the gradient that center has through the pre-codes: a shift of x is one
 * of its frequency 0 alone, so that `d a_k / d center_c = -Re E_kc(0) d a_k / d bias_k`. For pre-codes that are computed with center held
 * fixed: nothing needs the gradient of a whole spectrum then.
 *
 * bias `[K]`, center `[C]`, the encoder's theta `[K, 2, C, ...M]` (held fixed) to centered `[K]`.
 */
export const centeredBias: Contract<"bias" | "center" | "theta", "centered", object> = defineContract({
  name: "SaenoCenteredBias",
  inputs: ["bias", "center", "theta"],
  outputs: ["centered"],
  composite: ({ bias }) => ({ centered: bias.clone() }),
  gradient: {
    saves: ["theta"],
    backward: ({ centered }, { theta }) => ({
      bias: () => centered.clone(),
      center: () => centerGradient({ theta, upstream: centered }, {}).center,
    }),
  },
});

/** `-sum_k Re E_kc(0) upstream_k`: theta `[K, 2, C, ...M]`, upstream `[K]` to center `[C]`. Part of a backward pass: no gradient. Cost: 2 K C. */
export const centerGradient: Contract<"theta" | "upstream", "center", object> = defineContract({
  name: "SaenoCenterGradient",
  inputs: ["theta", "upstream"],
  outputs: ["center"],
  composite({ theta, upstream }) {
    const [concepts, , channels, ...shape] = theta.shape as [number, number, number, ...number[]];
    const modes = shape.map((size, axis) => (axis === shape.length - 1 ? size : (size + 1) / 2));
    // Real parts come first.
    const atoms = reshape(theta, [concepts, 2 * channels, sizeOf(shape)]);
    const part = slice(atoms, [0, 0, zeroFrequency(modes)], [concepts, channels, 1]);
    const product = matMul(reshape(upstream, [1, concepts]), reshape(part, [concepts, channels]));
    return { center: neg(reshape(product, [channels])) };
  },
});

/** Coefficients `[n, C, M]` at the frequency 0, `[n, C]`. */
function atZero(part: Tensor, modes: Modes): Tensor {
  const [rows, channels] = part.shape as [number, number, number];
  return reshape(slice(part, [0, 0, zeroFrequency(modes)], [rows, channels, 1]), [rows, channels]);
}

/** x `[B, ...N, C]` to re, im `[B, C, M]`. */
function spectraOf(x: Tensor, modes: Modes, adjoint: boolean): { re: Tensor; im: Tensor } {
  const [batch, ...rest] = x.shape as [number, ...number[]];
  const [grid, channels] = [rest.slice(0, -1), rest[rest.length - 1]];
  const rows = transpose(reshape(x, [batch, sizeOf(grid), channels]), [0, 2, 1]);
  const { re, im } = truncatedAnalysis({ x: reshape(rows, [batch * channels, ...grid]) }, { modes, adjoint });
  const flat = [batch, channels, sizeOf(spectrumShape(modes))];
  return { re: reshape(re, flat), im: reshape(im, flat) };
}

/** re, im `[B, C, M]` to x `[B, ...grid, C]`. */
function functionsOf(re: Tensor, im: Tensor, grid: Grid, modes: Modes, adjoint: boolean): Tensor {
  const [batch, channels] = re.shape as [number, number, number];
  const shape = [batch * channels, ...spectrumShape(modes)];
  const { x } = truncatedSynthesis({ re: reshape(re, shape), im: reshape(im, shape) }, { grid, adjoint });
  const rows = reshape(x, [batch, channels, sizeOf(grid)]);
  return reshape(transpose(rows, [0, 2, 1]), [batch, ...grid, channels]);
}
