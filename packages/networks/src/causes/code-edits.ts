/** Edits of one concept's code, as the change they make in the map of a layer. */
import { disposeCodes } from "@saeno/activations";
import { SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import {
  type CodeTable,
  codeTableWriter,
  denseCodes,
  type EffectEdit,
  editTable,
  readCodes,
  sparseCodes,
} from "@saeno/inspect";
import { mul, slice, sub, type Tensor } from "@tensorflow/tfjs-core";

export interface EditOptions {
  /** What the code of a concept is multiplied by: 0 removes it. Default 0. */
  readonly factor?: number | undefined;
  /** Instead: how many points of the map's grid the code is moved by, on each axis of the torus. Parts of a point are interpolated. */
  readonly move?: readonly number[] | undefined;
}

/** @throws SaenoError `effects.edit` for both, or neither, of two edits. */
export function editOf({ factor, move }: EditOptions): EffectEdit {
  if (move === undefined) return { factor: factor ?? 0 };
  if (factor === undefined) return { move };
  throw new SaenoError("effects.edit", "One edit at a time: scale concepts by a factor, or move them.");
}

/** @throws SaenoError `effects.vectors` for a model whose codes have no place. */
export function checkMaps({ dictionary }: SparseAutoencoder): void {
  if (dictionary.domain === "functions") return;
  throw new SaenoError("effects.vectors", "Effects are those of models of functions: SAE-FNO or SAE-CNN.");
}

export async function codesOf(model: SparseAutoencoder, maps: Tensor): Promise<CodeTable> {
  const codes = model.encode(maps);
  return readCodes(codes).finally(() => disposeCodes(codes));
}

/**
 * What the same edit of each of some concepts of one sample changes in its map, `[concepts, ...grid, C]`. Decoding is linear in the code, so that it is
 * exact: `(factor - 1) d`, or `d` of the moved code less `d`, with d what the concept adds to the reconstruction. Run inside a `tidy`.
 */
export function changesOf(
  model: SparseAutoencoder,
  table: CodeTable,
  concepts: readonly number[],
  map: Tensor,
  edit: EffectEdit,
): Tensor {
  const own = contributions(model, table, concepts, map);
  if ("factor" in edit) return mul(own, edit.factor - 1);
  const moves = concepts.map((concept) => ({ kind: "move" as const, concept, by: edit.move }));
  return sub(contributions(model, editTable(table, moves), concepts, map), own);
}

/** What each of some concepts adds to the reconstruction of one sample, `[concepts, ...grid, C]`. */
function contributions(model: SparseAutoencoder, table: CodeTable, concepts: readonly number[], map: Tensor): Tensor {
  const writer = codeTableWriter(table.grid, table.conceptCount);
  for (const concept of concepts) {
    const at = table.concepts.indexOf(concept);
    writer.nextMap(concept);
    for (let i = table.maps[at]; i < table.maps[at + 1]; i++) writer.entry(table.positions[i], table.values[i]);
    writer.nextSample();
  }
  // The last sample has no code: what remains belongs to no concept.
  writer.nextSample();
  const alone = writer.table();
  const codes = table.grid.length === 0 ? denseCodes(alone) : sparseCodes(alone);
  const decoded = model.decode(codes, map.shape.slice(1, -1));
  disposeCodes(codes);
  return sub(slice(decoded, 0, concepts.length), slice(decoded, concepts.length, 1));
}
