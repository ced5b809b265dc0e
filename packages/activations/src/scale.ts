/**
 * Thresholds and bandwidths have the scale of the pre-codes, which is that of the data times that of the encoder. A number is taken as it is; anything else
 * is measured on the first batch of a training (specification: Activations), and is a number from then on.
 */
import { isConstant, rangeOf, SaenoError } from "@saeno/backend";
import * as v from "valibot";
import { checkNumber } from "./checks.ts";
import type { PreCodes } from "./pre-codes.ts";

/** A number, or a multiple of the standard deviation of the pre-codes: `2sd`. */
export type Scale = number | `${number}sd`;

/**
 * The same for learned thresholds; or `auto`: a threshold that as many exceed as the usual top-k keeps; a bandwidth of a quarter of the standard deviation.
 */
export type LearnedScale = Scale | "auto";

/** What is usual where nothing else is said: concepts active in a sample, of few concepts this share. */
const [usualActive, largestShare] = [8, 0.25];
/** The share of the entries of a chosen map that is usually active. */
export const usualDensity = 0.04;
/** Wide enough to catch some pre-codes of a batch, small against them all. */
const usualBandwidth = 0.25;

const pattern = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?sd$/i;

function isMultiple(value: unknown): value is `${number}sd` {
  return typeof value === "string" && pattern.test(value) && Number.parseFloat(value) > 0;
}

const [fixed, learned] = [
  'must be a number of 0 or more, or standard deviations such as "2sd"',
  'must be a positive number, standard deviations such as "2sd", or "auto"',
];

/** Schemas of such options, with messages that complete "`name` ..". */
export const fixedScale: v.GenericSchema<Scale> = v.union(
  scales(fixed, (value) => value >= 0),
  fixed,
);
export const learnedScale: v.GenericSchema<LearnedScale> = v.union(
  [...scales(learned, (value) => value > 0), v.literal("auto")],
  learned,
);

function scales(message: string, isFine: (value: number) => boolean) {
  const numbers = v.pipe(v.number(message), v.finite(message), v.check(isFine, message));
  return [numbers, v.custom<`${number}sd`>(isMultiple, message)] as const;
}

/** What is compared with a threshold, on the first batch. */
export interface Measurement {
  /** The standard deviation. */
  readonly deviation: number;
  /** The value exceeded by as large a share as is usually active. */
  readonly usual: number;
}

/**
 * @param share of the values that is usually active.
 * @throws SaenoError `activation.measure` for values that are all the same, up to rounding.
 */
export function measurementOf(values: Float32Array, share: number): Measurement {
  const { spread, magnitude } = rangeOf(values);
  if (isConstant(spread, magnitude)) {
    throw new SaenoError(
      "activation.measure",
      "A threshold cannot be measured on the first batch: all pre-codes are the same. Is the data constant? Otherwise give the threshold and the bandwidth as numbers.",
      { kind: "data" },
    );
  }
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const deviation = Math.sqrt(squares / values.length);
  const sorted = Float32Array.from(values).sort();
  const usual = sorted[Math.max(0, values.length - 1 - Math.round(share * values.length))];
  return { deviation, usual: usual > 0 ? usual : deviation / 100 };
}

/** The share of scalar codes, or of maps, that is usually active. */
export function usualShare(conceptCount: number): number {
  return Math.min(usualActive / conceptCount, largestShare);
}

/** All pre-codes of a batch, measured. */
export function measurePreCodes({ dense, conceptCount, grid }: PreCodes): Measurement {
  const share = usualShare(conceptCount) * (grid.length === 0 ? 1 : usualDensity);
  return measurementOf(dense().dataSync<"float32">(), share);
}

/** Options of an activation that are numbers once they have been measured. */
export interface MeasuredOptions {
  /** Measures them on the pre-codes of a first batch, anew each time. Reads synchronously; call it inside a `tidy`. */
  measure(preCodes: PreCodes): void;
  /** The numbers by their names, and the `deviation` that was measured; nothing before. */
  values(): Readonly<Record<string, number>>;
  /** Restores numbers that were measured before. Learned thresholds stay as they are. */
  restore(values: Readonly<Record<string, number>>): void;
}

/** A threshold, and a bandwidth if it is learned. */
export interface DataThreshold {
  /**
   * Both as numbers; the bandwidth is 0 if there is none.
   *
   * @throws SaenoError `activation.measure` before they were measured, unless something stands in for them until then.
   */
  numbers(): { readonly threshold: number; readonly bandwidth: number };
  /** The threshold, if it is known. */
  readonly threshold: number | undefined;
  /** The same for a parameter: a measured threshold moves in units of its bandwidth, since beyond it the gradient is unknown. */
  readonly steps: { readonly entrySize?: number };
  /** What learned thresholds are made with: their number, or anything until it is measured. */
  readonly start: number;
  /** As in a config: numbers once they are known. */
  toConfig(): { readonly threshold: LearnedScale; readonly bandwidth?: LearnedScale };
  /** Absent if both were given as numbers. */
  readonly measured?: Omit<MeasuredOptions, "measure"> & { take(measurement: Measurement): void };
}

export interface DataThresholdOptions {
  readonly threshold: LearnedScale;
  /** Absent if nothing is learned. */
  readonly bandwidth?: LearnedScale;
  /** Whether a threshold of 0 is allowed. Default false. */
  readonly orZero?: boolean;
  /** What `auto` stands for until it is measured; absent if it must be measured before use. */
  readonly before?: { readonly threshold: number; readonly bandwidth: number };
}

/** @throws SaenoError `activation.threshold`, `activation.bandwidth` for values out of range. */
export function dataThreshold({ threshold, bandwidth, orZero = false, before }: DataThresholdOptions): DataThreshold {
  for (const [name, scale, open] of [
    ["threshold", threshold, !orZero],
    ["bandwidth", bandwidth, true],
  ] as const) {
    if (scale !== undefined && scale !== "auto" && !isMultiple(scale)) checkNumber(name, scale, 0, open);
  }
  const given = { threshold, ...(bandwidth === undefined ? {} : { bandwidth }) };
  const relative = Object.entries(given).filter(([, scale]) => typeof scale !== "number");
  let found: Readonly<Record<string, number>> = {};

  function known(name: "threshold" | "bandwidth", scale: LearnedScale): number | undefined {
    return typeof scale === "number" ? scale : (found[name] ?? (scale === "auto" ? before?.[name] : undefined));
  }

  function numberOf(name: "threshold" | "bandwidth", scale: LearnedScale): number {
    const value = known(name, scale);
    if (value !== undefined) return value;
    throw new SaenoError(
      "activation.measure",
      `The ${name} ${scale} is measured on the first batch of a training, and there was none yet: train the model, or give a number.`,
    );
  }

  function take({ deviation, usual }: Measurement): void {
    const auto: Readonly<Record<string, number>> = { threshold: usual, bandwidth: usualBandwidth * deviation };
    const numbers = relative.map(([name, scale]) => {
      const value = scale === "auto" ? auto[name] : Number.parseFloat(String(scale)) * deviation;
      return [name, Math.fround(value)];
    });
    found = { ...Object.fromEntries(numbers), deviation };
  }

  return {
    numbers: () => ({
      threshold: numberOf("threshold", threshold),
      bandwidth: bandwidth === undefined ? 0 : numberOf("bandwidth", bandwidth),
    }),
    get threshold() {
      return known("threshold", threshold);
    },
    get steps() {
      const entrySize =
        found.deviation === undefined || bandwidth === undefined ? undefined : known("bandwidth", bandwidth);
      return entrySize === undefined ? {} : { entrySize };
    },
    start: typeof threshold === "number" ? threshold : (before?.threshold ?? 1),
    toConfig() {
      const { deviation: _, ...numbers } = found;
      return { ...given, ...numbers };
    },
    ...(relative.length === 0
      ? {}
      : {
          measured: {
            take,
            values: () => found,
            restore(values: Readonly<Record<string, number>>) {
              found = values;
            },
          },
        }),
  };
}

/**
 * The member `measured` of an activation, if its options were not given as numbers.
 *
 * @param measure what is compared with the threshold.
 * @param onMeasured lets learned thresholds start at it.
 */
export function measuredBy(
  scale: DataThreshold,
  measure: (preCodes: PreCodes) => Measurement,
  onMeasured?: (threshold: number) => void,
): { readonly measured?: MeasuredOptions } {
  const { measured } = scale;
  if (measured === undefined) return {};
  return {
    measured: {
      ...measured,
      measure(preCodes) {
        measured.take(measure(preCodes));
        onMeasured?.(scale.numbers().threshold);
      },
    },
  };
}
