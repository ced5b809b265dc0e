import { hostValues, sizeOf } from "@saeno/backend";
import { allModes, analyze, synthesize } from "@saeno/fft";
import { tensor } from "@tensorflow/tfjs-core";
import type { Dataset } from "../dataset.ts";

/** How well a number of modes can represent some data. */
export interface ModeFloor {
  /** On every axis, at most as many as it holds. */
  readonly modes: number;
  /** The relative error of the samples without all other frequencies; no model with these modes can do better. */
  readonly relativeError: number;
}

/** Samples looked at, at most. */
const mostSamples = 256;

/**
 * The floors of the error of spectral models with 1, 2, 4, .. modes, and with all that the grid holds, on samples spread evenly over a dataset.
 * Needs a backend in use.
 */
export async function modeFloors(dataset: Dataset): Promise<ModeFloor[]> {
  const { size, grid, channels } = dataset;
  const all = allModes(grid);
  const most = Math.max(...all);
  const candidates = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128].filter((modes) => modes < most);
  const batch = Math.max(1, Math.floor(2 ** 20 / (sizeOf(grid) * channels)));
  const samples = Math.min(size, mostSamples);
  const indices = Int32Array.from({ length: samples }, (_, i) => Math.floor((i * size) / samples));
  const lost = new Float64Array(candidates.length + 1);
  let squares = 0;
  for (let begin = 0; begin < samples; begin += batch) {
    const some = indices.subarray(begin, begin + batch);
    const values = await dataset.read(some);
    for (const value of values) squares += value * value;
    for (const [i, modes] of [...candidates, most].entries()) {
      const kept = hostValues(() => {
        const x = tensor(values, [some.length, ...grid, channels]);
        return synthesize(analyze(x, { modes: all.map((held) => Math.min(held, modes)) }), { grid });
      });
      for (let j = 0; j < values.length; j++) lost[i] = lost[i] + (values[j] - kept[j]) ** 2;
    }
  }
  return [...candidates, most].map((modes, i) => ({
    modes,
    relativeError: squares > 0 ? Math.sqrt(lost[i] / squares) : 0,
  }));
}
