import { unitRows } from "@saeno/core";
import { reshape, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

/** Atoms `[K, ...]`, flattened and scaled to Euclidean norm 1: `[K, p]`. An atom of zeros stays one. Run inside a `tidy`. */
export function unitAtoms(atoms: Tensor): Tensor2D {
  return reshape(unitRows(atoms), [atoms.shape[0], -1]);
}
