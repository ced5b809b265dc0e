import { hostValues, isConstant, rangeOf } from "@saeno/backend";
import { allModes, analyze, frequencies, synthesize } from "@saeno/fft";
import { mul, tensor } from "@tensorflow/tfjs-core";
import { filterLarge } from "./large-spectrum.ts";

/** Where the low pass falls off, in cycles a pixel. */
const cutoff = 0.4;
/** Images of more points are transformed without the backend, whose matrices grow faster than the image. */
const large = 2 ** 20;

/** Below this share of its magnitude, the signal of a channel would drown in the rounding of the transform, and is taken out of it before. */
const smallSignal = 0.01;
/** Sizes within which sums and products of the transform stay well inside of float32. */
const [smallest, largest] = [1e-18, 1e18];

/**
 * Whitens an image as Olshausen and Field (1997) do: the amplitude of each frequency f (cycles a pixel) times `f exp(-(f / 0.4)^4)`, then zero
 * mean and unit variance in each channel. Values `[height, width, channels]`; the image is taken as periodic. Needs a backend in use.
 *
 * A channel that is constant up to rounding (`constantChannels`) becomes exactly zero, whatever its value and the backend; so does one of which the filter
 * leaves nothing but rounding.
 */
export function whiten(values: Float32Array, shape: readonly [number, number, number]): Float32Array {
  const [height, width, channels] = shape;
  const prepared = Float32Array.from(values);
  for (let channel = 0; channel < channels; channel++) prepare(prepared, channel, channels);
  const filter = height * width > large ? filterLarge : filterOnBackend;
  const result = filter(prepared, shape, amplitude);
  for (let channel = 0; channel < channels; channel++) {
    standardize(result, channel, channels, rangeOf(prepared, channel, channels).magnitude);
  }
  return result;
}

function amplitude(row: number, column: number): number {
  const f = Math.hypot(row, column);
  return f * Math.exp(-((f / cutoff) ** 4));
}

/** Multiplies the amplitude of each frequency, in cycles a pixel, with a gain. */
function filterOnBackend(
  values: Float32Array,
  shape: readonly [number, number, number],
  gain: (row: number, column: number) => number,
): Float32Array {
  const [height, width] = shape;
  const modes = allModes([height, width]);
  const [rows, columns] = [frequencies(modes, 0), frequencies(modes, 1)];
  const gains = Float32Array.from({ length: rows.length * columns.length }, (_, i) =>
    gain(rows[Math.floor(i / columns.length)] / height, columns[i % columns.length] / width),
  );
  return hostValues(() => {
    const { re, im } = analyze(tensor(values, [1, ...shape]), { modes });
    const filter = tensor(gains, [rows.length, columns.length, 1]);
    return synthesize({ re: mul(re, filter), im: mul(im, filter) }, { grid: [height, width] });
  });
}

/** The channels of samples `[..., channels]` whose values are all the same, up to rounding in float32: whitened, they are zero. */
export function constantChannels(values: ArrayLike<number>, channels: number): number[] {
  return Array.from({ length: channels }, (_, channel) => channel).filter((channel) => {
    const { spread, magnitude } = rangeOf(values, channel, channels);
    return isConstant(spread, magnitude);
  });
}

/** A channel as the transform can take it without loss. Whitening ignores its mean and its scale, so that only those out of the ordinary need it. */
function prepare(values: Float32Array, channel: number, channels: number): void {
  const { spread, magnitude } = rangeOf(values, channel, channels);
  if (isConstant(spread, magnitude)) {
    for (let i = channel; i < values.length; i += channels) values[i] = 0;
    return;
  }
  const count = values.length / channels;
  let sum = 0;
  for (let i = channel; i < values.length; i += channels) sum += values[i];
  const mean = sum / count;
  let squares = 0;
  for (let i = channel; i < values.length; i += channels) squares += (values[i] - mean) ** 2;
  const deviation = Math.sqrt(squares / count);
  if (deviation >= smallSignal * magnitude && deviation > smallest && magnitude < largest) return;
  for (let i = channel; i < values.length; i += channels) values[i] = (values[i] - mean) / deviation;
}

/** The frequency 0 is gone, so the mean is zero already. */
function standardize(values: Float32Array, channel: number, channels: number, magnitude: number): void {
  let squares = 0;
  for (let i = channel; i < values.length; i += channels) squares += values[i] ** 2;
  const deviation = Math.sqrt((squares * channels) / values.length);
  const isNoise = isConstant(deviation, magnitude);
  for (let i = channel; i < values.length; i += channels) values[i] = isNoise ? 0 : values[i] / deviation;
}
