import type { Modes } from "@saeno/backend";
import { analyze, synthesize } from "@saeno/fft";
import { tidy } from "@tensorflow/tfjs-core";
import type { Metric } from "../metric.ts";
import { errorAccumulator } from "./error-accumulator.ts";

/**
 * The relative error of samples without the frequencies that a dictionary has no atoms for: the floor of its error, which no code can
 * undercut. Nothing for dictionaries without a band limit.
 *
 * @param only the frequencies that are left, if they are fewer than the dictionary has, as on a coarser grid.
 */
export function lowPassFloor(only?: Modes): Metric<{ readonly lowPassError?: number }> {
  return {
    name: "low-pass floor",
    start({ dictionary }, { grid, channels }) {
      const modes = only ?? dictionary.bandLimit?.(grid);
      if (modes === undefined) return undefined;
      const accumulator = errorAccumulator(channels);
      return {
        async add({ x, values }) {
          const kept = tidy(() => synthesize(analyze(x, { modes }), { grid }));
          accumulator.add(values, await kept.data());
          kept.dispose();
        },
        result: () => ({ lowPassError: accumulator.result().relativeError }),
      };
    },
  };
}
