import type { Random } from "../random.ts";
import { type ReferenceArray, zeros } from "./reference-array.ts";

/** Standard normal values that float32 holds exactly, so that reference and contract see the same numbers. */
export function randomArray(random: Random, shape: readonly number[]): ReferenceArray {
  const array = zeros(shape);
  array.values.set(random.normals(array.values.length));
  return array;
}

/** Rows `[rows, k]` of distinct whole numbers below `size`, ascending. */
export function randomIndices(random: Random, rows: number, k: number, size: number): ReferenceArray {
  const array = zeros([rows, k], "int32");
  for (let row = 0; row < rows; row++) array.values.set(random.permutation(size).slice(0, k).sort(), row * k);
  return array;
}
