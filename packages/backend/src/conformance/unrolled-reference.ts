/** Unrolled thresholding with a dense dictionary (specification: Encoders) as plain loops over the residual: x `[B, n]`, atoms `[K, n]`, codes `[B, K]`. */
import { type ThresholdKind, type UnrolledRowsAttributes, usesGram } from "../contracts/unrolled-rows-trace.ts";
import { type ReferenceArray, zeros } from "./reference-array.ts";

interface Iterations {
  /** `u_0 .. u_(T-1)` and `z_0 .. z_T`, each `[B, K]`. */
  readonly preActivations: Float64Array[];
  readonly codes: Float64Array[];
}

export function iterate(
  x: ReferenceArray,
  atoms: ReferenceArray,
  stepSize: number,
  { iterations, threshold, kind }: UnrolledRowsAttributes,
): Iterations {
  const [batch, conceptCount] = [x.shape[0], atoms.shape[0]];
  const codes = [new Float64Array(batch * conceptCount)];
  const preActivations: Float64Array[] = [];
  for (let t = 0; t < iterations; t++) {
    const last = codes[t];
    const correlations = correlate(residual(x, atoms, last), atoms, batch);
    const moved = last.map((z, i) => z + stepSize * correlations[i]);
    preActivations.push(moved);
    codes.push(moved.map((u) => thresholded(u, threshold, kind)));
  }
  return { preActivations, codes };
}

/** The outputs of `unrolledRowsTrace`. */
export function unrolledTraceReference(
  x: ReferenceArray,
  atoms: ReferenceArray,
  stepSize: ReferenceArray,
  attributes: UnrolledRowsAttributes,
): { codes: ReferenceArray; gram: ReferenceArray; trace: ReferenceArray } {
  const [batch, conceptCount] = [x.shape[0], atoms.shape[0]];
  const { codes } = iterate(x, atoms, stepSize.values[0], attributes);
  const result = zeros([batch, conceptCount]);
  result.values.set(codes[attributes.iterations]);
  const trace = zeros([attributes.iterations - 1, batch, conceptCount]);
  for (let t = 1; t < attributes.iterations; t++) trace.values.set(codes[t], (t - 1) * batch * conceptCount);
  const size = usesGram(batch, conceptCount, attributes.iterations) ? conceptCount : 0;
  const gram = zeros([size, size]);
  if (size > 0) gram.values.set(correlate(atoms.values, atoms, conceptCount));
  return { codes: result, gram, trace };
}

/** Backpropagation through every step, by the chain rule applied to the residual. */
export function unrolledGradientReference(
  upstream: ReferenceArray,
  x: ReferenceArray,
  atoms: ReferenceArray,
  stepSize: ReferenceArray,
  attributes: UnrolledRowsAttributes,
): { x: ReferenceArray; atoms: ReferenceArray; stepSize: ReferenceArray } {
  const batch = x.shape[0];
  const [step] = stepSize.values;
  const { codes } = iterate(x, atoms, step, attributes);
  const result = { x: zeros(x.shape), atoms: zeros(atoms.shape), stepSize: zeros([]) };
  let gradient = upstream.values;
  for (let t = attributes.iterations - 1; t >= 0; t--) {
    const ofPreActivations = gradient.map((g, i) => (codes[t + 1][i] === 0 ? 0 : g));
    const rest = residual(x, atoms, codes[t]);
    const correlations = correlate(rest, atoms, batch);
    ofPreActivations.forEach((g, i) => {
      result.stepSize.values[0] += g * correlations[i];
    });
    const ofResidual = synthesize(ofPreActivations, atoms, batch).map((r) => step * r);
    ofResidual.forEach((r, i) => {
      result.x.values[i] += r;
    });
    accumulate(result.atoms, ofPreActivations, rest, batch, step);
    accumulate(result.atoms, codes[t], ofResidual, batch, -1);
    const back = correlate(ofResidual, atoms, batch);
    gradient = ofPreActivations.map((g, i) => g - back[i]);
  }
  return result;
}

/** The threshold applied to one number. */
export function thresholded(u: number, threshold: number, kind: ThresholdKind): number {
  switch (kind) {
    case "hard":
      return Math.abs(u) > threshold ? u : 0;
    case "one-sided":
      return u > threshold ? u : 0;
    case "soft":
      return Math.sign(u) * Math.max(Math.abs(u) - threshold, 0);
    default:
      return kind satisfies never;
  }
}

/** `x - z D`. */
function residual(x: ReferenceArray, atoms: ReferenceArray, codes: Float64Array): Float64Array {
  const synthesis = synthesize(codes, atoms, x.shape[0]);
  return x.values.map((value, i) => value - synthesis[i]);
}

/** `z D`: `[B, K]` to `[B, n]`. */
function synthesize(codes: Float64Array, atoms: ReferenceArray, batch: number): Float64Array {
  const [conceptCount, inputs] = atoms.shape;
  const x = new Float64Array(batch * inputs);
  codes.forEach((code, i) => {
    if (code === 0) return;
    const [row, atom] = [Math.floor(i / conceptCount) * inputs, (i % conceptCount) * inputs];
    for (let j = 0; j < inputs; j++) x[row + j] += code * atoms.values[atom + j];
  });
  return x;
}

/** `x D^T`: `[B, n]` to `[B, K]`. */
function correlate(x: Float64Array, atoms: ReferenceArray, batch: number): Float64Array {
  const [conceptCount, inputs] = atoms.shape;
  return new Float64Array(batch * conceptCount).map((_, i) => {
    const [row, atom] = [Math.floor(i / conceptCount) * inputs, (i % conceptCount) * inputs];
    let sum = 0;
    for (let j = 0; j < inputs; j++) sum += x[row + j] * atoms.values[atom + j];
    return sum;
  });
}

/** `D <- D + factor z^T x`. */
function accumulate(atoms: ReferenceArray, codes: Float64Array, x: Float64Array, batch: number, factor: number): void {
  const [conceptCount, inputs] = atoms.shape;
  for (let i = 0; i < batch * conceptCount; i++) {
    if (codes[i] === 0) continue;
    const [row, atom] = [Math.floor(i / conceptCount) * inputs, (i % conceptCount) * inputs];
    for (let j = 0; j < inputs; j++) atoms.values[atom + j] += factor * codes[i] * x[row + j];
  }
}
