import {
  add,
  mul,
  neg,
  notEqual,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  zeros,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { sizeOf, spectrumShape } from "../spectrum.ts";
import { spectralMatMul } from "./spectral-mat-mul.ts";
import { truncatedAnalysis, truncatedSynthesis } from "./truncated-transforms.ts";
import {
  type UnrolledMapsAttributes,
  type UnrolledMapsInput,
  type UnrolledMapsTrace,
  unpackSet,
} from "./unrolled-maps-trace.ts";

/** What the gradient of unrolled thresholding of maps reads, whatever it is of. */
export const unrolledMapsKept: readonly ("codes" | UnrolledMapsInput | UnrolledMapsTrace)[] = [
  "codes",
  "xRe",
  "xIm",
  "dRe",
  "dIm",
  "stepSize",
  "residualRe",
  "residualIm",
  "spectraRe",
  "spectraIm",
  "support",
];

/**
 * The gradient of unrolled thresholding of maps: the gradient of the codes (upstream, `[B, K, |N|]`) and what `unrolledMapsTrace` took and
 * returned, to the gradients of x, d and stepSize a. With A, S and their transposes A', S' as there, and h_t the gradient of the
 * pre-activation of step t, zero where `z_(t+1)` is zero:
 *
 *     p_t = S' h_t,  q_t = -d p_t,  h_(t-1) = h_t + a A' d^H q_t      masked; h_(T-1) = upstream, masked
 *     dx = -a sum_t q_t,  dd = a sum_t (r_t p_t^H + q_t (A z_t)^H),  da = -sum_t <q_t, r_t>
 *
 * Cost per sample: T K (32 C M operations and two transforms); maps that are zero cost nothing.
 */
export const unrolledMapsGradient: Contract<
  "upstream" | "codes" | UnrolledMapsInput | UnrolledMapsTrace,
  UnrolledMapsInput,
  UnrolledMapsAttributes
> = defineContract({
  name: "SaenoUnrolledMapsGradient",
  inputs: ["upstream", ...unrolledMapsKept],
  outputs: ["xRe", "xIm", "dRe", "dIm", "stepSize"],
  composite(inputs, { grid, modes, iterations }) {
    const { upstream, codes, xRe, xIm, dRe, dIm, stepSize } = inputs;
    const ofX: Parts = { re: zerosLike(xRe), im: zerosLike(xIm) };
    const ofD: Parts = { re: zerosLike(dRe), im: zerosLike(dIm) };
    if (codes.size === 0) return { xRe: ofX.re, xIm: ofX.im, dRe: ofD.re, dIm: ofD.im, stepSize: zerosLike(stepSize) };
    const [batch, conceptCount, points] = codes.shape as [number, number, number];
    const spectrum = spectrumShape(modes);
    const spectra = [batch, conceptCount, sizeOf(spectrum)];
    const weights = { re: dRe, im: dIm };
    let [sumOfX, sumOfD, moved]: [Parts, Parts, Tensor] = [ofX, ofD, zeros([])];
    let back: Parts | undefined;
    let gradient: Tensor = upstream;
    for (let t = iterations - 1; t >= 0; t--) {
      if (back !== undefined) {
        const y = product(back, weights, "b");
        const rows = [batch * conceptCount, ...spectrum];
        const { x } = truncatedSynthesis({ re: reshape(y.re, rows), im: reshape(y.im, rows) }, { grid, adjoint: true });
        gradient = add(gradient, mul(reshape(x, codes.shape), stepSize));
      }
      const active = t + 1 === iterations ? notEqual(codes, 0) : unpackSet(stepOf(inputs.support, t), points);
      gradient = mul(gradient, active);
      const maps = reshape(gradient, [batch * conceptCount, ...grid]);
      const p = truncatedAnalysis({ x: maps }, { modes, adjoint: true });
      const ofMaps = { re: reshape(p.re, spectra), im: reshape(p.im, spectra) };
      const ofResidual = product(ofMaps, weights, "none");
      const residual =
        t === 0 ? { re: xRe, im: xIm } : { re: stepOf(inputs.residualRe, t - 1), im: stepOf(inputs.residualIm, t - 1) };
      back = { re: neg(ofResidual.re), im: neg(ofResidual.im) };
      sumOfX = plus(sumOfX, ofResidual);
      sumOfD = plus(sumOfD, product(ofMaps, residual, "a"));
      if (t > 0) {
        const z = { re: stepOf(inputs.spectraRe, t - 1), im: stepOf(inputs.spectraIm, t - 1) };
        sumOfD = plus(sumOfD, product(z, back, "a"));
      }
      moved = sub(moved, add(sum(mul(back.re, residual.re)), sum(mul(back.im, residual.im))));
    }
    return {
      xRe: mul(sumOfX.re, stepSize),
      xIm: mul(sumOfX.im, stepSize),
      dRe: mul(sumOfD.re, stepSize),
      dIm: mul(sumOfD.im, stepSize),
      stepSize: moved,
    };
  },
});

interface Parts {
  readonly re: Tensor;
  readonly im: Tensor;
}

function product(a: Parts, b: Parts, adjoint: "none" | "a" | "b"): Parts {
  return spectralMatMul({ aRe: a.re, aIm: a.im, bRe: b.re, bIm: b.im }, { adjoint });
}

function plus(a: Parts, b: Parts): Parts {
  return { re: add(a.re, b.re), im: add(a.im, b.im) };
}

/** One step of what was saved, `[B, T - 1, ..]` to `[B, ..]`. */
function stepOf(trace: Tensor, t: number): Tensor {
  const [batch, , ...rest] = trace.shape as [number, number, ...number[]];
  const begin = trace.shape.map((_, axis) => (axis === 1 ? t : 0));
  return reshape(slice(trace, begin, [batch, 1, ...rest]), [batch, ...rest]);
}
