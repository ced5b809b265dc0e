import { SaenoError } from "@saeno/backend";

/**
 * Checks that a shape is one of atoms, `[K, ...]`, none of its axes empty.
 *
 * @throws SaenoError `atoms.shape` otherwise.
 */
export function checkAtoms(shape: readonly number[]): void {
  if (shape.length < 2 || shape.includes(0)) {
    throw new SaenoError(
      "atoms.shape",
      `Atoms are a tensor [K, ...], one concept in each row; got the shape [${shape.join(", ")}].`,
    );
  }
}
