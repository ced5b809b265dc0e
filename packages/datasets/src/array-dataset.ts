import { SaenoError, sizeOf } from "@saeno/backend";
import type { Dataset } from "./dataset.ts";

export interface ArrayDatasetOptions {
  readonly name: string;
  readonly values: Float32Array;
  /** `[size, ...grid, channels]`. */
  readonly shape: readonly number[];
}

/**
 * A dataset of values in memory, which are shared, not copied.
 *
 * @throws SaenoError `dataset.shape` when the shape does not fit the values.
 */
export function arrayDataset(options: ArrayDatasetOptions): Dataset {
  const { name, values, shape } = options;
  if (shape.length < 2 || sizeOf(shape) !== values.length) {
    throw new SaenoError(
      "dataset.shape",
      `"${name}": ${values.length} values do not fit the shape [${shape.join(", ")}], [size, ...grid, channels].`,
    );
  }
  const sample = sizeOf(shape.slice(1));
  return {
    name,
    size: shape[0],
    grid: shape.slice(1, -1),
    channels: shape[shape.length - 1],
    async read(indices) {
      const result = new Float32Array(indices.length * sample);
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i];
        result.set(values.subarray(index * sample, (index + 1) * sample), i * sample);
      }
      return result;
    },
  };
}

/** @throws SaenoError `data.nan` naming the first sample that holds NaN or an infinite value. */
export function checkFinite(name: string, values: ArrayLike<number>, sampleSize: number): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new SaenoError(
        "data.nan",
        `${name}: sample ${Math.floor(i / sampleSize)} holds ${values[i]} at its entry ${i % sampleSize}. Remove or repair such samples first.`,
        { kind: "data" },
      );
    }
  }
}
