/** The Fourier transforms (specification: Fourier coefficients), as the sums that define them. */
import { frequencies, type Grid, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";
import { type ReferenceArray, zeros } from "./reference-array.ts";

/** `x^(w) = (1/|N|) sum_n x[n] exp(-2 pi i <w, n/N>)`: x `[R, |N|]` to re, im `[R, M]`. */
export function analysisReference(
  x: ReferenceArray,
  grid: Grid,
  modes: Modes,
): { readonly re: ReferenceArray; readonly im: ReferenceArray } {
  const rows = x.shape[0];
  const [points, kept] = [sizeOf(grid), sizeOf(spectrumShape(modes))];
  const [re, im] = [zeros([rows, kept]), zeros([rows, kept])];
  const phases = phaseTable(grid, modes);
  for (let row = 0; row < rows; row++) {
    for (let w = 0; w < kept; w++) {
      for (let n = 0; n < points; n++) {
        const value = x.values[row * points + n] / points;
        re.values[row * kept + w] += value * phases.cos[w * points + n];
        im.values[row * kept + w] -= value * phases.sin[w * points + n];
      }
    }
  }
  return { re, im };
}

/** `x[n] = Re sum_{stored w} c(w) x^(w) exp(2 pi i <w, n/N>)`: re, im `[R, M]` to x `[R, |N|]`. */
export function synthesisReference(re: ReferenceArray, im: ReferenceArray, modes: Modes, grid: Grid): ReferenceArray {
  const [points, kept] = [sizeOf(grid), sizeOf(spectrumShape(modes))];
  const rows = re.values.length / kept;
  const x = zeros([rows, points]);
  const phases = phaseTable(grid, modes);
  for (let row = 0; row < rows; row++) {
    for (let w = 0; w < kept; w++) {
      const [a, b] = [re.values[row * kept + w], im.values[row * kept + w]];
      const count = conjugateCount(modes, w);
      for (let n = 0; n < points; n++) {
        x.values[row * points + n] += count * (a * phases.cos[w * points + n] - b * phases.sin[w * points + n]);
      }
    }
  }
  return x;
}

/** `c(w)` of the stored coefficient with a flat index. */
export function conjugateCount(modes: Modes, flat: number): number {
  return flat % modes[modes.length - 1] === 0 ? 1 : 2;
}

/** The flat index of the coefficient at `-w` of one in the plane `w_d = 0`. */
export function mirroredIndex(modes: Modes, flat: number): number {
  const all = storedFrequencies(modes);
  const mirrored = all[flat].map((w) => (w === 0 ? 0 : -w)).join();
  return all.findIndex((frequency) => frequency.join() === mirrored);
}

/** All stored frequency vectors in the order of a flat spectrum. */
function storedFrequencies(modes: Modes): number[][] {
  return modes.reduce<number[][]>(
    (vectors, _, axis) => vectors.flatMap((vector) => frequencies(modes, axis).map((w) => [...vector, w])),
    [[]],
  );
}

function gridPoints(grid: Grid): number[][] {
  return grid.reduce<number[][]>(
    (points, size) => points.flatMap((point) => Array.from({ length: size }, (_, n) => [...point, n])),
    [[]],
  );
}

interface PhaseTable {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

const tables = new Map<string, PhaseTable>();

/** Cosine and sine of `2 pi <w, n/N>`, `[M, |N|]`; cached, since a derivative asks for the same one many times. */
function phaseTable(grid: Grid, modes: Modes): PhaseTable {
  const key = `${grid} ${modes}`;
  const found = tables.get(key);
  if (found !== undefined) return found;
  const phases = storedFrequencies(modes).flatMap((vector) =>
    gridPoints(grid).map((point) =>
      vector.reduce((sum, w, axis) => sum + (2 * Math.PI * w * point[axis]) / grid[axis], 0),
    ),
  );
  const table = { cos: Float64Array.from(phases, Math.cos), sin: Float64Array.from(phases, Math.sin) };
  tables.set(key, table);
  return table;
}
