import { SaenoError } from "@saeno/backend";
import { unitRows } from "@saeno/core";
import { abs, div, greater, max, reshape, type Tensor, type Tensor2D, where } from "@tensorflow/tfjs-core";

/**
 * Checks that a shape is that of atoms, `[K, ...]`, with no empty axis.
 *
 * @throws SaenoError `atoms.shape` otherwise.
 */
export function checkAtoms(shape: readonly number[]): void {
  if (shape.length < 2 || shape.includes(0)) {
    throw new SaenoError(
      "atoms.shape",
      `Atoms must be a tensor [K, ...], one concept in each row; got the shape [${shape.join(", ")}].`,
    );
  }
}

/**
 * Checks that two sets of atoms can be compared: `[Ka, ...]` and `[Kb, ...]` of one atom shape.
 *
 * @throws SaenoError `atoms.shape` otherwise.
 */
export function checkSameAtoms(a: Tensor, b: Tensor): void {
  checkAtoms(a.shape);
  checkAtoms(b.shape);
  if (a.shape.slice(1).join() !== b.shape.slice(1).join()) {
    throw new SaenoError(
      "atoms.shape",
      `Both sets need atoms of one shape; got [${a.shape.join(", ")}] and [${b.shape.join(", ")}]. Take both on the same grid.`,
    );
  }
}

/**
 * The atoms `[K, ...]` as K vectors, views into the values read from their tensor.
 *
 * @throws SaenoError `atoms.shape`.
 */
export function atomRows(values: ArrayLike<number>, shape: readonly number[]): Float32Array[] {
  checkAtoms(shape);
  const all = values instanceof Float32Array ? values : Float32Array.from(values);
  const size = all.length / shape[0];
  return Array.from({ length: shape[0] }, (_, k) => all.subarray(k * size, (k + 1) * size));
}

/**
 * Atoms `[K, ...]`, flattened and scaled to Euclidean norm 1, of whatever size they are: `[K, p]`. An atom of zeros stays one. Run inside a `tidy`.
 */
export function unitAtoms(atoms: Tensor): Tensor2D {
  const rows = reshape(atoms, [atoms.shape[0], -1]);
  const largest = max(abs(rows), 1, true);
  // Squares of what is far from 1 do not fit into float32.
  return reshape(unitRows(div(rows, where(greater(largest, 0), largest, 1))), [atoms.shape[0], -1]);
}

/** The values of a tensor, which is disposed. */
export async function taken(result: Tensor): Promise<Float32Array> {
  try {
    return await result.data<"float32">();
  } finally {
    result.dispose();
  }
}
