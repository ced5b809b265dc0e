import { type Grid, SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { type DataPart, type Dataset, datasetOn, type OpenedData, rotateFunctions, subset } from "@saeno/datasets";
import { type ErrorMetrics, type Evaluation, evaluate, type ResolutionError, resolutionSweep } from "@saeno/metrics";
import type { Measures } from "../configuration/run-config.ts";
import { gridName, gridOf } from "../data/grids.ts";
import { type Reporter, silent } from "../reporter.ts";
import { type AtomSummary, summarizeAtoms } from "./atom-summary.ts";
import { lowPassError } from "./low-pass-error.ts";

/** What `train` and `eval` report. */
export interface RunEvaluation extends Evaluation {
  readonly data: string;
  readonly split: DataPart;
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
  readonly source: OpenedData;
  readonly split: DataPart;
  /** What is measured beside errors on the data's own grid. */
  readonly measures?: Partial<Measures>;
  /** At most so many samples. */
  readonly samples?: number;
  /** What to call it in the progress bar. */
  readonly label: string;
  readonly reporter?: Reporter;
}

/** Errors and code statistics on the data's own grid, and the relative error on each of the grids asked for. */
export async function evaluateModel(request: EvaluationRequest): Promise<RunEvaluation> {
  const { model, source, label, reporter = silent } = request;
  const limited = (dataset: Dataset) =>
    request.samples !== undefined && request.samples < dataset.size
      ? subset(dataset, { start: 0, end: request.samples })
      : dataset;
  const rotated = (degrees: number) => limited(rotateFunctions(source[request.split], degrees, source.sampleShape));
  const own = limited(source[request.split]);
  const { grids, rotations, atoms } = checkMeasures(model, source, request.measures);
  const progress = reporter.progress(`evaluate ${label}`, own.size * (1 + grids.length + rotations.length));
  try {
    const evaluation = await evaluate(model, own, {
      onProgress: (done) => progress.update(done, `on ${gridName(own.grid)}`),
    });
    const resolution: GridError[] = [];
    for (const [index, grid] of grids.entries()) {
      const truth = limited(await datasetOn(source[request.split], grid));
      const onProgress = (done: number) => progress.update(own.size * (1 + index) + done, `on ${gridName(grid)}`);
      const floor = await lowPassError(model, truth);
      for (const error of await resolutionSweep(model, () => truth, [grid], { onProgress }))
        resolution.push({ ...error, ...(floor === undefined ? {} : { lowPassError: floor }) });
    }
    // Turned by nothing, so that the frequencies which turning drops are missing on both sides.
    const upright = rotations.length === 0 ? undefined : await evaluate(model, rotated(0));
    const rotation: RotationError[] = [];
    for (const [index, degrees] of rotations.entries()) {
      const before = own.size * (1 + grids.length + index);
      const { mse, relativeError } = await evaluate(model, rotated(degrees), {
        onProgress: (done) => progress.update(before + done, `rotated by ${degrees} degrees`),
      });
      rotation.push({ degrees, mse, relativeError, rise: mse / (upright?.mse ?? evaluation.mse) - 1 });
    }
    const floor = await lowPassError(model, own);
    return {
      data: source.name,
      split: request.split,
      sampleShape: source.sampleShape,
      ...evaluation,
      resolution,
      ...(rotations.length > 0 ? { rotation } : {}),
      ...(floor === undefined ? {} : { lowPassError: floor }),
      ...(atoms ? { atoms: await summarizeAtoms(model, evaluation.utilization) } : {}),
    };
  } finally {
    progress.stop();
  }
}

/** Checks that a model can be measured so, before any work is done. */
export function checkMeasures(
  model: SparseAutoencoder,
  source: OpenedData,
  { grids = [], rotations = [], atoms = false }: Partial<Measures> = {},
): { readonly grids: readonly Grid[]; readonly rotations: readonly number[]; readonly atoms: boolean } {
  if (model.dictionary.kind === "dense" && grids.length > 0) {
    throw new SaenoError(
      "eval.grids",
      "An MLP takes samples of one length: it has no error on other grids. Leave --grids out.",
    );
  }
  const resolved = grids.map((given) => gridOf("--grids", given, source.test.grid.length));
  for (const grid of resolved) model.dictionary.checkGrid(grid);
  for (const degrees of rotations) rotateFunctions(source.test, degrees, source.sampleShape);
  return { grids: resolved, rotations, atoms };
}
