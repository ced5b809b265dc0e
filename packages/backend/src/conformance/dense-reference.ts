/** Scalar codes of a dense dictionary (specification: Dictionaries, Activations) as plain loops. */
import { type ReferenceArray, zeros } from "./reference-array.ts";
import { gatherReference, topKReference } from "./selection-reference.ts";

/** The k largest of `relu(x atoms^T + bias)`: x `[B, n]`, atoms `[K, n]`, bias `[K]` to concepts and values `[B, k]`. */
export function encodeTopKReference(
  x: ReferenceArray,
  atoms: ReferenceArray,
  bias: ReferenceArray,
  k: number,
): { concepts: ReferenceArray; values: ReferenceArray } {
  const [batch, inputs] = x.shape;
  const [conceptCount] = atoms.shape;
  const rectified = zeros([batch, conceptCount]);
  for (let b = 0; b < batch; b++) {
    for (let c = 0; c < conceptCount; c++) {
      let sum = bias.values[c];
      for (let i = 0; i < inputs; i++) sum += x.values[b * inputs + i] * atoms.values[c * inputs + i];
      rectified.values[b * conceptCount + c] = Math.max(sum, 0);
    }
  }
  const concepts = topKReference(rectified, k);
  return { concepts, values: gatherReference(rectified, concepts) };
}

/** `sum_j v_j atoms[c_j]`: values, concepts `[B, k]`, atoms `[K, n]` to `[B, n]`. */
export function decodeRowsReference(
  values: ReferenceArray,
  concepts: ReferenceArray,
  atoms: ReferenceArray,
): ReferenceArray {
  const x = zeros([concepts.shape[0], atoms.shape[1]]);
  forUses(concepts, atoms.shape[1], (use, row, atom) => {
    x.values[row] += values.values[use] * atoms.values[atom];
  });
  return x;
}

/** `<x_b, atoms[c_j]>`: x `[B, n]`, concepts `[B, k]`, atoms `[K, n]` to `[B, k]`. */
export function dotRowsReference(x: ReferenceArray, concepts: ReferenceArray, atoms: ReferenceArray): ReferenceArray {
  const values = zeros(concepts.shape);
  forUses(concepts, atoms.shape[1], (use, row, atom) => {
    values.values[use] += x.values[row] * atoms.values[atom];
  });
  return values;
}

/** The sum of `v_bj x_b` over the uses of each concept: values, concepts `[B, k]`, x `[B, n]` to `[conceptCount, n]`. */
export function accumulateRowsReference(
  values: ReferenceArray,
  concepts: ReferenceArray,
  x: ReferenceArray,
  conceptCount: number,
): ReferenceArray {
  const atoms = zeros([conceptCount, x.shape[1]]);
  forUses(concepts, x.shape[1], (use, row, atom) => {
    atoms.values[atom] += values.values[use] * x.values[row];
  });
  return atoms;
}

/** Visits every entry of every use: flat indices of the use, of the sample's entry and of the atom's. */
function forUses(
  concepts: ReferenceArray,
  inputs: number,
  visit: (use: number, row: number, atom: number) => void,
): void {
  const k = concepts.shape[1];
  concepts.values.forEach((concept, use) => {
    for (let i = 0; i < inputs; i++) visit(use, Math.floor(use / k) * inputs + i, concept * inputs + i);
  });
}
