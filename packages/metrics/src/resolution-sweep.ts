import { type Grid, SaenoError } from "@saeno/backend";
import type { Dataset } from "@saeno/datasets";
import { errors } from "./errors/error-accumulator.ts";
import { type EvaluateOptions, evaluate } from "./evaluate.ts";
import type { EvaluatedModel } from "./metric.ts";

export interface ResolutionError {
  readonly grid: Grid;
  readonly relativeError: number;
  readonly mse: number;
}

/**
 * The error of one model on each of several grids, against the truth sampled on that grid (specification: Metrics).
 *
 * @param truth the samples on a grid: analytic ones, or a Fourier interpolation (`resampleDataset` of @saeno/datasets).
 * @param options.onProgress counts samples over all grids.
 * @throws SaenoError `sweep.grids` when there are none, `sweep.truth` if the truth is on another grid than asked for or has another number of samples, and
 *   as `evaluate`.
 */
export async function resolutionSweep(
  model: EvaluatedModel,
  truth: (grid: Grid) => Dataset | Promise<Dataset>,
  grids: readonly Grid[],
  options: Omit<EvaluateOptions, "metrics"> = {},
): Promise<ResolutionError[]> {
  if (grids.length === 0) throw new SaenoError("sweep.grids", "A resolution sweep needs at least one grid.");
  const found: ResolutionError[] = [];
  let samples: number | undefined;
  for (const [index, grid] of grids.entries()) {
    const dataset = await truth(grid);
    samples ??= dataset.size;
    if (dataset.grid.join() !== grid.join() || dataset.size !== samples) {
      throw new SaenoError(
        "sweep.truth",
        `The truth on ${grid.join(" x ")} must be ${samples} samples on that grid; got ${dataset.size} on [${dataset.grid.join(", ")}].`,
      );
    }
    const onProgress = (done: number, total: number) =>
      options.onProgress?.(index * total + done, grids.length * total);
    const { relativeError, mse } = await evaluate(model, dataset, { ...options, metrics: [errors()], onProgress });
    found.push({ grid, relativeError, mse });
  }
  return found;
}
