import { concat, matMul, mul, reshape, slice, type Tensor, tensor, transpose } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import {
  complexAnalysisBasis,
  complexSynthesisBasis,
  type Matrix,
  realAnalysisBasis,
  realSynthesisBasis,
} from "../fourier-basis.ts";
import { jointly } from "../jointly.ts";
import { type Grid, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";

/**
 * Fourier coefficients of real rows at the kept frequencies (specification: Fourier coefficients):
 * `(1/|N|) sum_n x[n] exp(-2 pi i <w, n/N>)`.
 *
 * x `[R, ...N]` to re, im `[R, 2m_1-1, .., m_d]`. With `adjoint` instead the transpose of synthesis as a real linear map,
 * `c(w) sum_n x[n] exp(-2 pi i <w, n/N>)`. Cost: `O(R |N| m_d)` for the last axis, less for the others.
 */
export const truncatedAnalysis: Contract<"x", "re" | "im", { readonly modes: Modes; readonly adjoint?: boolean }> =
  defineContract({
    name: "SaenoTruncatedAnalysis",
    inputs: ["x"],
    outputs: ["re", "im"],
    composite({ x }, { modes, adjoint = false }) {
      const [rows, ...grid] = x.shape as [number, ...number[]];
      const rank = grid.length;
      const last = rank - 1;
      let parts = multiply(x, realAnalysisBasis(grid[last], modes[last]));
      // Axes are kept as [R, done.., waiting.., (re, im), current]; each turn moves the finished axis to the front.
      let done: number[] = [];
      let size = modes[last];
      for (let axis = last - 1; axis >= 0; axis--) {
        const waiting = grid.slice(0, axis);
        const points = grid[axis];
        const shape = [rows, ...done, ...waiting, points, 2, size];
        const turned = transpose(reshape(parts, shape), turnBack(done.length, waiting.length));
        done = [size, ...done];
        parts = multiply(
          reshape(turned, [rows, ...done, ...waiting, 2 * points]),
          complexAnalysisBasis(points, modes[axis]),
        );
        size = 2 * modes[axis] - 1;
      }
      const spectrum = reshape(parts, [rows, ...done, 2, size]);
      const axes = [done.length + 1, 0, done.length + 2, ...done.map((_, i) => i + 1)];
      const ordered = reshape(transpose(spectrum, axes), [2, rows, sizeOf(spectrumShape(modes))]);
      const part = (index: number) =>
        weighted(reshape(slice(ordered, [index, 0, 0], [1, -1, -1]), [rows, ...spectrumShape(modes)]), factors);
      const factors = transformWeights("analysis", adjoint, sizeOf(grid));
      return { re: part(0), im: part(1) };
    },
    gradient: {
      saves: ["x"],
      backward(upstream, { x }, { adjoint = false }) {
        return { x: () => truncatedSynthesis(upstream, { grid: x.shape.slice(1), adjoint: !adjoint }).x };
      },
    },
  });

/**
 * Values on a grid of real functions given by their stored coefficients (specification: Fourier coefficients):
 * `x[n] = Re sum_{stored w} c(w) (re + i im)(w) exp(2 pi i <w, n/N>)`.
 *
 * re, im `[R, 2m_1-1, .., m_d]` to x `[R, ...N]`. With `adjoint` instead the transpose of analysis as a real linear map,
 * `(1/|N|) Re sum_{stored w} (re + i im)(w) exp(2 pi i <w, n/N>)`. Any grid will do, even one too small to hold the modes: the results are
 * still the function's values at its points, but analysis does not recover the coefficients.
 */
export const truncatedSynthesis: Contract<"re" | "im", "x", { readonly grid: Grid; readonly adjoint?: boolean }> =
  defineContract({
    name: "SaenoTruncatedSynthesis",
    inputs: ["re", "im"],
    outputs: ["x"],
    composite({ re, im }, { grid, adjoint = false }) {
      const [rows] = re.shape as [number];
      const modes = modesOf(re);
      const rank = modes.length;
      const shape = re.shape.slice(1);
      // [2, R, 1, .., d] to [R, 2nd axis, .., d, (re, im), 1st axis]; each turn brings the next axis to the end.
      const [zeroth, others] = transformWeights("synthesis", adjoint, sizeOf(grid));
      // The basis already holds 1 for w_d = 0 and 2 for the others.
      const stacked = transpose(stackParts(weighted(re, [zeroth, others / 2]), weighted(im, [zeroth, others / 2])), [
        1,
        ...range(3, rank + 2),
        0,
        2,
      ]);
      let parts = reshape(stacked, [rows, ...shape.slice(1), 2 * shape[0]]);
      const done: number[] = [];
      for (let axis = 0; axis < rank - 1; axis++) {
        const points = grid[axis];
        const waiting = shape.slice(axis + 1);
        const product = multiply(parts, complexSynthesisBasis(points, modes[axis]));
        const next = reshape(product, [rows, ...waiting, ...done, 2, points]);
        const between = range(2, 1 + waiting.length + done.length);
        const two = 1 + waiting.length + done.length;
        // [R, next, waiting.., done.., 2, points] to [R, waiting.., done.., points, 2, next]
        const turned = transpose(next, [0, ...between, two + 1, two, 1]);
        done.push(points);
        parts = reshape(turned, [rows, ...waiting.slice(1), ...done, 2 * waiting[0]]);
      }
      const product = multiply(parts, realSynthesisBasis(grid[rank - 1], modes[rank - 1]));
      return { x: reshape(product, [rows, ...grid]) };
    },
    gradient: {
      saves: ["re"],
      backward({ x }, { re }, { adjoint = false }) {
        return jointly(["re", "im"], () => truncatedAnalysis({ x }, { modes: modesOf(re), adjoint: !adjoint }));
      },
    },
  });

/**
 * The factors on coefficients, for `w_d = 0` and for all others, before a synthesis or after an analysis `(1/|N|) sum_n`: those of the transform
 * itself, or of the transpose of the other one.
 */
export function transformWeights(
  transform: "analysis" | "synthesis",
  adjoint: boolean,
  points: number,
): [zeroth: number, others: number] {
  if (transform === "analysis") return adjoint ? [points, 2 * points] : [1, 1];
  return adjoint ? [1 / points, 1 / points] : [1, 2];
}

/** Coefficients `[.., m_d]` times one factor where `w_d = 0` and another elsewhere. */
export function weighted(part: Tensor, [zeroth, others]: readonly [number, number]): Tensor {
  if (zeroth === 1 && others === 1) return part;
  const last = part.shape[part.rank - 1];
  return mul(part, tensor(Float32Array.from({ length: last }, (_, w) => (w === 0 ? zeroth : others))));
}

/** The modes of a spectrum `[R, 2m_1-1, .., m_d]`. */
function modesOf(part: Tensor): number[] {
  const shape = part.shape.slice(1);
  return shape.map((size, axis) => (axis === shape.length - 1 ? size : (size + 1) / 2));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

/** Multiplies the last axis, and only it, by a matrix. */
function multiply(x: Tensor, matrix: Matrix): Tensor {
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
function stackParts(re: Tensor, im: Tensor): Tensor {
  return concat([reshape(re, [1, ...re.shape]), reshape(im, [1, ...im.shape])], 0);
}
