import { checkAtoms } from "./check-atoms.ts";

/**
 * The atoms `[K, ...]` as K vectors, views into the values read from their tensor.
 *
 * @throws SaenoError `atoms.shape` (see checkAtoms).
 */
export function atomRows<T extends Float32Array | Int32Array | Uint8Array>(values: T, shape: readonly number[]): T[] {
  checkAtoms(shape);
  const count = shape[0];
  const size = values.length / count;
  return Array.from({ length: count }, (_, k) => values.subarray(k * size, (k + 1) * size) as T);
}
