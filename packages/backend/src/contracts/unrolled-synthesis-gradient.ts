import { add, reshape, type Tensor } from "@tensorflow/tfjs-core";
import { type Contract, defineContract, type Tensors } from "../contract.ts";
import { spectrumShape } from "../spectrum.ts";
import { spectralMatMul } from "./spectral-mat-mul.ts";
import { truncatedSynthesis } from "./truncated-transforms.ts";
import { unrolledMapsGradient, unrolledMapsKept } from "./unrolled-maps-gradient.ts";
import type { UnrolledMapsAttributes, UnrolledMapsInput, UnrolledMapsTrace } from "./unrolled-maps-trace.ts";

/** What the codes synthesize, `d A z_T`: its gradient upstreamRe, upstreamIm `[B, C, M]`, and A z_T, zRe and zIm `[B, K, M]`. */
type Synthesis = "upstreamRe" | "upstreamIm" | "zRe" | "zIm";

type Input = Synthesis | "codes" | UnrolledMapsInput | UnrolledMapsTrace;

/**
 * The gradient of the spectrum `d A z_T` that unrolled thresholding of maps leads to, through its codes and d: to x, d and stepSize. With g the upstream gradient and
 * A' the transpose of A it is that of the codes (`unrolledMapsGradient`) for `A' d^H g`, and `g (A z_T)^H` more for d.
 *
 * Cost: that of one step more.
 */
export const unrolledSynthesisGradient: Contract<Input, UnrolledMapsInput, UnrolledMapsAttributes> = defineContract({
  name: "SaenoUnrolledSynthesisGradient",
  inputs: ["upstreamRe", "upstreamIm", "zRe", "zIm", ...unrolledMapsKept],
  outputs: ["xRe", "xIm", "dRe", "dIm", "stepSize"],
  composite: (inputs, attributes) => throughCodes(inputs, attributes),
});

/** The same, with a gradient that codes have besides. */
export function throughCodes(
  { upstreamRe, upstreamIm, zRe, zIm, ...inputs }: Tensors<Input>,
  attributes: UnrolledMapsAttributes,
  ofCodes?: Tensor,
): Record<UnrolledMapsInput, Tensor> {
  const { grid, modes } = attributes;
  const { codes, dRe, dIm } = inputs;
  const g = { aRe: upstreamRe, aIm: upstreamIm };
  const y = spectralMatMul({ ...g, bRe: dRe, bIm: dIm }, { adjoint: "b" });
  const rows = [codes.shape[0] * (codes.shape[1] as number), ...spectrumShape(modes)];
  const { x: maps } = truncatedSynthesis({ re: reshape(y.re, rows), im: reshape(y.im, rows) }, { grid, adjoint: true });
  const ofSynthesis = reshape(maps, codes.shape);
  const upstream = ofCodes === undefined ? ofSynthesis : add(ofSynthesis, ofCodes);
  const gradients = unrolledMapsGradient({ upstream, ...inputs }, attributes);
  const direct = spectralMatMul({ aRe: zRe, aIm: zIm, bRe: upstreamRe, bIm: upstreamIm }, { adjoint: "a" });
  return { ...gradients, dRe: add(gradients.dRe, direct.re), dIm: add(gradients.dIm, direct.im) };
}
