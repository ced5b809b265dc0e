import { sizeOf } from "@saeno/backend";
import type { Dataset } from "../dataset.ts";

/**
 * A dataset that computes its samples when they are read, and keeps them, as many as fit: epochs after the first read them from memory.
 *
 * @param megabytes of samples to keep; default 64.
 */
export function remembered<D extends Dataset>(dataset: D, megabytes = 64): D {
  const { grid, channels } = dataset;
  const entries = sizeOf(grid) * channels;
  const room = Math.floor((megabytes * 2 ** 20) / (4 * entries));
  const kept = new Map<number, Float32Array>();
  return {
    ...dataset,
    async read(indices) {
      const asked = Array.from(indices);
      const missing = [...new Set(asked)].filter((index) => !kept.has(index));
      const values = missing.length === 0 ? new Float32Array(0) : await dataset.read(missing);
      const computed = new Map(missing.map((index, i) => [index, values.subarray(i * entries, (i + 1) * entries)]));
      for (const [index, sample] of computed) if (kept.size < room) kept.set(index, sample.slice());
      const result = new Float32Array(asked.length * entries);
      for (const [i, index] of asked.entries()) result.set(kept.get(index) ?? computed.get(index) ?? [], i * entries);
      return result;
    },
  };
}
