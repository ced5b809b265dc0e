import { sizeOf } from "@saeno/backend";
import type { GridFunction } from "../pictures/plane.ts";

/** Frequencies on an axis that are shown, at most, by the number of axes. */
const mostFrequencies = [64, 24, 8];

/**
 * How strong the waves of a function are, by frequency: from the lowest, negative ones to the highest, zero in the middle; of all channels together. Nothing for
 * vectors, or more axes than a picture has.
 */
export function amplitudes({ values, grid, channels }: GridFunction): GridFunction | undefined {
  const most = mostFrequencies[grid.length - 1];
  if (most === undefined || sizeOf(grid) < 2) return undefined;
  // `[...N, C]`; each axis in turn becomes one of frequencies.
  let [re, im] = [Float64Array.from(values), new Float64Array(values.length)];
  let after = values.length;
  const shown = grid.map((points) => 2 * Math.min(most, Math.floor((points - 1) / 2)) + 1);
  for (const [axis, points] of grid.entries()) {
    after /= points;
    [re, im] = transformed(re, im, { points, after, frequencies: shown[axis] });
  }
  const power = Float32Array.from({ length: sizeOf(shown) }, (_, i) => {
    let sum = 0;
    for (let c = i * channels; c < (i + 1) * channels; c++) sum += re[c] ** 2 + im[c] ** 2;
    return Math.sqrt(sum);
  });
  return { values: power, grid: shown, channels: 1 };
}

/** The discrete Fourier transform along one axis, at some frequencies around zero. */
function transformed(
  re: Float64Array,
  im: Float64Array,
  { points, after, frequencies }: { readonly points: number; readonly after: number; readonly frequencies: number },
): [Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>] {
  const before = re.length / points / after;
  const [outRe, outIm] = [
    new Float64Array(before * frequencies * after),
    new Float64Array(before * frequencies * after),
  ];
  const angle = (-2 * Math.PI) / points;
  const [cos, sin] = [Math.cos, Math.sin].map((f) => Float64Array.from({ length: points }, (_, i) => f(angle * i)));
  for (let b = 0; b < before; b++) {
    for (let f = 0; f < frequencies; f++) {
      const frequency = f - (frequencies - 1) / 2 + points;
      for (let n = 0; n < points; n++) {
        const turn = (frequency * n) % points;
        const [c, s] = [cos[turn], sin[turn]];
        const [from, to] = [(b * points + n) * after, (b * frequencies + f) * after];
        for (let a = 0; a < after; a++) {
          outRe[to + a] += c * re[from + a] - s * im[from + a];
          outIm[to + a] += c * im[from + a] + s * re[from + a];
        }
      }
    }
  }
  return [outRe, outIm];
}
