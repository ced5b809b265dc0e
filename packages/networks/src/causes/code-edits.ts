/** Edits of one concept's code, as the change they make in the map of a layer. */
import { disposeCodes } from "@saeno/activations";
import { SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { addedBy, type CodeTable, type EffectEdit, editTable, readCodes } from "@saeno/inspect";
import { mul, sub, type Tensor } from "@tensorflow/tfjs-core";

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
  const added = (codes: CodeTable) => {
    const maps = concepts.map((concept) => codes.concepts.indexOf(concept));
    return addedBy(model, codes, maps, map.shape.slice(1, -1));
  };
  const own = added(table);
  if ("factor" in edit) return mul(own, edit.factor - 1);
  const moves = concepts.map((concept) => ({ kind: "move" as const, concept, by: edit.move }));
  return sub(added(editTable(table, moves)), own);
}
