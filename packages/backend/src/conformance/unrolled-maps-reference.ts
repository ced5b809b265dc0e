/** Unrolled thresholding of maps with a fourier dictionary (specification: Dictionaries, Encoders) as plain loops: x `[B, C, M]`, d `[K, C, M]`, maps `[B, K, |N|]`. */
import type { UnrolledMapsAttributes, UnrolledMapsInput, UnrolledMapsTrace } from "../contracts/unrolled-maps-trace.ts";
import { type Grid, type Modes, sizeOf } from "../spectrum.ts";
import { analysisReference, conjugateCount, synthesisReference } from "./fourier-reference.ts";
import { type ReferenceArray, type ReferenceArrays, zeros } from "./reference-array.ts";
import { type ComplexArray, complexZeros, spectralMatMulReference } from "./spectral-reference.ts";
import { thresholded } from "./unrolled-reference.ts";

interface Iterations {
  /** `u_0 .. u_(T-1)` and `z_0 .. z_T`, each `[B K, |N|]`. */
  readonly preActivations: ReferenceArray[];
  readonly codes: ReferenceArray[];
  /** `z^_0 .. z^_(T-1)` `[B, K, M]` and `r_0 .. r_(T-1)` `[B, C, M]`. */
  readonly spectra: ComplexArray[];
  readonly residuals: ComplexArray[];
}

type Inputs = ReferenceArrays<UnrolledMapsInput>;

export function iterateMaps(inputs: Inputs, attributes: UnrolledMapsAttributes): Iterations {
  const { grid, modes, iterations, threshold, kind } = attributes;
  const [batch, , kept] = inputs.xRe.shape;
  const conceptCount = inputs.dRe.shape[0];
  const x = { re: inputs.xRe, im: inputs.xIm };
  const d = { re: inputs.dRe, im: inputs.dIm };
  const [stepSize] = inputs.stepSize.values;
  const result: Iterations = {
    preActivations: [],
    codes: [zeros([batch * conceptCount, sizeOf(grid)])],
    spectra: [],
    residuals: [],
  };
  for (let t = 0; t < iterations; t++) {
    const last = result.codes[t];
    const spectra = reshaped(analysisReference(last, grid, modes), [batch, conceptCount, kept]);
    const residual = combined(x, spectralMatMulReference(spectra, d, "none"), -1);
    const { re, im } = spectralMatMulReference(residual, d, "b");
    const moved = synthesisReference(re, im, modes, grid);
    const preActivations = mapped(last, (z, i) => z + stepSize * moved.values[i]);
    result.spectra.push(spectra);
    result.residuals.push(residual);
    result.preActivations.push(preActivations);
    result.codes.push(mapped(preActivations, (u) => thresholded(u, threshold, kind)));
  }
  return result;
}

/** The outputs of `unrolledMapsTrace`. */
export function unrolledMapsTraceReference(
  inputs: Inputs,
  attributes: UnrolledMapsAttributes,
): ReferenceArrays<"codes" | UnrolledMapsTrace> {
  const { grid, iterations } = attributes;
  const [batch, channels, kept] = inputs.xRe.shape;
  const conceptCount = inputs.dRe.shape[0];
  const { codes, spectra, residuals } = iterateMaps(inputs, attributes);
  const points = sizeOf(grid);
  const words = Math.ceil(points / 16);
  const steps = iterations - 1;
  const support = zeros([batch, steps, conceptCount, words], "int32");
  for (let map = 0; map < batch * conceptCount; map++) {
    const [b, k] = [Math.floor(map / conceptCount), map % conceptCount];
    for (let t = 0; t < steps; t++) {
      for (let n = 0; n < points; n++) {
        const to = ((b * steps + t) * conceptCount + k) * words + Math.floor(n / 16);
        if (codes[t + 1].values[map * points + n] !== 0) support.values[to] += 2 ** (n % 16);
      }
    }
  }
  const ofSteps = (list: readonly ComplexArray[], part: "re" | "im", [, ...shape]: readonly number[]) => {
    const result = zeros([batch, steps, ...shape]);
    const size = sizeOf(shape);
    list.slice(1).forEach((each, t) => {
      for (let b = 0; b < batch; b++) {
        result.values.set(each[part].values.subarray(b * size, (b + 1) * size), (b * steps + t) * size);
      }
    });
    return result;
  };
  return {
    codes: { ...codes[iterations], shape: [batch, conceptCount, points] },
    residualRe: ofSteps(residuals, "re", [batch, channels, kept]),
    residualIm: ofSteps(residuals, "im", [batch, channels, kept]),
    spectraRe: ofSteps(spectra, "re", [batch, conceptCount, kept]),
    spectraIm: ofSteps(spectra, "im", [batch, conceptCount, kept]),
    support,
  };
}

/** Backpropagation through every step, one operation after the other by the chain rule. */
export function unrolledMapsGradientReference(
  upstream: ReferenceArray,
  inputs: Inputs,
  attributes: UnrolledMapsAttributes,
): ReferenceArrays<UnrolledMapsInput> {
  const { grid, modes, iterations } = attributes;
  const [batch, , kept] = inputs.xRe.shape;
  const conceptCount = inputs.dRe.shape[0];
  const d = { re: inputs.dRe, im: inputs.dIm };
  const [stepSize] = inputs.stepSize.values;
  const { codes, spectra, residuals } = iterateMaps(inputs, attributes);
  let ofX = complexZeros(inputs.xRe.shape);
  let ofD = complexZeros(inputs.dRe.shape);
  const ofStepSize = zeros([]);
  let gradient: ReferenceArray = { ...upstream, shape: codes[0].shape };
  for (let t = iterations - 1; t >= 0; t--) {
    const ofPreActivations = mapped(gradient, (g, i) => (codes[t + 1].values[i] === 0 ? 0 : g));
    const correlation = spectralMatMulReference(residuals[t], d, "b");
    const moved = synthesisReference(correlation.re, correlation.im, modes, grid);
    ofPreActivations.values.forEach((g, i) => {
      ofStepSize.values[0] += g * moved.values[i];
    });
    const scaled = mapped(ofPreActivations, (g) => stepSize * g);
    const ofCorrelation = reshaped(synthesisAdjoint(scaled, grid, modes), [batch, conceptCount, kept]);
    const ofResidual = spectralMatMulReference(ofCorrelation, d, "none");
    ofD = combined(ofD, spectralMatMulReference(ofCorrelation, residuals[t], "a"), 1);
    ofX = combined(ofX, ofResidual, 1);
    ofD = combined(ofD, spectralMatMulReference(spectra[t], ofResidual, "a"), -1);
    const back = analysisAdjoint(spectralMatMulReference(ofResidual, d, "b"), grid, modes);
    gradient = mapped(ofPreActivations, (g, i) => g - back.values[i]);
  }
  return { xRe: ofX.re, xIm: ofX.im, dRe: ofD.re, dIm: ofD.im, stepSize: ofStepSize };
}

/** A z_T, zRe and zIm `[B, K, M]`, and `d A z_T`, re and im `[B, C, M]`. */
export function unrolledSynthesisReference(
  inputs: Inputs,
  attributes: UnrolledMapsAttributes,
): ReferenceArrays<"zRe" | "zIm" | "re" | "im"> {
  const { grid, modes, iterations } = attributes;
  const [batch, , kept] = inputs.xRe.shape;
  const last = iterateMaps(inputs, attributes).codes[iterations];
  const z = reshaped(analysisReference(last, grid, modes), [batch, inputs.dRe.shape[0], kept]);
  return { zRe: z.re, zIm: z.im, ...spectralMatMulReference(z, { re: inputs.dRe, im: inputs.dIm }, "none") };
}

/** The chain rule for `d A z_T`: that of the codes, and the product with d itself. */
export function unrolledSynthesisGradientReference(
  { upstreamRe, upstreamIm, ...inputs }: ReferenceArrays<UnrolledMapsInput | "upstreamRe" | "upstreamIm">,
  attributes: UnrolledMapsAttributes,
): ReferenceArrays<UnrolledMapsInput> {
  const { grid, modes } = attributes;
  const g = { re: upstreamRe, im: upstreamIm };
  const d = { re: inputs.dRe, im: inputs.dIm };
  const ofCodes = analysisAdjoint(spectralMatMulReference(g, d, "b"), grid, modes);
  const gradients = unrolledMapsGradientReference(ofCodes, inputs, attributes);
  const { zRe, zIm } = unrolledSynthesisReference(inputs, attributes);
  const direct = spectralMatMulReference({ re: zRe, im: zIm }, g, "a");
  const { re, im } = combined({ re: gradients.dRe, im: gradients.dIm }, direct, 1);
  return { ...gradients, dRe: re, dIm: im };
}

/** `c(w) sum_n x[n] exp(-2 pi i <w, n/N>)`. */
function synthesisAdjoint(x: ReferenceArray, grid: Grid, modes: Modes): ComplexArray {
  const { re, im } = analysisReference(x, grid, modes);
  const weighted = (part: ReferenceArray) =>
    mapped(part, (value, i) => value * sizeOf(grid) * conjugateCount(modes, i % part.shape[1]));
  return { re: weighted(re), im: weighted(im) };
}

/** `(1/|N|) Re sum_{stored w} x(w) exp(2 pi i <w, n/N>)`. */
function analysisAdjoint({ re, im }: ComplexArray, grid: Grid, modes: Modes): ReferenceArray {
  const kept = re.shape[2];
  const unweighted = (part: ReferenceArray) =>
    mapped(part, (value, i) => value / sizeOf(grid) / conjugateCount(modes, i % kept));
  return synthesisReference(unweighted(re), unweighted(im), modes, grid);
}

function mapped(array: ReferenceArray, change: (value: number, i: number) => number): ReferenceArray {
  return { ...array, values: array.values.map(change) };
}

/** `a + factor b`. */
function combined(a: ComplexArray, b: ComplexArray, factor: 1 | -1): ComplexArray {
  return {
    re: mapped(a.re, (value, i) => value + factor * b.re.values[i]),
    im: mapped(a.im, (value, i) => value + factor * b.im.values[i]),
  };
}

function reshaped({ re, im }: ComplexArray, shape: readonly number[]): ComplexArray {
  return { re: { ...re, shape }, im: { ...im, shape } };
}
