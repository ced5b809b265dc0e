import { SaenoError } from "@saeno/backend";

/**
 * The Hoyer score of a vector v with p entries (specification: Metrics; Hoyer 2004):
 * `(sqrt(p) - |v|_1 / |v|_2) / (sqrt(p) - 1)`. 1: one entry is not zero; 0: all are equal in magnitude, as in a vector of zeros.
 * It says something only beside the score of noise of the same p: see `hoyerNoiseBaseline`.
 *
 * @throws SaenoError `hoyer.size` for fewer than two entries, where it is not defined.
 */
export function hoyer(vector: ArrayLike<number>): number {
  const p = vector.length;
  if (p < 2) {
    throw new SaenoError("hoyer.size", `A Hoyer score needs a vector of at least 2 entries; got ${p}.`);
  }
  let [absolute, squares] = [0, 0];
  for (let i = 0; i < p; i++) {
    const value = vector[i];
    absolute += Math.abs(value);
    squares += value * value;
  }
  if (squares === 0) return 0;
  return (Math.sqrt(p) - absolute / Math.sqrt(squares)) / (Math.sqrt(p) - 1);
}
