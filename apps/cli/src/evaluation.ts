import { type Grid, SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { type Dataset, subset } from "@saeno/datasets";
import { type ErrorMetrics, type Evaluation, evaluate, type ResolutionError, resolutionSweep } from "@saeno/metrics";
import { type AtomSummary, summarizeAtoms } from "./atom-summary.ts";
import type { DataSource, Part } from "./data-source.ts";
import { lowPassError } from "./low-pass-error.ts";
import { createProgress } from "./progress.ts";

/** What `train` and `eval` report. */
export interface RunEvaluation extends Evaluation {
  readonly data: string;
  readonly split: Part;
  /** `[...N, C]` of a sample before it was flattened, if it was. */
  readonly sampleShape?: readonly number[];
  readonly resolution: readonly GridError[];
  /** Errors on rotated samples, where asked for. */
  readonly rotation?: readonly RotationError[];
  /** Of spectral concepts: the relative error of the samples without the frequencies that the model drops, which no code can undercut. */
  readonly lowPassError?: number;
  readonly atoms?: AtomSummary;
}

export interface GridError extends ResolutionError {
  readonly lowPassError?: number;
}

export interface RotationError extends Pick<ErrorMetrics, "mse" | "relativeError"> {
  readonly degrees: number;
  /** The relative rise of the mean squared error over that of samples that were not rotated: `mse / mse(0) - 1`. */
  readonly rise: number;
}

export interface EvaluationRequest {
  readonly model: SparseAutoencoder;
  readonly source: DataSource;
  readonly split: Part;
  /** Grids beside the data's own; empty for none. */
  readonly grids: readonly Grid[];
  /** Angles to rotate the samples by, in degrees; empty or absent for none. */
  readonly rotations?: readonly number[];
  /** Whether to describe the atoms. */
  readonly atoms?: boolean;
  /** At most so many samples. */
  readonly samples?: number;
  /** What to call it in the progress bar. */
  readonly label: string;
}

/** Errors and code statistics on the data's own grid, and the relative error on each of the grids asked for. */
export async function evaluateModel(request: EvaluationRequest): Promise<RunEvaluation> {
  const { model, source, grids, rotations = [], label } = request;
  const limited = (dataset: Dataset) =>
    request.samples !== undefined && request.samples < dataset.size
      ? subset(dataset, { start: 0, end: request.samples })
      : dataset;
  const own = limited(source[request.split]);
  checkGrids(model, grids);
  checkRotations(source, rotations);
  const progress = createProgress(`evaluate ${label}`, own.size * (1 + grids.length + rotations.length));
  try {
    const evaluation = await evaluate(model, own, {
      onProgress: (done) => progress.update(done, `on ${gridName(own.grid)}`),
    });
    const resolution: GridError[] = [];
    for (const [index, grid] of grids.entries()) {
      const truth = limited(await source.onGrid(request.split, grid));
      const onProgress = (done: number) => progress.update(own.size * (1 + index) + done, `on ${gridName(grid)}`);
      const floor = await lowPassError(model, truth);
      for (const error of await resolutionSweep(model, () => truth, [grid], { onProgress }))
        resolution.push({ ...error, ...(floor === undefined ? {} : { lowPassError: floor }) });
    }
    // Turned by nothing, so that the frequencies which turning drops are missing on both sides.
    const upright =
      rotations.length === 0 ? undefined : await evaluate(model, limited(source.rotated(request.split, 0)));
    const rotation: RotationError[] = [];
    for (const [index, degrees] of rotations.entries()) {
      const before = own.size * (1 + grids.length + index);
      const { mse, relativeError } = await evaluate(model, limited(source.rotated(request.split, degrees)), {
        onProgress: (done) => progress.update(before + done, `rotated by ${degrees} degrees`),
      });
      rotation.push({ degrees, mse, relativeError, rise: mse / (upright?.mse ?? evaluation.mse) - 1 });
    }
    const floor = await lowPassError(model, own);
    return {
      data: source.spec,
      split: request.split,
      sampleShape: source.sampleShape,
      ...evaluation,
      resolution,
      ...(rotations.length > 0 ? { rotation } : {}),
      ...(floor === undefined ? {} : { lowPassError: floor }),
      ...(request.atoms ? { atoms: await summarizeAtoms(model, evaluation.utilization) } : {}),
    };
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

/** Checks that samples can be turned, before any work is done. */
export function checkRotations(source: DataSource, rotations: readonly number[]): void {
  for (const degrees of rotations) source.rotated("test", degrees);
}

export function gridName(grid: Grid): string {
  return grid.length === 0 ? "vectors" : grid.join(" x ");
}

/** `28,42,64x48` as grids of the data's number of axes. */
export function parseGrids(text: string | undefined, axes: number): Grid[] {
  if (text === undefined) return [];
  return text.split(",").map((part) => {
    const sizes = part.trim().split("x").map(Number);
    const grid = sizes.length === 1 ? Array<number>(axes).fill(sizes[0]) : sizes;
    if (grid.length !== axes || grid.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new SaenoError(
        "eval.grids",
        `--grids: "${part}" is no grid of ${axes} axes; write sizes such as 28,42,56 or 28x42.`,
      );
    }
    return grid;
  });
}

/** `15,45,90` as angles in degrees. */
export function parseRotations(text: string | undefined): number[] {
  if (text === undefined) return [];
  return text.split(",").map((part) => {
    const degrees = Number(part);
    if (part.trim() !== "" && Number.isFinite(degrees)) return degrees;
    throw new SaenoError("eval.rotations", `--rotations: "${part}" is no angle; write degrees such as 15,45,90.`);
  });
}
