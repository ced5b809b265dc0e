import { allModes, analyze, frequencies, synthesize } from "@saeno/fft";
import { mul, tensor, tidy } from "@tensorflow/tfjs-core";
import { filterLarge } from "./large-spectrum.ts";

/** Where the low pass falls off, in cycles a pixel. */
const cutoff = 0.4;
/** Images of more points are transformed without the backend, whose matrices grow faster than the image. */
const large = 2 ** 20;

/**
 * Whitens an image as Olshausen and Field (1997) do: the amplitude of each frequency f (cycles a pixel) times `f exp(-(f / 0.4)^4)`, then zero
 * mean and unit variance in each channel. Values `[height, width, channels]`; the image is taken as periodic. Needs a backend in use.
 */
export function whiten(values: Float32Array, shape: readonly [number, number, number]): Float32Array {
  const [height, width, channels] = shape;
  const filter = height * width > large ? filterLarge : filterOnBackend;
  const result = filter(values, shape, amplitude);
  for (let channel = 0; channel < channels; channel++) standardize(result, channel, channels);
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
  const filtered = tidy(() => {
    const { re, im } = analyze(tensor(values, [1, ...shape]), { modes });
    const filter = tensor(gains, [rows.length, columns.length, 1]);
    return synthesize({ re: mul(re, filter), im: mul(im, filter) }, { grid: [height, width] });
  });
  const result = Float32Array.from(filtered.dataSync());
  filtered.dispose();
  return result;
}

/** The frequency 0 is gone, so the mean is zero already; a constant channel stays zero. */
function standardize(values: Float32Array, channel: number, channels: number): void {
  let squares = 0;
  for (let i = channel; i < values.length; i += channels) squares += values[i] ** 2;
  const deviation = Math.sqrt((squares * channels) / values.length);
  for (let i = channel; i < values.length; i += channels) values[i] = deviation > 0 ? values[i] / deviation : 0;
}
