import { isConstant, SaenoError } from "@saeno/backend";
import type { Numbers } from "./numbers.ts";

/** What is known of numbers that were looked at, by channel. */
export interface ArrayStatistics {
  /** `[..., C]`, in the precision of the file. */
  add(numbers: Numbers): void;
  readonly range: readonly [low: number, high: number];
  readonly mean: number;
  readonly deviation: number;
  /** How many were NaN, and how many infinite. */
  readonly nan: number;
  readonly infinite: number;
  /** Channels that never change, up to rounding in float32, with what they are. */
  constantChannels(): { readonly channel: number; readonly value: number }[];
  /** @throws SaenoError `data.range` where all values are too small for float32, `data.precision` where it cannot hold how they vary. */
  checkPrecision(name: string): void;
}

/** The smallest float32 of full precision. */
const smallest = 2 ** -126;
/** Rounding to float32 may take this share of the standard deviation, at most. */
const mostRounding = 1e-3;

/** Statistics of any amount of numbers in float64, in one pass (Chan, Golub and LeVeque 1983). What is not finite is passed over. */
export function arrayStatistics(channels: number): ArrayStatistics {
  const low = new Float64Array(channels).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(channels).fill(Number.NEGATIVE_INFINITY);
  let [count, mean, squares, rounding, nan, infinite] = [0, 0, 0, 0, 0, 0];
  return {
    add(numbers) {
      let [own, sum, lost] = [0, 0, 0];
      const { length } = numbers;
      for (let i = 0, channel = 0; i < length; i++, channel = channel + 1 === channels ? 0 : channel + 1) {
        const value = numbers[i];
        if (!Number.isFinite(value)) {
          if (Number.isNaN(value)) nan++;
          else infinite++;
          continue;
        }
        own++;
        sum += value;
        const rounded = value - Math.fround(value);
        lost += rounded * rounded;
        if (value < low[channel]) low[channel] = value;
        if (value > high[channel]) high[channel] = value;
      }
      if (own === 0) return;
      const ownMean = sum / own;
      let ownSquares = 0;
      for (let i = 0; i < length; i++) {
        const distance = numbers[i] - ownMean;
        if (Number.isFinite(distance)) ownSquares += distance * distance;
      }
      const [shift, total] = [ownMean - mean, count + own];
      mean += (shift * own) / total;
      squares += ownSquares + (shift ** 2 * count * own) / total;
      count = total;
      rounding += lost;
    },
    get range() {
      return [low.reduce((a, b) => Math.min(a, b)), high.reduce((a, b) => Math.max(a, b))] as const;
    },
    get mean() {
      return mean;
    },
    get deviation() {
      return Math.sqrt(squares / count);
    },
    get nan() {
      return nan;
    },
    get infinite() {
      return infinite;
    },
    constantChannels: () =>
      Array.from(low, (value, channel) => ({ channel, value })).filter(({ channel, value }) => {
        const largest = Math.max(Math.abs(value), Math.abs(high[channel]));
        return high[channel] >= value && isConstant(high[channel] - value, largest);
      }),
    checkPrecision(name) {
      const largest = [...low, ...high].reduce(
        (most, value) => Math.max(most, Number.isFinite(value) ? Math.abs(value) : 0),
        0,
      );
      if (largest > 0 && largest < smallest) {
        throw new SaenoError(
          "data.range",
          `${name} holds nothing larger than ${short(largest)}, which float32 rounds to zero or nearly so (it has ${short(smallest)} and up). Scale the data first.`,
          { kind: "data" },
        );
      }
      // Beyond float32 it is another error, of the sample that holds it.
      if (!(rounding > 0) || !(rounding > mostRounding ** 2 * squares) || !Number.isFinite(rounding)) return;
      const deviation = Math.sqrt(squares / count);
      throw new SaenoError(
        "data.precision",
        `${name} varies by ${short(deviation)} (standard deviation) around ${short(mean)}, and float32, which models compute in, has no more than seven digits: rounding would change it by ${short(Math.sqrt(rounding / count))}. Subtract an offset and scale it first.`,
        { kind: "data" },
      );
    },
  };
}

/** A number as people read it: three digits. */
export function short(value: number): string {
  const size = Math.abs(value);
  return size >= 1e6 || (size > 0 && size < 1e-3)
    ? value.toExponential(2).replace(/\.?0+e/, "e")
    : String(Number(value.toPrecision(3)));
}

/** A count as people read it: 1,310,720. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
