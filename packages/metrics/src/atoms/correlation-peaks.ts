import { type Grid, SaenoError, sizeOf, truncatedSynthesis } from "@saeno/backend";
import { analyze } from "@saeno/fft";
import {
  abs,
  add,
  concat,
  max,
  mul,
  pad,
  reshape,
  slice,
  stack,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkSameAtoms, unitAtoms } from "./atom-rows.ts";

/** Spectra of atoms, flat: `[K, M, C]`. */
interface AtomSpectra {
  readonly re: Tensor;
  readonly im: Tensor;
}

/** Entries of a spectrum or of a batch of correlations formed at once. */
const chunkEntries = 2 ** 21;

/**
 * `max_r |sum_n sum_c a_k[n, c] b_l[n + r, c]| / (||a_k|| ||b_l||)` over all shifts r of the grid, of all pairs:
 * atoms `[Ka, ...N, C]` and `[Kb, ...N, C]` to `[Ka, Kb]`. The caller disposes of it.
 *
 * @throws SaenoError `atoms.shape`, `atoms.grid`.
 */
export function correlationPeaks(a: Tensor, b: Tensor): Tensor2D {
  return tidy(() => {
    const peaksFrom = rowsOfPeaks(a, b);
    return stack(Array.from({ length: a.shape[0] }, (_, k) => peaksFrom(k, 0))) as Tensor2D;
  });
}

/** The peaks of the pairs k < l of one set, row by row: `[K, ...N, C]` to `[K (K - 1) / 2]`. The caller disposes of it. */
export function pairPeaks(atoms: Tensor): Tensor1D {
  return tidy(() => {
    const peaksFrom = rowsOfPeaks(atoms, atoms);
    const count = atoms.shape[0];
    if (count === 1) return tensor1d([]);
    return concat(Array.from({ length: count - 1 }, (_, k) => peaksFrom(k, k + 1)));
  });
}

/**
 * The peak of the cross-correlation of all pairs k < l, row by row (specification: Metrics):
 * `max_r |sum_n sum_c d_k[n, c] d_l[n + r, c]| / (||d_k|| ||d_l||)` over the shifts r of the periodic grid.
 * Atoms `[K, ...N, C]` to K (K - 1) / 2 numbers in [0, 1]: 1 when one atom is a shifted (or negated) copy of the other.
 * `O(K^2)` Fourier transforms, a row at a time. Reads synchronously.
 *
 * @throws SaenoError `atoms.shape`, `atoms.grid` for atoms without a grid.
 */
export function shiftCosines(atoms: Tensor): number[] {
  const peaks = pairPeaks(atoms);
  const values = Array.from(peaks.dataSync());
  peaks.dispose();
  return values;
}

/**
 * Cross-correlations by the Fourier transform. An even axis has a Nyquist frequency, which the truncated transform does not
 * keep, so it is made odd: a continued by zeros and b periodically to 2 N - 1 points give the same sums at the shifts 0 .. N - 1.
 */
function rowsOfPeaks(a: Tensor, b: Tensor): (k: number, from: number) => Tensor1D {
  checkSameAtoms(a, b);
  const grid = a.shape.slice(1, -1);
  if (grid.length < 1 || grid.length > 3) {
    throw new SaenoError(
      "atoms.grid",
      `Shifts need atoms on a grid of one to three axes, [K, ...N, C]; got the shape [${a.shape.join(", ")}].`,
    );
  }
  const odd = grid.map((points) => (points % 2 === 0 ? 2 * points - 1 : points));
  const modes = odd.map((points) => (points + 1) / 2);
  const channels = a.shape[a.rank - 1];
  const spectra = (atoms: Tensor): AtomSpectra => {
    const { re, im } = analyze(atoms, { modes });
    const flat = [atoms.shape[0], -1, channels];
    return { re: reshape(re, flat), im: reshape(im, flat) };
  };
  const left = spectra(withZeros(normalized(a), odd));
  const right = spectra(continued(normalized(b), odd));
  const chunk = Math.max(1, Math.floor(chunkEntries / (sizeOf(odd) * channels)));

  return (k, from) => {
    const chunks: Tensor1D[] = [];
    for (let begin = from; begin < b.shape[0]; begin += chunk) {
      const end = Math.min(begin + chunk, b.shape[0]);
      chunks.push(tidy(() => peaks(rows(left, k, k + 1), rows(right, begin, end), grid, odd)));
    }
    return concat(chunks);
  };
}

function peaks(a: AtomSpectra, b: AtomSpectra, grid: Grid, odd: Grid): Tensor1D {
  const count = b.re.shape[0];
  const shape = [count, ...odd.map((points, axis) => (axis === odd.length - 1 ? (points + 1) / 2 : points))];
  const re = reshape(sum(add(mul(a.re, b.re), mul(a.im, b.im)), 2), shape);
  const im = reshape(sum(sub(mul(a.re, b.im), mul(a.im, b.re)), 2), shape);
  const { x } = truncatedSynthesis({ re, im }, { grid: odd });
  const shifts = slice(x, [0, ...grid.map(() => 0)], [count, ...grid]);
  return mul(max(reshape(abs(shifts), [count, -1]), 1), sizeOf(odd));
}

function rows({ re, im }: AtomSpectra, begin: number, end: number): AtomSpectra {
  const part = (x: Tensor) => slice(x, [begin, 0, 0], [end - begin, -1, -1]);
  return { re: part(re), im: part(im) };
}

function normalized(atoms: Tensor): Tensor {
  return reshape(unitAtoms(atoms), atoms.shape);
}

function withZeros(atoms: Tensor, grid: Grid): Tensor {
  const after = grid.map((points, axis): [number, number] => [0, points - atoms.shape[axis + 1]]);
  return pad(atoms, [[0, 0], ...after, [0, 0]]);
}

function continued(atoms: Tensor, grid: Grid): Tensor {
  return grid.reduce((extended, points, axis) => {
    const missing = points - extended.shape[axis + 1];
    if (missing === 0) return extended;
    const size = extended.shape.map((n, i) => (i === axis + 1 ? missing : n));
    const start = slice(
      extended,
      size.map(() => 0),
      size,
    );
    return concat([extended, start], axis + 1);
  }, atoms);
}
