import { sizeOf } from "@saeno/backend";
import type { Dataset } from "../dataset.ts";

/** Entries of the samples that are kept, at most: 64 MB. */
const mostEntries = 2 ** 24;

/**
 * A dataset that computes its samples when they are read, and keeps them: epochs after the first only read. One that is larger than 64 MB computes them
 * each time.
 */
export function remembered<D extends Dataset>(dataset: D): D {
  const { size, grid, channels } = dataset;
  const entries = sizeOf(grid) * channels;
  if (size * entries > mostEntries) return dataset;
  let kept = new Float32Array(0);
  const isKept = new Uint8Array(size);
  return {
    ...dataset,
    async read(indices) {
      const missing = Int32Array.from(new Set(Array.from(indices))).filter((index) => !isKept[index]);
      const computed = missing.length === 0 ? kept : await dataset.read(missing);
      if (kept.length === 0) kept = new Float32Array(size * entries);
      for (const [i, index] of missing.entries()) {
        kept.set(computed.subarray(i * entries, (i + 1) * entries), index * entries);
        isKept[index] = 1;
      }
      const result = new Float32Array(indices.length * entries);
      for (let i = 0; i < indices.length; i++) {
        result.set(kept.subarray(indices[i] * entries, (indices[i] + 1) * entries), i * entries);
      }
      return result;
    },
  };
}
