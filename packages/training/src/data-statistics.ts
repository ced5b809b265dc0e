import type { Dataset } from "@saeno/datasets";

/**
 * What to normalize inputs by: take off the `mean` of each channel; also divide by one `scale`, the root mean square of what is left;
 * or by one for each `channel`.
 */
export type NormalizationKind = "mean" | "scale" | "channel";
export const normalizationKinds: readonly NormalizationKind[] = ["mean", "scale", "channel"];

/** Samples read at a time. */
const blockSize = 256;

/** What inputs are normalized by, `(x - mean) / scale`, `[C]` each. */
export interface DataStatistics {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/**
 * Mean and scale of each channel (dense: coordinate) of a dataset, in one pass over it and in float64 (Chan, Golub and LeVeque 1983).
 * A channel that never changes has the scale 1.
 */
export async function dataStatistics(dataset: Dataset, kind: NormalizationKind): Promise<DataStatistics> {
  const { channels, size } = dataset;
  const mean = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let count = 0;
  for (let begin = 0; begin < size; begin += blockSize) {
    const block = Math.min(blockSize, size - begin);
    const values = await dataset.read(Int32Array.from({ length: block }, (_, i) => begin + i));
    const points = values.length / channels;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let i = c; i < values.length; i += channels) sum += values[i];
      const ownMean = sum / points;
      let ownSquares = 0;
      for (let i = c; i < values.length; i += channels) ownSquares += (values[i] - ownMean) ** 2;
      const shift = ownMean - mean[c];
      const total = count + points;
      mean[c] = mean[c] + (shift * points) / total;
      squares[c] = squares[c] + ownSquares + (shift ** 2 * count * points) / total;
    }
    count += points;
  }
  const variances = squares.map((square) => square / count);
  return { mean, scale: scales(kind, variances) };
}

function scales(kind: NormalizationKind, variances: Float64Array): Float64Array {
  switch (kind) {
    case "mean":
      return variances.map(() => 1);
    case "scale": {
      const average = variances.reduce((a, b) => a + b, 0) / variances.length;
      return variances.map(() => Math.sqrt(average) || 1);
    }
    case "channel":
      return variances.map((variance) => Math.sqrt(variance) || 1);
    default:
      throw kind satisfies never;
  }
}
