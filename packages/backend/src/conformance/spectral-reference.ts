/** The contractions of a fourier dictionary (specification: Dictionaries, Encoders, Activations) as plain loops over complex numbers. */
import type { Adjoint } from "../contracts/spectral-mat-mul.ts";
import { frequencies, type Grid, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";
import { conjugateCount, mirroredIndex, synthesisReference } from "./fourier-reference.ts";
import { type ReferenceArray, zeros } from "./reference-array.ts";

export interface ComplexArray {
  readonly re: ReferenceArray;
  readonly im: ReferenceArray;
}

export function complexZeros(shape: readonly number[]): ComplexArray {
  return { re: zeros(shape), im: zeros(shape) };
}

/** Adds `a b`, with either factor conjugated, to an entry of the sum. */
function addProduct(
  sum: ComplexArray,
  to: number,
  a: ComplexArray,
  i: number,
  b: ComplexArray,
  j: number,
  conjugated?: "a" | "b",
): void {
  const [p, q] = [a.re.values[i], conjugated === "a" ? -a.im.values[i] : a.im.values[i]];
  const [u, v] = [b.re.values[j], conjugated === "b" ? -b.im.values[j] : b.im.values[j]];
  sum.re.values[to] += p * u - q * v;
  sum.im.values[to] += p * v + q * u;
}

/** `a b`, `a^H b` or `a b^H` at each frequency, the last axis. */
export function spectralMatMulReference(a: ComplexArray, b: ComplexArray, adjoint: Adjoint): ComplexArray {
  const kept = a.re.shape[2];
  const rows = a.re.shape[adjoint === "a" ? 1 : 0];
  const inner = a.re.shape[adjoint === "a" ? 0 : 1];
  const columns = b.re.shape[adjoint === "b" ? 0 : 1];
  const product = complexZeros([rows, columns, kept]);
  for (let p = 0; p < rows; p++) {
    for (let s = 0; s < columns; s++) {
      for (let q = 0; q < inner; q++) {
        for (let w = 0; w < kept; w++) {
          const i = (adjoint === "a" ? q * rows + p : p * inner + q) * kept + w;
          const j = (adjoint === "b" ? s * inner + q : q * columns + s) * kept + w;
          addProduct(product, (p * columns + s) * kept + w, a, i, b, j, adjoint === "none" ? undefined : adjoint);
        }
      }
    }
  }
  return product;
}

/** Calls `visit` for every sample, channel and chosen concept with the starts of their rows in `[B,C,M]`, `[B,k,M]`, `[K,C,M]`. */
function forChosen(
  channels: number,
  kept: number,
  concepts: ReferenceArray,
  visit: (bc: number, bk: number, kc: number) => void,
): void {
  const [batch, chosen] = concepts.shape;
  for (let b = 0; b < batch; b++) {
    for (let j = 0; j < chosen; j++) {
      for (let c = 0; c < channels; c++) {
        for (let w = 0; w < kept; w++) {
          const concept = concepts.values[b * chosen + j];
          visit((b * channels + c) * kept + w, (b * chosen + j) * kept + w, (concept * channels + c) * kept + w);
        }
      }
    }
  }
}

/** `sum_c conj(e[k, c]) x[c]` for the chosen k: x `[B, C, M]`, e `[K, C, M]` to `[B, k, M]`. */
export function correlateChosenReference(x: ComplexArray, e: ComplexArray, concepts: ReferenceArray): ComplexArray {
  const [, channels, kept] = x.re.shape;
  const result = complexZeros([...concepts.shape, kept]);
  forChosen(channels, kept, concepts, (bc, bk, kc) => addProduct(result, bk, e, kc, x, bc, "a"));
  return result;
}

/** `sum_j d[concepts_j, c] z[j]`: z `[B, k, M]`, d `[K, C, M]` to `[B, C, M]`. */
export function decodeChosenReference(z: ComplexArray, d: ComplexArray, concepts: ReferenceArray): ComplexArray {
  const [, channels, kept] = d.re.shape;
  const result = complexZeros([concepts.shape[0], channels, kept]);
  forChosen(channels, kept, concepts, (bc, bk, kc) => addProduct(result, bc, d, kc, z, bk));
  return result;
}

/** The sum of `p[b, c] conj(q[b, j])` where j chose the concept: p `[B, C, M]`, q `[B, k, M]` to `[conceptCount, C, M]`. */
export function accumulateChosenReference(
  p: ComplexArray,
  q: ComplexArray,
  concepts: ReferenceArray,
  conceptCount: number,
): ComplexArray {
  const [, channels, kept] = p.re.shape;
  const result = complexZeros([conceptCount, channels, kept]);
  forChosen(channels, kept, concepts, (bc, bk, kc) => addProduct(result, kc, p, bc, q, bk, "b"));
  return result;
}

/** `theta_sym(w) / sqrt(c(w))`: theta `[K, 2, C, ...M]` to re, im `[K, C, M]`. */
export function spectralWeightsReference(theta: ReferenceArray, modes: Modes): ComplexArray {
  const [concepts, , channels] = theta.shape;
  const kept = sizeOf(spectrumShape(modes));
  const result = complexZeros([concepts, channels, kept]);
  for (let w = 0; w < kept; w++) {
    const count = conjugateCount(modes, w);
    const mirrored = count === 1 ? mirroredIndex(modes, w) : w;
    for (let k = 0; k < concepts; k++) {
      for (let c = 0; c < channels; c++) {
        const value = (part: 0 | 1, at: number) => theta.values[((2 * k + part) * channels + c) * kept + at];
        const to = (k * channels + c) * kept + w;
        result.re.values[to] = count === 1 ? (value(0, w) + value(0, mirrored)) / 2 : value(0, w) / Math.SQRT2;
        result.im.values[to] = count === 1 ? (value(1, w) - value(1, mirrored)) / 2 : value(1, w) / Math.SQRT2;
      }
    }
  }
  return result;
}

/** A quarter of the squared differences of coefficients a step apart, over all stored ones and the zeros around them: re, im `[K, C, M]` to `[K]`. */
export function spectralLocalityReference({ re, im }: ComplexArray, modes: Modes): ReferenceArray {
  const [concepts, channels, kept] = re.shape as [number, number, number];
  const shape = spectrumShape(modes);
  const energies = zeros([concepts]);
  modes.forEach((_, axis) => {
    const [size, stride] = [frequencies(modes, axis).length, sizeOf(shape.slice(axis + 1))];
    const isLast = axis === modes.length - 1;
    for (let row = 0; row < concepts * channels; row++) {
      const at = (part: ReferenceArray, line: number, place: number) =>
        place < 0 || place >= size ? 0 : part.values[row * kept + line + place * stride];
      for (let w = 0; w < kept; w++) {
        const place = Math.floor(w / stride) % size;
        const line = w - place * stride;
        const weight = isLast ? 2 : conjugateCount(modes, w);
        const power = (from: number) =>
          [re, im].reduce((total, part) => total + (at(part, line, from + 1) - at(part, line, from)) ** 2, 0);
        const steps = power(place) + (place === 0 && !isLast ? power(-1) : 0);
        energies.values[Math.floor(row / channels)] += (weight * steps) / 4;
      }
    }
  });
  return energies;
}

/** `mean_u sum_j sin^2(pi u_j) sum_c d_k(u, c)^2` of atoms that are synthesized on a grid: re, im `[K, C, M]` to `[K]`. */
export function localityOnGridReference({ re, im }: ComplexArray, modes: Modes, grid: Grid): ReferenceArray {
  const [concepts, channels] = re.shape as [number, number];
  const points = sizeOf(grid);
  const energies = zeros([concepts]);
  synthesisReference(re, im, modes, grid).values.forEach((value, i) => {
    const weight = grid.reduce((total, size, axis) => {
      const place = Math.floor((i % points) / sizeOf(grid.slice(axis + 1))) % size;
      return total + Math.sin((Math.PI * place) / size) ** 2;
    }, 0);
    energies.values[Math.floor(i / (points * channels))] += (weight * value ** 2) / points;
  });
  return energies;
}
