/**
 * A float64 reference of dictionaries and unrolled encoders (specification: Fourier coefficients to Lifting), of one sample, flat. A dictionary is its synthesis, written out as
 * sums; adjoints and gradients follow from the synthesis being linear in codes and in the parameter.
 */
import { createRandom, type Random, sizeOf } from "@saeno/backend";

export interface Reference {
  readonly kind: "dense" | "conv" | "fourier";
  /** Empty for vectors. */
  readonly grid: readonly number[];
  readonly channels: number;
  readonly concepts: number;
  /** Of the parameter, as the packages have it. */
  readonly shape: readonly number[];
  /** Which axis of it is the channels'. */
  readonly channelAxis: number;
  /** `D z`: codes `[N, K]` to data `[N, C]`. */
  synthesize(parameter: readonly number[], z: readonly number[]): number[];
}

const concepts = 3;

export function dense(channels: number): Reference {
  return {
    kind: "dense",
    grid: [],
    channels,
    concepts,
    shape: [concepts, channels],
    channelAxis: 1,
    synthesize: (atoms, z) =>
      zeros(channels).map((_, c) => sumOver(concepts, (k) => at(z, k) * at(atoms, k * channels + c))),
  };
}

/** Kernels of three points on each axis, circular. */
export function conv(channels: number, grid: readonly number[] = [5, 5]): Reference {
  const size = sizeOf(grid);
  const kernel = grid.map(() => 3);
  const points = sizeOf(kernel);
  return {
    kind: "conv",
    grid,
    channels,
    concepts,
    shape: [concepts, ...kernel, channels],
    channelAxis: kernel.length + 1,
    synthesize(kernels, z) {
      const x = zeros(size * channels);
      for (let n = 0; n < size; n++) {
        for (let v = 0; v < points; v++) {
          // Kernels are centered: x[n] = sum_v d[v] z[n - v].
          const from = flat(
            unflat(n, grid).map((i, a) => i - at(unflat(v, kernel), a) + 1),
            grid,
          );
          for (let k = 0; k < concepts; k++) {
            for (let c = 0; c < channels; c++) {
              x[n * channels + c] =
                at(x, n * channels + c) + at(kernels, (k * points + v) * channels + c) * at(z, from * concepts + k);
            }
          }
        }
      }
      return x;
    },
  };
}

/** All modes of a grid of odd sides unless told otherwise. */
export function fourier(
  channels: number,
  grid: readonly number[] = [5, 5],
  modes: readonly number[] = grid.map((n) => Math.ceil(n / 2)),
): Reference & { readonly modes: readonly number[] } {
  const { size, frequencies } = spectral(grid, modes);
  return {
    kind: "fourier",
    grid,
    modes,
    channels,
    concepts,
    shape: [concepts, 2, channels, ...modes.map((m, a) => (a === modes.length - 1 ? m : 2 * m - 1))],
    channelAxis: 2,
    synthesize(theta, z) {
      const spectra = Array.from({ length: concepts }, (_, k) =>
        analyze(
          z.filter((_, i) => i % concepts === k),
          grid,
          modes,
        ),
      );
      const d = weights(theta, channels, modes);
      const x = zeros(size * channels);
      for (let c = 0; c < channels; c++) {
        const product = frequencies.map((_, w): Complex => {
          const terms = spectra.map((spectrum, k) => times(spectrum[w], d(k, c, w)));
          return [
            sumOver(concepts, (k) => at(terms[k], 0)),
            sumOver(concepts, (k) => at(terms[k], 1)),
          ];
        });
        synthesize(product, grid, modes).forEach((value, n) => {
          x[n * channels + c] = value;
        });
      }
      return x;
    },
  };
}

export type Complex = readonly [number, number];

/** Cosine and sine of `2 pi <w, n/N>` at the points of the grid. */
type Wave = readonly [number[], number[]];

interface Spectral {
  readonly size: number;
  /** The kept ones, as specification: Fourier coefficients orders them. */
  readonly frequencies: readonly number[][];
  readonly waves: readonly Wave[];
  /** `c(w)`. */
  count(w: number): number;
}

const known = new Map<string, Spectral>();

function spectral(grid: readonly number[], modes: readonly number[]): Spectral {
  const key = `${grid.join()};${modes.join()}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const last = modes.length - 1;
  const sides = modes.map((m, a) => (a === last ? m : 2 * m - 1));
  const frequencies = zeros(sizeOf(sides)).map((_, i) =>
    unflat(i, sides).map((w, a) => (a === last ? w : w - at(modes, a) + 1)),
  );
  const size = sizeOf(grid);
  const made: Spectral = {
    size,
    frequencies,
    waves: frequencies.map((w) => {
      const angles = zeros(size).map((_, n) => angle(w, n, grid));
      return [angles.map(Math.cos), angles.map(Math.sin)];
    }),
    count: (w) => (at(frequencies[w], last) === 0 ? 1 : 2),
  };
  known.set(key, made);
  return made;
}

/** `D(w) = theta(w) / sqrt(c(w))`, theta on the symmetry of real functions. */
function weights(theta: readonly number[], channels: number, modes: readonly number[]) {
  const { frequencies, count } = spectral([], modes);
  const total = frequencies.length;
  const entry = (k: number, part: number, c: number, w: number) =>
    at(theta, ((k * 2 + part) * channels + c) * total + w);
  return (k: number, c: number, w: number): Complex => {
    const root = Math.sqrt(count(w));
    if (count(w) === 2) return [entry(k, 0, c, w) / root, entry(k, 1, c, w) / root];
    const opposite = frequencies.findIndex((f) => f.every((value, a) => value === -at(frequencies[w], a)));
    return [(entry(k, 0, c, w) + entry(k, 0, c, opposite)) / 2, (entry(k, 1, c, w) - entry(k, 1, c, opposite)) / 2];
  };
}

/** `x^(w) = 1/|N| sum_n x[n] exp(-2 pi i <w, n/N>)` at the kept frequencies. */
export function analyze(x: readonly number[], grid: readonly number[], modes: readonly number[]): Complex[] {
  const { size, waves } = spectral(grid, modes);
  return waves.map(([cosine, sine]) => [dot(x, cosine) / size, -dot(x, sine) / size]);
}

/** `x[n] = Re sum_w c(w) x^(w) exp(2 pi i <w, n/N>)`. */
export function synthesize(spectrum: readonly Complex[], grid: readonly number[], modes: readonly number[]): number[] {
  const { size, waves, count } = spectral(grid, modes);
  return zeros(size).map((_, n) =>
    sumOver(waves.length, (w) => {
      const [re, im] = spectrum[w];
      const [cosine, sine] = waves[w];
      return count(w) * (re * at(cosine, n) - im * at(sine, n));
    }),
  );
}

/** `sum_w c(w) Re conj(a(w)) b(w)`: the mean of the product of two real functions. */
export function spectralProduct(a: readonly Complex[], b: readonly Complex[], modes: readonly number[]): number {
  const { count } = spectral([], modes);
  return sumOver(a.length, (w) => {
    const [p, q] = [a[w], b[w]];
    return count(w) * (p[0] * q[0] + p[1] * q[1]);
  });
}

/** The parameter of a fourier dictionary whose atoms are |N| times these functions `[K, N, C]` (specification: Propositions 3). */
export function thetaOf(functions: readonly number[], { grid, channels, modes }: ReturnType<typeof fourier>): number[] {
  const { size, frequencies, count } = spectral(grid, modes);
  const total = frequencies.length;
  const theta = zeros(concepts * 2 * channels * total);
  for (let k = 0; k < concepts; k++) {
    for (let c = 0; c < channels; c++) {
      const own = zeros(size).map((_, n) => at(functions, (k * size + n) * channels + c));
      analyze(own, grid, modes).forEach((value, w) => {
        for (const part of [0, 1] as const) {
          theta[((k * 2 + part) * channels + c) * total + w] = size * Math.sqrt(count(w)) * value[part];
        }
      });
    }
  }
  return theta;
}

/** Back: `1/|N|` times the atoms, `[K, N, C]`. */
export function functionsOf(theta: readonly number[], { grid, channels, modes }: ReturnType<typeof fourier>): number[] {
  const { size, frequencies } = spectral(grid, modes);
  const d = weights(theta, channels, modes);
  const functions = zeros(concepts * size * channels);
  for (let k = 0; k < concepts; k++) {
    for (let c = 0; c < channels; c++) {
      const spectrum = frequencies.map((_, w) => d(k, c, w));
      synthesize(spectrum, grid, modes).forEach((value, n) => {
        functions[(k * size + n) * channels + c] = value / size;
      });
    }
  }
  return functions;
}

/** Kernels as functions `[K, N, C]` around the origin of the torus; and what of such functions lies on the kernels' support. */
export function padded(kernels: readonly number[], { grid, channels }: Reference): number[] {
  const functions = zeros(concepts * sizeOf(grid) * channels);
  eachPoint(grid, (k, v, n) => {
    for (let c = 0; c < channels; c++)
      functions[(k * sizeOf(grid) + n) * channels + c] = at(kernels, (k * v.of + v.index) * channels + c);
  });
  return functions;
}

export function cut(functions: readonly number[], { grid, channels }: Reference): number[] {
  const kernels = zeros(concepts * 3 ** grid.length * channels);
  eachPoint(grid, (k, v, n) => {
    for (let c = 0; c < channels; c++)
      kernels[(k * v.of + v.index) * channels + c] = at(functions, (k * sizeOf(grid) + n) * channels + c);
  });
  return kernels;
}

function eachPoint(
  grid: readonly number[],
  visit: (k: number, v: { index: number; of: number }, n: number) => void,
): void {
  const kernel = grid.map(() => 3);
  const of = sizeOf(kernel);
  for (let k = 0; k < concepts; k++) {
    for (let index = 0; index < of; index++)
      visit(
        k,
        { index, of },
        flat(
          unflat(index, kernel).map((i) => i - 1),
          grid,
        ),
      );
  }
}

/** `D* r`: the adjoint of the synthesis, from the definition of one. */
export function correlate(reference: Reference, parameter: readonly number[], r: readonly number[]): number[] {
  const units = sizeOf(reference.grid) * reference.concepts;
  return zeros(units).map((_, j) => dot(reference.synthesize(parameter, unit(units, j)), r));
}

/** The gradient of `|x - D z|^2 / 2` to the parameter, codes held fixed: `-<d(D z), x - D z>`. */
export function gradient(
  reference: Reference,
  parameter: readonly number[],
  z: readonly number[],
  x: readonly number[],
): number[] {
  const r = subtract(x, reference.synthesize(parameter, z));
  return parameter.map((_, i) => -dot(reference.synthesize(unit(parameter.length, i), z), r));
}

/**
 * The gradient of a convolution's kernels before it is cut to their support, that of kernels as large as the grid, `[K, N, C]`:
 * `-sum_n z_k[n] r_c[n + v]`.
 */
export function uncutGradient(
  { grid, channels, synthesize }: Reference,
  kernels: readonly number[],
  z: readonly number[],
  x: readonly number[],
): number[] {
  const size = sizeOf(grid);
  const r = subtract(x, synthesize(kernels, z));
  const functions = zeros(concepts * size * channels);
  for (let v = 0; v < size; v++) {
    for (let n = 0; n < size; n++) {
      const to = flat(
        unflat(n, grid).map((i, a) => i + at(unflat(v, grid), a)),
        grid,
      );
      for (let k = 0; k < concepts; k++) {
        for (let c = 0; c < channels; c++) {
          const i = (k * size + v) * channels + c;
          functions[i] = at(functions, i) - at(z, n * concepts + k) * at(r, to * channels + c);
        }
      }
    }
  }
  return functions;
}

/** `z <- sigma(z + alpha D*(x - D z))`, T times from 0, with a hard threshold. */
export function unrolled(
  {
    synthesize,
    adjoint,
    size,
  }: { synthesize(z: number[]): number[]; adjoint(r: number[]): number[]; readonly size: number },
  x: readonly number[],
  { iterations, stepSize, threshold }: Steps,
): number[] {
  let z = zeros(size);
  for (let t = 0; t < iterations; t++) {
    const step = adjoint(subtract(x, synthesize(z)));
    z = z.map((value, i) => value + stepSize * at(step, i)).map((u) => (Math.abs(u) > threshold ? u : 0));
  }
  return z;
}

export interface Steps {
  readonly iterations: number;
  readonly stepSize: number;
  readonly threshold: number;
}

/** The codes of an unlifted model. */
export function encode(
  reference: Reference,
  parameter: readonly number[],
  x: readonly number[],
  steps: Steps,
): number[] {
  const size = sizeOf(reference.grid) * reference.concepts;
  const operator = {
    synthesize: (z: number[]) => reference.synthesize(parameter, z),
    adjoint: (r: number[]) => correlate(reference, parameter, r),
    size,
  };
  return unrolled(operator, x, steps);
}

/** A matrix `[rows, columns]`, flat, at each point or along one axis of a parameter. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: readonly number[];
}

export function matrix(rows: number, columns: number, values: readonly number[]): Matrix {
  return { rows, columns, values };
}

export function transposed({ rows, columns, values }: Matrix): Matrix {
  return matrix(
    columns,
    rows,
    zeros(rows * columns).map((_, i) => at(values, (i % rows) * columns + Math.floor(i / rows))),
  );
}

export function product(a: Matrix, b: Matrix): Matrix {
  const values = zeros(a.rows * b.columns).map((_, i) => {
    const [row, column] = [Math.floor(i / b.columns), i % b.columns];
    return sumOver(a.columns, (j) => at(a.values, row * a.columns + j) * at(b.values, j * b.columns + column));
  });
  return matrix(a.rows, b.columns, values);
}

/** A matrix on an axis of a tensor. */
export function mapAxis(values: readonly number[], shape: readonly number[], axis: number, by: Matrix): number[] {
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const mapped = zeros(outer * by.rows * inner);
  for (let o = 0; o < outer; o++) {
    for (let row = 0; row < by.rows; row++) {
      for (let i = 0; i < inner; i++) {
        mapped[(o * by.rows + row) * inner + i] = sumOver(
          by.columns,
          (j) => at(by.values, row * by.columns + j) * at(values, (o * by.columns + j) * inner + i),
        );
      }
    }
  }
  return mapped;
}

/** A matrix at each point of data `[N, C]`. */
export function pointwise(x: readonly number[], by: Matrix): number[] {
  return mapAxis(x, [x.length / by.columns, by.columns], 1, by);
}

/** A parameter as the matrix `[C, everything else]`, on which a lifting acts from the left. */
export function channelMatrix(parameter: readonly number[], { shape, channelAxis }: Reference): Matrix {
  const channels = at(shape, channelAxis);
  const inner = sizeOf(shape.slice(channelAxis + 1));
  const columns = parameter.length / channels;
  const values = zeros(parameter.length).map((_, i) => {
    const [c, rest] = [Math.floor(i / columns), i % columns];
    return at(parameter, (Math.floor(rest / inner) * channels + c) * inner + (rest % inner));
  });
  return matrix(channels, columns, values);
}

/** Gaussian, from a seed. */
export function gaussian(length: number, seed: number, scale = 1): number[] {
  return Array.from(createRandom(seed).normals(length), (value) => scale * value);
}

/** `L` with `L^T L = I`, `[rows, columns]`, by Gram-Schmidt. */
export function orthonormal(rows: number, columns: number, seed: number): Matrix {
  const random: Random = createRandom(seed);
  const basis: number[][] = [];
  while (basis.length < columns) {
    let column = Array.from(random.normals(rows));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        const share = dot(other, column);
        column = column.map((value, i) => value - share * at(other, i));
      }
    }
    const norm = Math.sqrt(dot(column, column));
    basis.push(column.map((value) => value / norm));
  }
  return transposed(matrix(columns, rows, basis.flat()));
}

export function zeros(length: number): number[] {
  return new Array<number>(length).fill(0);
}

export function subtract(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value - at(b, i));
}

export function scaled(a: readonly number[], factor: number): number[] {
  return a.map((value) => factor * value);
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return sumOver(a.length, (i) => at(a, i) * at(b, i));
}

/** The largest difference, relative to the largest entry of what is expected. */
export function deviation(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length)
    throw new Error(`${found.length} entries where ${expected.length} are expected.`);
  let [difference, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs((found[i]) - (expected[i])));
    size = Math.max(size, Math.abs(expected[i]));
  }
  if (size === 0) throw new Error("Nothing but zeros is expected: the comparison says nothing.");
  return difference / size;
}

function times([a, b]: Complex, [c, d]: Complex): Complex {
  return [a * c - b * d, a * d + b * c];
}

function angle(w: readonly number[], n: number, grid: readonly number[]): number {
  const point = unflat(n, grid);
  return 2 * Math.PI * sumOver(grid.length, (a) => (at(w, a) * at(point, a)) / at(grid, a));
}

function unit(length: number, index: number): number[] {
  const values = zeros(length);
  values[index] = 1;
  return values;
}

function unflat(index: number, sides: readonly number[]): number[] {
  let rest = index;
  const point = zeros(sides.length);
  for (let a = sides.length - 1; a >= 0; a--) {
    point[a] = rest % at(sides, a);
    rest = Math.floor(rest / at(sides, a));
  }
  return point;
}

/** On a torus. */
function flat(point: readonly number[], sides: readonly number[]): number {
  return point.reduce((index, i, a) => index * at(sides, a) + (((i % at(sides, a)) + at(sides, a)) % at(sides, a)), 0);
}

function sumOver(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}

function at(values: ArrayLike<number>, i: number): number {
  return values[i];
}
