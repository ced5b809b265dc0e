import { disposeCodes } from "@saeno/activations";
import { type Grid, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { type CodeTable, denseCodes, sparseCodes } from "../codes/code-table.ts";
import { decodeOn } from "./decode-on.ts";

/**
 * Some samples of a table of codes on a grid, `[B, ...grid, C]`, in host memory. Mostly nonzero codes are decoded as dense ones.
 *
 * @throws SaenoError as `decodeOn`.
 */
export async function decodeTable(
  model: SparseAutoencoder,
  table: CodeTable,
  grid: Grid,
  chosen: readonly number[],
): Promise<Float32Array> {
  const { samples, maps } = table;
  const entries = chosen.reduce((sum, i) => sum + maps[samples[i + 1]] - maps[samples[i]], 0);
  const isFull = 4 * entries > chosen.length * sizeOf(table.grid) * table.conceptCount;
  const codes = isFull ? denseCodes(table, chosen) : sparseCodes(table, chosen);
  try {
    const values = decodeOn(model, codes, grid);
    return await values.data<"float32">().finally(() => values.dispose());
  } finally {
    disposeCodes(codes);
  }
}
