import { conjugateCounts, type Grid, type Modes, sizeOf, spectrumShape } from "@saeno/backend";

/** Which frequencies are the same on a grid, as members of classes. */
export interface Folding {
  /** Non-negative frequencies of the classes on each axis. */
  readonly modes: number[];
  /** The largest number of members of a class. */
  readonly members: number;
  /**
   * `[members, classes]`: the flat index w of a stored frequency, `-1 - w` if its conjugate belongs to the class,
   * -2^31 if a class has fewer members.
   */
  readonly sources: Int32Array;
  /** `[members, classes]`: `c(w)` of each. */
  readonly weights: Float32Array;
}

export const none: number = -(2 ** 31);

/**
 * On a grid of N points the frequencies w and w + N are the same function. Sorts the stored half of a spectrum into classes, which again form
 * half a spectrum, so that the cost of a function on a grid too coarse for its modes depends only on the number of points.
 */
export function foldFrequencies(grid: Grid, modes: Modes): Folding {
  const target = grid.map((points, axis) => Math.min(Math.floor(points / 2) + 1, modes[axis]));
  const shape = spectrumShape(modes);
  const targetShape = spectrumShape(target);
  const classes = sizeOf(targetShape);
  const counts = conjugateCounts(modes);
  const found: number[][] = Array.from({ length: classes }, () => []);
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    const frequency = unflatten(flat, shape).map((i, axis) => (axis === shape.length - 1 ? i : i - modes[axis] + 1));
    const residues = frequency.map((w, axis) => residue(w, grid[axis]));
    const conjugate = residues[residues.length - 1] < 0;
    const kept = conjugate ? residues.map((r, axis) => residue(-r, grid[axis])) : residues;
    const index = kept.reduce(
      (sum, r, axis) => sum * targetShape[axis] + (axis === kept.length - 1 ? r : r + target[axis] - 1),
      0,
    );
    found[index].push(conjugate ? -1 - flat : flat);
  }
  const members = Math.max(...found.map((list) => list.length));
  const sources = new Int32Array(members * classes).fill(none);
  const weights = new Float32Array(members * classes);
  found.forEach((list, index) => {
    list.forEach((source, member) => {
      const flat = source < 0 ? -1 - source : source;
      sources[member * classes + index] = source;
      weights[member * classes + index] = counts[flat % counts.length];
    });
  });
  return { modes: target, members, sources, weights };
}

/** The equivalent frequency in (-N/2, N/2]. */
function residue(w: number, points: number): number {
  const positive = ((w % points) + points) % points;
  return positive > points / 2 ? positive - points : positive;
}

function unflatten(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(flat % shape[axis]);
    flat = Math.floor(flat / shape[axis]);
  }
  return index;
}
