/** What concepts add to a reconstruction: exactly, as decoding is linear in the code. */
import { disposeCodes } from "@saeno/activations";
import { type Grid, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { slice, sqrt, square, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { type CodeTable, codeTableWriter, denseCodes, sparseCodes } from "../codes/code-table.ts";
import { decodeOn } from "./decode-on.ts";

/** Numbers of functions that are formed at once, about. */
const chunkEntries = 2 ** 21;

/**
 * What each of some maps of a table adds to the reconstruction of its sample, `[maps, ...grid, C]`: `D_k z_k`, projected and scaled as reconstructions
 * are, without their constant. Run inside a `tidy`.
 *
 * @param maps by their places in the table; -1 for one without entries, which adds nothing.
 * @throws SaenoError as `decodeOn`.
 */
export function addedBy(model: SparseAutoencoder, table: CodeTable, maps: readonly number[], grid: Grid): Tensor {
  const writer = codeTableWriter(table.grid, table.conceptCount);
  for (const map of maps) {
    if (map >= 0) {
      writer.nextMap(table.concepts[map]);
      for (let i = table.maps[map]; i < table.maps[map + 1]; i++) writer.entry(table.positions[i], table.values[i]);
    }
    writer.nextSample();
  }
  // The last sample has no code: what it decodes to belongs to no concept.
  writer.nextSample();
  const alone = writer.table();
  const codes = table.grid.length === 0 ? denseCodes(alone) : sparseCodes(alone);
  const decoded = decodeOn(model, codes, grid);
  disposeCodes(codes);
  return sub(slice(decoded, 0, maps.length), slice(decoded, maps.length, 1));
}

/**
 * Where some maps of a table are, and how much: at each point the length over channels of what each adds to the reconstruction, `[...grid]` for each map, in
 * host memory. A code may lie beside what it stands for, since an atom of a spectrum learns a shift; what it adds does not.
 *
 * @throws SaenoError as `decodeOn`.
 */
export async function placesOf(
  model: SparseAutoencoder,
  table: CodeTable,
  maps: readonly number[],
  grid: Grid,
): Promise<Float32Array[]> {
  const points = sizeOf(grid);
  const chunk = Math.max(1, Math.floor(chunkEntries / (points * model.dictionary.channels)));
  const found: Float32Array[] = [];
  for (let begin = 0; begin < maps.length; begin += chunk) {
    const some = maps.slice(begin, begin + chunk);
    const lengths = tidy(() => sqrt(sum(square(addedBy(model, table, some, grid)), -1)));
    const values = await lengths.data<"float32">().finally(() => lengths.dispose());
    for (const i of some.keys()) found.push(values.slice(i * points, (i + 1) * points));
  }
  return found;
}
