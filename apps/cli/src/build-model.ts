import { SaenoError } from "@saeno/backend";
import { type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import { allModes } from "@saeno/fft";
import type { RunConfig } from "./run-config.ts";

/** The model that a run's settings describe, for samples as the dataset has them. The number of axes is the data's. */
export function buildModel(config: RunConfig, dataset: Dataset): SparseAutoencoder {
  const { concepts, active, tied, seed } = config;
  const axes = dataset.grid.length;
  const shared = {
    channels: dataset.channels,
    concepts,
    active,
    tied,
    seed,
    energy: config.energy,
    energyGrid: config.energyGrid,
    domain: config.count === undefined ? { density: config.density ?? 0.04 } : { count: config.count },
  };
  switch (config.model) {
    case "fno": {
      // By default as many modes as the grid holds, at most 14 on an axis.
      const modes = perAxis("modes", config.modes, axes) ?? allModes(dataset.grid).map((m) => Math.min(m, 14));
      return saeFno({ ...shared, modes, start: config.start });
    }
    case "cnn":
      return saeCnn({
        ...shared,
        kernel: perAxis("kernel", config.kernel, axes) ?? Array(axes).fill(7),
        padding: config.padding,
      });
    case "mlp":
      return saeMlp({ inputs: dataset.channels, concepts, active, tied, seed });
    default:
      throw config.model satisfies never;
  }
}

/** One number for all axes, or one for each. */
export function perAxis(name: string, values: readonly number[] | undefined, axes: number): number[] | undefined {
  if (values === undefined) return undefined;
  if (values.length === 1) return Array(axes).fill(values[0]);
  if (values.length === axes) return [...values];
  throw new SaenoError(
    "config.value",
    `--${name} ${values.join("x")}: give one number, or one for each of the ${axes} axes of the data.`,
  );
}
