/**
 * Spectral weights of a neural operator as the coefficients of a fourier dictionary, and back.
 *
 * A spectral convolution computes `y = IFFT(W FFT(x))`. How the transforms are normalized (`forward`, `backward`, `ortho`) cancels between
 * the two, so weights mean the same under every one, and are the `D(w)` of ours without a factor: a decoder maps K maps to C channels,
 * `y^_c = sum_k W_kc z^_k`, hence `D_kc = W_kc`; an encoder maps C channels to K maps, `z^_k = sum_c W_ck x^_c`, and ours is an adjoint,
 * hence `E_kc = conj W_ck`.
 */
import { type Modes, SaenoError, sizeOf, spectrumShape } from "@saeno/backend";
import { type Dictionary, fourierDictionary } from "@saeno/core";
import { tensor } from "@tensorflow/tfjs-core";
import type { ComplexTensor } from "./complex-tensor.ts";

/** What an operator of `[in, out]` channels is here: a decoder's inputs are concepts, an encoder's outputs. */
export type SpectralRole = "decoder" | "encoder";

export interface SpectralOptions {
  readonly as: SpectralRole;
}

/** Reads one coefficient: flat index in a tensor's `...modes`, or undefined where nothing was kept. */
export type Place = (
  frequency: readonly number[],
) => { readonly tensor: ComplexTensor; readonly at: number } | undefined;

/** The dictionary of weights `[in, out, ...]`, with `theta(w) = sqrt(c(w)) D(w)`; 0 where nothing was kept. The caller disposes of it. */
export function dictionaryOf(
  sizes: { readonly inputs: number; readonly outputs: number; readonly modes: Modes },
  place: Place,
  { as }: SpectralOptions,
): Dictionary {
  const { inputs, outputs, modes } = sizes;
  const [concepts, channels] = as === "decoder" ? [inputs, outputs] : [outputs, inputs];
  const shape = spectrumShape(modes);
  const count = sizeOf(shape);
  const theta = new Float32Array(2 * concepts * channels * count);
  const from = lowest(modes);
  eachIndex(shape, (index, m) => {
    const frequency = index.map((i, axis) => i + from[axis]);
    const found = place(frequency);
    if (found === undefined) return;
    const { tensor: weight, at } = found;
    const perPair = sizeOf(weight.shape.slice(2));
    const root = frequency.at(-1) === 0 ? 1 : Math.SQRT2;
    for (let k = 0; k < concepts; k++) {
      for (let c = 0; c < channels; c++) {
        const pair = as === "decoder" ? k * outputs + c : c * outputs + k;
        const re = (2 * k * channels + c) * count + m;
        theta[re] = root * weight.re[pair * perPair + at];
        const im = root * weight.im[pair * perPair + at];
        theta[re + channels * count] = as === "decoder" ? im : -im;
      }
    }
  });
  if (!theta.every(Number.isFinite)) {
    const problem = "The weights hold NaN, infinite values, or values beyond float32.";
    throw new SaenoError("interop.spectral", problem, { kind: "data" });
  }
  const start = tensor(theta, [concepts, 2, channels, ...shape]);
  const dictionary = fourierDictionary({ channels, concepts, modes }, start);
  start.dispose();
  return dictionary;
}

/** Coefficients by frequency, `[in, out]` as the role says: `D(w)`, on the symmetry of real functions. */
export interface SpectralCoefficients {
  readonly inputs: number;
  readonly outputs: number;
  readonly modes: Modes;
  /** Real and imaginary part; 0 beyond the kept modes. */
  at(input: number, output: number, frequency: readonly number[]): readonly [number, number];
}

/**
 * @throws SaenoError `interop.model` for a dictionary without spectra.
 */
export async function coefficientsOf(dictionary: Dictionary, { as }: SpectralOptions): Promise<SpectralCoefficients> {
  const { label, conceptCount: concepts, channels } = dictionary;
  const spectra = dictionary.spectra?.();
  if (spectra === undefined) {
    throw new SaenoError(
      "interop.model",
      `Spectral weights are those of a dictionary of spectra, such as that of SAE-FNO; this one is of ${label}.`,
    );
  }
  const { modes, re, im } = spectra;
  const [real, imaginary] = await Promise.all([re.data(), im.data()]);
  re.dispose();
  im.dispose();
  const shape = spectrumShape(modes);
  const count = sizeOf(shape);
  const from = lowest(modes);
  return {
    modes,
    inputs: as === "decoder" ? concepts : channels,
    outputs: as === "decoder" ? channels : concepts,
    at(input, output, frequency) {
      const index = frequency.map((w, axis) => w - from[axis]);
      const m = flatIndex(index, shape);
      if (m === undefined) return [0, 0];
      const [k, c] = as === "decoder" ? [input, output] : [output, input];
      const at = (k * channels + c) * count + m;
      const value = imaginary[at];
      return [real[at], as === "decoder" ? value : -value];
    },
  };
}

/** The lowest frequency stored on each axis. */
function lowest(modes: Modes): number[] {
  return modes.map((m, axis) => (axis === modes.length - 1 ? 0 : 1 - m));
}

/** The flat place of an index on each axis; undefined outside of the shape. */
export function flatIndex(index: readonly number[], shape: readonly number[]): number | undefined {
  let flat = 0;
  for (const [axis, size] of shape.entries()) {
    const i = index[axis];
    if (i < 0 || i >= size) return undefined;
    flat = flat * size + i;
  }
  return flat;
}

/** Finite `[in, out, ...modes]` with one to three axes of modes. @throws SaenoError `interop.spectral`. */
export function checkSpectralShape({ shape, re, im }: ComplexTensor, name: string): void {
  const sizes = shape.every((size) => Number.isInteger(size) && size >= 1);
  if (shape.length < 3 || shape.length > 5 || !sizes || re.length !== sizeOf(shape) || im.length !== sizeOf(shape)) {
    throw new SaenoError(
      "interop.spectral",
      `${name} has the shape [${shape.join(", ")}] with ${re.length} real and ${im.length} imaginary parts; expected [in, out, ...modes] with one to three axes of modes. Weights of a separable or a factorized convolution are not supported.`,
      { kind: "data" },
    );
  }
  for (const part of [re, im]) {
    if (new Float64Array(part).every(Number.isFinite)) continue;
    throw new SaenoError("interop.spectral", `${name} holds NaN or infinite values.`, { kind: "data" });
  }
}

/** Every index of a tensor of this shape, row-major, with its flat place. */
export function eachIndex(shape: readonly number[], visit: (index: readonly number[], flat: number) => void): void {
  const count = sizeOf(shape);
  const index = shape.map(() => 0);
  for (let flat = 0; flat < count; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = index[axis] + 1;
      index[axis] = next === shape[axis] ? 0 : next;
      if (index[axis] !== 0) break;
    }
  }
}
