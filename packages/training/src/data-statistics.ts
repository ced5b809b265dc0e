import { isConstant, SaenoError } from "@saeno/backend";
import type { Dataset } from "@saeno/datasets";

/**
 * How to normalize inputs: subtract the `mean` of each channel; also divide by one `scale`, the root mean square of the rest; or by one for each `channel`.
 */
export type NormalizationKind = "mean" | "scale" | "channel";
export const normalizationKinds: readonly NormalizationKind[] = ["mean", "scale", "channel"];

/** Samples read at a time; and of data that is read from files as it is needed, in all, so that training need not wait for the whole. */
const [blockSize, mostFromFiles] = [256, 2 ** 16];

/** Sizes of which normalization makes 1 in float32: below, numbers have lost digits (are denormal); above, sums of them may not fit. */
const [smallest, largest] = [2 ** -126, 1e32];

/** What inputs are normalized by, `(x - mean) / scale`, `[C]` each. */
export interface DataStatistics {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** Channels that never change, up to rounding in float32: normalized, they are zero. */
  readonly constant: readonly number[];
}

/**
 * Mean and scale of each channel (dense: coordinate) of a dataset, in one pass over it and in float64 (Chan, Golub and LeVeque 1983); for data that is read
 * as it is needed, over 65,536 samples in evenly spread blocks. A channel that never changes has the scale 1; one that changes only by rounding has its
 * magnitude, so that nothing is divided by rounding errors.
 *
 * @throws SaenoError `training.scale` for values so small or so large that float32 cannot normalize them.
 */
export async function dataStatistics(dataset: Dataset, kind: NormalizationKind): Promise<DataStatistics> {
  const { channels, size } = dataset;
  const mean = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const lows = new Float64Array(channels).fill(Number.POSITIVE_INFINITY);
  const highs = new Float64Array(channels).fill(Number.NEGATIVE_INFINITY);
  let count = 0;
  const blocks = Math.ceil(size / blockSize);
  const wanted = dataset.close === undefined ? blocks : Math.min(blocks, mostFromFiles / blockSize);
  for (let i = 0; i < wanted; i++) {
    const begin = blockSize * Math.floor((i * blocks) / wanted);
    const block = Math.min(blockSize, size - begin);
    const values = await dataset.read(Int32Array.from({ length: block }, (_, i) => begin + i));
    const points = values.length / channels;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      let [low, high] = [lows[c], highs[c]];
      for (let i = c; i < values.length; i += channels) {
        const value = values[i];
        sum += value;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      lows[c] = low;
      highs[c] = high;
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
  const magnitudes = highs.map((high, c) => Math.max(Math.abs(high), Math.abs(lows[c])));
  const changes = magnitudes.map((magnitude, c) => (isConstant(highs[c] - lows[c], magnitude) ? 0 : 1));
  const scale = scales(
    kind,
    squares.map((square, c) => (changes[c] ? square / count : 0)),
  );
  checkSizes(
    dataset.name,
    magnitudes.reduce((most, magnitude) => Math.max(most, magnitude)),
    scale.reduce((least, each, c) => (changes[c] ? Math.min(least, each) : least), Number.POSITIVE_INFINITY),
  );
  if (kind === "channel") {
    magnitudes.forEach((magnitude, c) => {
      if (!changes[c] && lows[c] < highs[c]) scale[c] = magnitude;
    });
  }
  return { mean, scale, constant: [...changes.keys()].filter((c) => !changes[c]) };
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

function checkSizes(name: string, magnitude: number, scale: number): void {
  const problem =
    magnitude > largest
      ? `holds values up to ${magnitude.toPrecision(3)}, and sums of such do not fit into float32: divide the data by 1e30`
      : scale < smallest
        ? `deviates by ${scale.toPrecision(3)} only, where float32 has lost digits (denormal numbers): multiply the data by 1e30, in float64`
        : undefined;
  if (problem !== undefined)
    throw new SaenoError("training.scale", `The dataset "${name}" ${problem}.`, { kind: "data" });
}
