import type { Dataset } from "@saeno/datasets";

/**
 * What to normalise inputs by: take off the `mean` of each channel; also divide by one `scale`, the root mean square of what is left;
 * or by one for each `channel`.
 */
export type NormalisationKind = "mean" | "scale" | "channel";
export const normalisationKinds: readonly NormalisationKind[] = ["mean", "scale", "channel"];

/** Samples read at a time. */
const blockSize = 256;

/**
 * Mean and scale of each channel (dense: coordinate) of a dataset, `[C]` each, in one pass over it and in float64
 * (Chan, Golub and LeVeque 1983). A channel that never changes has the scale 1.
 */
export function dataStatistics(
  dataset: Dataset,
  kind: NormalisationKind,
): { readonly mean: Float64Array; readonly scale: Float64Array } {
  const { channels, size } = dataset;
  const mean = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let count = 0;
  for (let begin = 0; begin < size; begin += blockSize) {
    const block = Math.min(blockSize, size - begin);
    const values = dataset.read(Int32Array.from({ length: block }, (_, i) => begin + i));
    const points = values.length / channels;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let i = c; i < values.length; i += channels) sum += values[i] as number;
      const ownMean = sum / points;
      let ownSquares = 0;
      for (let i = c; i < values.length; i += channels) ownSquares += ((values[i] as number) - ownMean) ** 2;
      const shift = ownMean - (mean[c] as number);
      const total = count + points;
      mean[c] = (mean[c] as number) + (shift * points) / total;
      squares[c] = (squares[c] as number) + ownSquares + (shift ** 2 * count * points) / total;
    }
    count += points;
  }
  const variances = squares.map((square) => square / count);
  return { mean, scale: scales(kind, variances) };
}

function scales(kind: NormalisationKind, variances: Float64Array): Float64Array {
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
