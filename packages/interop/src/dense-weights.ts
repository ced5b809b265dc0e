/**
 * A sparse autoencoder of vectors as plain numbers, between the files of others and our models:
 * `z = sigma(E (x - b_dec) + b)`, `x_hat = z D + b_dec`. Rows of `E` and `D` belong to concepts. Every function returns new weights, and
 * computes them in float64.
 */
import { SaenoError } from "@saeno/backend";

/** Numbers as files hold them: those of float32 stay so, which takes half the memory. */
export type Floats = Float32Array | Float64Array;

export type DenseActivation =
  | { readonly kind: "relu" }
  | { readonly kind: "topk"; readonly k: number }
  /** A threshold of at least 0 for each concept. */
  | { readonly kind: "jumprelu"; readonly thresholds: Floats }
  /** One threshold of at least 0 for all. */
  | { readonly kind: "batchtopk"; readonly k: number; readonly threshold: number };

export interface DenseWeights {
  /** `n`. */
  readonly inputs: number;
  /** `K`. */
  readonly concepts: number;
  /** `E [K, n]`. */
  readonly encoder: Floats;
  /** `b [K]`. */
  readonly encoderBias: Floats;
  /** `D [K, n]`. */
  readonly decoder: Floats;
  /** `b_dec [n]`. */
  readonly decoderBias: Floats;
  readonly activation: DenseActivation;
}

/** Of an encoder that sees x itself, `E x + b`, the same one for `x - b_dec`: `b' = b + E b_dec`. */
export function centered(weights: DenseWeights): DenseWeights {
  const { inputs, encoder, encoderBias, decoderBias } = weights;
  const bias = mapped(encoderBias, (value, k) => value + dot(rowOf(encoder, k, inputs), decoderBias));
  return { ...weights, encoderBias: bias };
}

/**
 * Of an autoencoder of `(x - mean) / scale`, whose output is then taken back, one of x: `E' = E / scale`, `D' = D scale`,
 * `b_dec' = b_dec scale + mean`. Codes and reconstructions stay; atoms get the scale of the data.
 */
export function inDataSpace(
  weights: DenseWeights,
  { mean, scale }: { readonly mean: ArrayLike<number>; readonly scale: ArrayLike<number> },
): DenseWeights {
  const { inputs, encoder, decoder, decoderBias } = weights;
  const [means, scales] = [new Float64Array(mean), new Float64Array(scale)];
  const at = (values: Floats, i: number) => values[i % inputs];
  return {
    ...weights,
    encoder: mapped(encoder, (value, i) => value / at(scales, i)),
    decoder: mapped(decoder, (value, i) => value * at(scales, i)),
    decoderBias: mapped(decoderBias, (value, i) => value * at(scales, i) + at(means, i)),
  };
}

/** How far from 1 norms may be that came out of a sixteen-bit file, and still count as 1. */
const normTolerance = 0.01;

/**
 * Unit atoms: `D_k / |D_k|`, `E_k |D_k|`, `b_k |D_k|`, thresholds times `|D_k|`. Outputs stay, codes grow by the norms. Norms below
 * 1e-8 times the largest count as that.
 *
 * @throws SaenoError `interop.norms` for top-k models whose atoms differ in norm: the choice of the largest would change.
 */
export function withUnitAtoms(weights: DenseWeights, name: string): DenseWeights {
  const norms = atomNorms(weights);
  const { activation } = weights;
  if (activation.kind === "relu") return scaledByConcept(weights, norms);
  if (activation.kind === "jumprelu") {
    const thresholds = mapped(activation.thresholds, (value, k) => value * norms[k]);
    return { ...scaledByConcept(weights, norms), activation: { kind: "jumprelu", thresholds } };
  }
  if (norms.every((norm) => Math.abs(norm - 1) < normTolerance)) return weights;
  throw new SaenoError(
    "interop.norms",
    `${name}: atoms of a ${activation.kind} model that are not of unit norm cannot be scaled, since other codes would be the largest. Read it without unitAtoms: outputs are the same, and nothing else asks for unit norm.`,
    { kind: "data" },
  );
}

/** `|D_k|`, at least 1e-8 times the largest of them; 1 where all are zero. */
export function atomNorms({ inputs, concepts, decoder }: DenseWeights): Float64Array {
  const norms = Float64Array.from({ length: concepts }, (_, k) => {
    const atom = decoder.subarray(k * inputs, (k + 1) * inputs);
    return Math.sqrt(dot(atom, atom));
  });
  const largest = norms.reduce((all, norm) => Math.max(all, norm), 0);
  return norms.map((norm) => Math.max(norm, 1e-8 * largest) || 1);
}

/** Codes times a positive factor for each concept, the activation left as it is. */
export function scaledByConcept(weights: DenseWeights, factors: Float64Array): DenseWeights {
  const { inputs, encoder, encoderBias, decoder } = weights;
  const factor = (i: number) => factors[Math.floor(i / inputs)];
  return {
    ...weights,
    encoder: mapped(encoder, (value, i) => value * factor(i)),
    encoderBias: mapped(encoderBias, (value, k) => value * factors[k]),
    decoder: mapped(decoder, (value, i) => value / factor(i)),
  };
}

/** `[columns, rows]` of `[rows, columns]`. */
export function transposed(values: Floats, rows: number, columns: number): Floats {
  const result = values instanceof Float32Array ? new Float32Array(values.length) : new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column];
  }
  return result;
}

/** In float64. */
export function mapped(values: Floats, change: (value: number, i: number) => number): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = change(values[i], i);
  return result;
}

function rowOf(values: Floats, row: number, length: number): Floats {
  return values.subarray(row * length, (row + 1) * length);
}

function dot(a: Floats, b: Floats): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
