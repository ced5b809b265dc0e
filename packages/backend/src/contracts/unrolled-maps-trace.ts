import {
  add,
  any,
  cast,
  floor,
  isNaN as isNaNOf,
  logicalOr,
  mul,
  notEqual,
  pad,
  reshape,
  slice,
  stack,
  sub,
  sum,
  type Tensor,
  tensor,
  zeros,
} from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { type Grid, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";
import { spectralMatMul } from "./spectral-mat-mul.ts";
import { nanError } from "./top-k-rows.ts";
import { truncatedAnalysis, truncatedSynthesis } from "./truncated-transforms.ts";
import { type Traced, thresholded, type UnrolledRowsAttributes } from "./unrolled-rows-trace.ts";

export interface UnrolledMapsAttributes extends UnrolledRowsAttributes {
  readonly grid: Grid;
  readonly modes: Modes;
  /** Nobody asks for the gradient of the step size: a backend may return 0 for it. */
  readonly heldStep?: boolean;
}

export type UnrolledMapsInput = "xRe" | "xIm" | "dRe" | "dIm" | "stepSize";

/** What the forward pass saves for the gradient. */
export type UnrolledMapsTrace = "residualRe" | "residualIm" | "spectraRe" | "spectraIm" | "support";

/**
 * The forward pass of unrolled thresholding of maps (specification: Dictionaries, Encoders): the spectrum of x `[B, C, M]`, weights d `[K, C, M]` and stepSize a `[]` to codes
 * `z_T` `[B, K, |N|]`. In the Fourier domain, with A the truncated analysis and S the synthesis,
 *
 *     r_t = x - d A z_t,  u_t = z_t + a S (d^H r_t),  z_(t+1) = sigma(u_t),  z_0 = 0.
 *
 * For the gradient it also returns, for the steps 1 .. T - 1, the residuals r_t `[B, T - 1, C, M]`, the spectra A z_t `[B, T - 1, K, M]` and the support
 * of z_t, `[B, T - 1, K, ceil(|N| / 16)]`: one bit per point, sixteen to an integer, lowest first.
 * Cost per sample: T K (16 C M operations and two transforms); bytes kept: 8 T (C + K) M. It has no gradient; `unrolledMaps` does.
 *
 * @throws SaenoError `data.nan` when a pre-activation is NaN.
 */
export const unrolledMapsTrace: Contract<
  UnrolledMapsInput,
  "codes" | UnrolledMapsTrace,
  UnrolledMapsAttributes & Traced
> = defineContract({
  name: "SaenoUnrolledMapsTrace",
  inputs: ["xRe", "xIm", "dRe", "dIm", "stepSize"],
  outputs: ["codes", "residualRe", "residualIm", "spectraRe", "spectraIm", "support"],
  composite(inputs, { grid, modes, iterations, threshold, kind, traced = true }) {
    const [batch, channels, kept] = inputs.xRe.shape as [number, number, number];
    const conceptCount = inputs.dRe.shape[0];
    const shapes = {
      codes: [batch, conceptCount, sizeOf(grid)],
      residuals: [batch, channels, kept],
      spectra: [batch, conceptCount, kept],
      support: [batch, conceptCount, setWords(grid)],
    };
    const trace: Record<UnrolledMapsTrace, Tensor[]> = {
      residualRe: [],
      residualIm: [],
      spectraRe: [],
      spectraIm: [],
      support: [],
    };
    const d = { bRe: inputs.dRe, bIm: inputs.dIm };
    const rows = [batch * conceptCount, ...spectrumShape(modes)];
    let [rRe, rIm]: [Tensor, Tensor] = [inputs.xRe, inputs.xIm];
    let codes: Tensor = zeros(shapes.codes);
    let notNumbers: Tensor | undefined;
    for (let t = 0; t < iterations && codes.size > 0; t++) {
      if (t > 0) {
        const { re, im } = truncatedAnalysis({ x: reshape(codes, [batch * conceptCount, ...grid]) }, { modes });
        const [zRe, zIm] = [reshape(re, shapes.spectra), reshape(im, shapes.spectra)];
        const synthesis = spectralMatMul({ aRe: zRe, aIm: zIm, ...d }, { adjoint: "none" });
        [rRe, rIm] = [sub(inputs.xRe, synthesis.re), sub(inputs.xIm, synthesis.im)];
        if (traced) {
          trace.residualRe.push(rRe);
          trace.residualIm.push(rIm);
          trace.spectraRe.push(zRe);
          trace.spectraIm.push(zIm);
          trace.support.push(packSet(codes));
        }
      }
      const a = spectralMatMul({ aRe: rRe, aIm: rIm, ...d }, { adjoint: "b" });
      const { x } = truncatedSynthesis({ re: reshape(a.re, rows), im: reshape(a.im, rows) }, { grid });
      const preActivations = add(codes, mul(reshape(x, shapes.codes), inputs.stepSize));
      const found = any(isNaNOf(preActivations));
      notNumbers = notNumbers === undefined ? found : logicalOr(notNumbers, found);
      codes = thresholded(preActivations, threshold, kind);
    }
    if (notNumbers?.dataSync()[0]) throw nanError();
    const steps = (list: readonly Tensor[], [samples, ...rest]: readonly number[]) =>
      list.length > 0 ? stack([...list], 1) : zeros([samples, traced ? iterations - 1 : 0, ...rest]);
    return {
      codes,
      residualRe: steps(trace.residualRe, shapes.residuals),
      residualIm: steps(trace.residualIm, shapes.residuals),
      spectraRe: steps(trace.spectraRe, shapes.spectra),
      spectraIm: steps(trace.spectraIm, shapes.spectra),
      support: cast(steps(trace.support, shapes.support), "int32"),
    };
  },
});

/** Points whose bits share an integer: float32, which some backends use for integers, holds these exactly. */
const together = 16;

/** Integers for the support of one map. */
export function setWords(grid: Grid): number {
  return Math.ceil(sizeOf(grid) / together);
}

/** Which entries are not zero: maps `[B, K, |N|]` to bits `[B, K, words]`, as floats. */
function packSet(maps: Tensor): Tensor {
  const [batch, conceptCount, points] = maps.shape as [number, number, number];
  const words = Math.ceil(points / together);
  const present = pad(cast(notEqual(maps, 0), "float32"), [
    [0, 0],
    [0, 0],
    [0, words * together - points],
  ]);
  return sum(mul(reshape(present, [batch, conceptCount, words, together]), tensor(powers(0))), 3);
}

/** Bits `[B, K, words]` to 1 for each of the `points` that is in the set and 0 for the others, `[B, K, points]`. */
export function unpackSet(support: Tensor, points: number): Tensor {
  const [batch, conceptCount, words] = support.shape as [number, number, number];
  const column = reshape(cast(support, "float32"), [batch, conceptCount, words, 1]);
  const shifted = (by: 0 | 1) => floor(mul(column, tensor(powers(by).map((power) => 1 / power))));
  const bits = sub(shifted(0), mul(shifted(1), 2));
  return slice(reshape(bits, [batch, conceptCount, words * together]), [0, 0, 0], [-1, -1, points]);
}

function powers(from: 0 | 1): Float32Array {
  return Float32Array.from({ length: together }, (_, bit) => 2 ** (bit + from));
}
