import { mul, reshape, type Tensor, tensor, transpose } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { complexSynthesisBasis, realSynthesisBasis } from "../fourier-basis.ts";
import { jointly } from "../jointly.ts";
import { conjugateCounts, type Grid, type Modes, sizeOf } from "../spectrum.ts";
import { multiply, stackParts, truncatedAnalysis } from "./truncated-analysis.ts";

/**
 * Values on a grid of real functions given by their stored coefficients (SPEC 2):
 * `x[n] = Re sum_{stored w} c(w) (re + i im)(w) exp(2 pi i <w, n/N>)`.
 *
 * re, im `[R, 2m_1-1, .., m_d]` to x `[R, ...N]`. Any grid will do, also one too small to hold the modes: then these are
 * still the function's values at its points, and analysis does not lead back.
 */
export const truncatedSynthesis: Contract<"re" | "im", "x", { readonly grid: Grid }> = defineContract({
  name: "SaenoTruncatedSynthesis",
  inputs: ["re", "im"],
  outputs: ["x"],
  composite({ re, im }, { grid }) {
    const [rows] = re.shape as [number];
    const modes = modesOf(re);
    const rank = modes.length;
    const shape = re.shape.slice(1);
    // [2, R, 1, .., d] to [R, 2nd axis, .., d, (re, im), 1st axis]; each turn brings the next axis to the end.
    const stacked = transpose(stackParts(re, im), [1, ...range(3, rank + 2), 0, 2]);
    let parts = reshape(stacked, [rows, ...shape.slice(1), 2 * (shape[0] as number)]);
    const done: number[] = [];
    for (let axis = 0; axis < rank - 1; axis++) {
      const points = grid[axis] as number;
      const waiting = shape.slice(axis + 1);
      const product = multiply(parts, complexSynthesisBasis(points, modes[axis] as number));
      const next = reshape(product, [rows, ...waiting, ...done, 2, points]);
      const between = range(2, 1 + waiting.length + done.length);
      const two = 1 + waiting.length + done.length;
      // [R, next, waiting.., done.., 2, points] to [R, waiting.., done.., points, 2, next]
      const turned = transpose(next, [0, ...between, two + 1, two, 1]);
      done.push(points);
      parts = reshape(turned, [rows, ...waiting.slice(1), ...done, 2 * (waiting[0] as number)]);
    }
    const product = multiply(parts, realSynthesisBasis(grid[rank - 1] as number, modes[rank - 1] as number));
    return { x: reshape(product, [rows, ...grid]) };
  },
  gradient: {
    saves: ["re"],
    backward({ x }, { re }) {
      return jointly(["re", "im"], () => synthesisAdjoint(x, modesOf(re)));
    },
  },
});

/** The transpose of synthesis as a real linear map: `c(w) sum_n x[n] exp(-2 pi i <w, n/N>)`. */
export function synthesisAdjoint(x: Tensor, modes: Modes): { re: Tensor; im: Tensor } {
  const { re, im } = truncatedAnalysis({ x }, { modes });
  const points = sizeOf(x.shape.slice(1));
  const scale = tensor(conjugateCounts(modes).map((count) => count * points));
  return { re: mul(re, scale), im: mul(im, scale) };
}

/** The modes of a spectrum `[R, 2m_1-1, .., m_d]`. */
function modesOf(part: Tensor): number[] {
  const shape = part.shape.slice(1);
  return shape.map((size, axis) => (axis === shape.length - 1 ? size : (size + 1) / 2));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
