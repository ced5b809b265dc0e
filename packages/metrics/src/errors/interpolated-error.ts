import type { Dataset } from "@saeno/datasets";
import { resample } from "@saeno/fft";
import type { Metric } from "../metric.ts";
import { errorAccumulator } from "./error-accumulator.ts";

/**
 * The relative error on another grid of reconstructions that are made on the dataset's own grid and interpolated by Fourier series: what a model that is
 * applied on one grid only reaches on a finer one. For functions; batches must come in the order of the dataset.
 *
 * @param truth the same samples on the other grid.
 */
export function interpolatedError(truth: Dataset): Metric<{ readonly interpolatedError: number }> {
  return {
    name: `interpolated to ${truth.grid.join(" x ")}`,
    start() {
      const accumulator = errorAccumulator(truth.channels);
      let begin = 0;
      return {
        async add({ size, reconstruction }) {
          const indices = Int32Array.from({ length: size }, (_, i) => begin + i);
          begin += size;
          const interpolated = resample(reconstruction, { grid: truth.grid });
          const [found, wanted] = await Promise.all([interpolated.data(), truth.read(indices)]).finally(() =>
            interpolated.dispose(),
          );
          accumulator.add(wanted, found);
        },
        result: () => ({ interpolatedError: accumulator.result().relativeError }),
      };
    },
  };
}
