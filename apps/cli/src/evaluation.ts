import { type Grid, SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { type Dataset, subset } from "@saeno/datasets";
import { type Evaluation, evaluate, type ResolutionError, resolutionSweep } from "@saeno/metrics";
import type { DataSource, Part } from "./data-source.ts";
import { createProgress } from "./progress.ts";

/** What `train` and `eval` report. */
export interface RunEvaluation extends Evaluation {
  readonly data: string;
  readonly split: Part;
  readonly resolution: readonly ResolutionError[];
}

export interface EvaluationRequest {
  readonly model: SparseAutoencoder;
  readonly source: DataSource;
  readonly split: Part;
  /** Grids beside the data's own; empty for none. */
  readonly grids: readonly Grid[];
  /** At most so many samples. */
  readonly samples?: number;
  /** What to call it in the progress bar. */
  readonly label: string;
}

/** Errors and code statistics on the data's own grid, and the relative error on each of the grids asked for. */
export async function evaluateModel(request: EvaluationRequest): Promise<RunEvaluation> {
  const { model, source, grids, label } = request;
  const limited = (dataset: Dataset) =>
    request.samples !== undefined && request.samples < dataset.size
      ? subset(dataset, { start: 0, end: request.samples })
      : dataset;
  const own = limited(source[request.split]);
  checkGrids(model, grids);
  const progress = createProgress(`evaluate ${label}`, own.size * (1 + grids.length));
  try {
    const evaluation = await evaluate(model, own, {
      onProgress: (done) => progress.update(done, `on ${gridName(own.grid)}`),
    });
    const resolution: ResolutionError[] = [];
    for (const [index, grid] of grids.entries()) {
      const truth = async () => limited(await source.onGrid(request.split, grid));
      const onProgress = (done: number) => progress.update(own.size * (1 + index) + done, `on ${gridName(grid)}`);
      resolution.push(...(await resolutionSweep(model, truth, [grid], { onProgress })));
    }
    return { data: source.spec, split: request.split, ...evaluation, resolution };
  } finally {
    progress.stop();
  }
}

/** Checks that a model can be evaluated on grids, before any work is done. */
export function checkGrids(model: SparseAutoencoder, grids: readonly Grid[]): void {
  if (model.dictionary.kind === "dense" && grids.length > 0) {
    throw new SaenoError(
      "eval.grids",
      "An MLP takes samples of one length: it has no error on other grids. Leave --grids out.",
    );
  }
  for (const grid of grids) model.dictionary.checkGrid(grid);
}

export function gridName(grid: Grid): string {
  return grid.length === 0 ? "vectors" : grid.join(" x ");
}

/** `28,42,64x48` as grids of the data's number of axes. */
export function parseGrids(text: string | undefined, axes: number): Grid[] {
  if (text === undefined) return [];
  return text.split(",").map((part) => {
    const sizes = part.trim().split("x").map(Number);
    const grid = sizes.length === 1 ? Array<number>(axes).fill(sizes[0] as number) : sizes;
    if (grid.length !== axes || grid.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new SaenoError(
        "eval.grids",
        `--grids: "${part}" is no grid of ${axes} axes; write sizes such as 28,42,56 or 28x42.`,
      );
    }
    return grid;
  });
}
