import { concat, matMul, mul, reshape, slice, type Tensor, tensor, transpose } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { complexAnalysisBasis, type Matrix, realAnalysisBasis } from "../fourier-basis.ts";
import { conjugateCounts, type Grid, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";
import { truncatedSynthesis } from "./truncated-synthesis.ts";

/**
 * Fourier coefficients of real rows at the kept frequencies (SPEC 2):
 * `(1/|N|) sum_n x[n] exp(-2 pi i <w, n/N>)`.
 *
 * x `[R, ...N]` to re, im `[R, 2m_1-1, .., m_d]`. Cost: `O(R |N| m_d)` for the last axis, less for the others.
 */
export const truncatedAnalysis: Contract<"x", "re" | "im", { readonly modes: Modes }> = defineContract({
  name: "SaenoTruncatedAnalysis",
  inputs: ["x"],
  outputs: ["re", "im"],
  composite({ x }, { modes }) {
    const [rows, ...grid] = x.shape as [number, ...number[]];
    const rank = grid.length;
    const last = rank - 1;
    let parts = multiply(x, realAnalysisBasis(grid[last] as number, modes[last] as number));
    // Axes are kept as [R, done.., waiting.., (re, im), current]; each turn moves the finished axis to the front.
    let done: number[] = [];
    let size = modes[last] as number;
    for (let axis = last - 1; axis >= 0; axis--) {
      const waiting = grid.slice(0, axis);
      const points = grid[axis] as number;
      const shape = [rows, ...done, ...waiting, points, 2, size];
      const turned = transpose(reshape(parts, shape), turnBack(done.length, waiting.length));
      done = [size, ...done];
      parts = multiply(
        reshape(turned, [rows, ...done, ...waiting, 2 * points]),
        complexAnalysisBasis(points, modes[axis] as number),
      );
      size = 2 * (modes[axis] as number) - 1;
    }
    const spectrum = reshape(parts, [rows, ...done, 2, size]);
    const axes = [done.length + 1, 0, done.length + 2, ...done.map((_, i) => i + 1)];
    const ordered = reshape(transpose(spectrum, axes), [2, rows, sizeOf(spectrumShape(modes))]);
    const part = (index: number) =>
      reshape(slice(ordered, [index, 0, 0], [1, -1, -1]), [rows, ...spectrumShape(modes)]);
    return { re: part(0), im: part(1) };
  },
  gradient: {
    saves: ["x"],
    backward(upstream, { x }, { modes }) {
      return { x: () => analysisAdjoint(upstream.re, upstream.im, x.shape.slice(1), modes) };
    },
  },
});

/** The transpose of analysis as a real linear map: `x[n] = (1/|N|) Re sum_w (re + i im)(w) exp(2 pi i <w, n/N>)`. */
export function analysisAdjoint(re: Tensor, im: Tensor, grid: Grid, modes: Modes): Tensor {
  const scale = tensor(conjugateCounts(modes).map((count) => 1 / (count * sizeOf(grid))));
  return truncatedSynthesis({ re: mul(re, scale), im: mul(im, scale) }, { grid }).x;
}

/** Multiplies the last axis, and only it, by a matrix. */
export function multiply(x: Tensor, matrix: Matrix): Tensor {
  const flat = reshape(x, [-1, matrix.rows]);
  return matMul(flat, tensor(matrix.values, [matrix.rows, matrix.columns]));
}

/** `[R, done.., waiting.., points, 2, size]` to `[R, size, done.., waiting.., 2, points]`. */
function turnBack(done: number, waiting: number): number[] {
  const points = 1 + done + waiting;
  const between = Array.from({ length: done + waiting }, (_, i) => i + 1);
  return [0, points + 2, ...between, points + 1, points];
}

/** Real and imaginary parts as one tensor `[2, R, ...M]`. */
export function stackParts(re: Tensor, im: Tensor): Tensor {
  return concat([reshape(re, [1, ...re.shape]), reshape(im, [1, ...im.shape])], 0);
}
