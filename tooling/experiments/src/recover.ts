import { disposeCodes, hardThreshold } from "@saeno/activations";
import { createRandom } from "@saeno/backend";
import { liftedDictionary, meanSquaredError, SparseAutoencoder, unitRows, unrolledEncoder } from "@saeno/core";
import { type LiftingOptions, lifting } from "@saeno/lifting";
import { recoveryError } from "@saeno/metrics";
import { sgd, trainStep } from "@saeno/training";
import { mul, type Scalar, tensor, tidy } from "@tensorflow/tfjs-core";
import type { RecoveryProblem } from "./recovery-problems.ts";

export interface RecoveryModel {
  readonly name: string;
  /** Times the problem's learning rate. Default 1. */
  readonly rate?: number;
  /** Tied, orthogonal and frozen, or untied and learned; default none. */
  readonly lifting?: Pick<LiftingOptions, "tied" | "learned">;
}

/** Recovery error after so many steps, `sqrt(1 - cos^2)`, mean over matched concepts (SPEC 8). */
export interface RecoveryPoint {
  readonly step: number;
  readonly error: number;
}

const iterations = 15;

/**
 * Plain gradient descent on half the squared error of a sample, backpropagated through an unrolled encoder with a hard threshold,
 * atoms free: the setting of SPEC 10, 2a.
 *
 * @param checks the steps before which the error is measured.
 */
export async function recover(
  problem: RecoveryProblem,
  { rate = 1, lifting: how }: RecoveryModel,
  checks: readonly number[],
  onStep?: (step: number) => void,
): Promise<RecoveryPoint[]> {
  const { dataset, truth, stepSize, threshold, batch, steps } = problem;
  const channels = problem.start.shape.at(-1) as number;
  const matrices =
    how === undefined ? undefined : lifting({ channels, lifted: problem.lifted, ...how }, createRandom(3));
  const dictionary =
    matrices === undefined
      ? problem.dictionary(problem.start)
      : liftedDictionary(problem.dictionary(unitRows(matrices.lift(problem.start))), matrices);
  const encoder = unrolledEncoder(dictionary, { iterations, stepSize });
  const model = new SparseAutoencoder({ dictionary, encoder, activation: hardThreshold({ threshold }) });
  const parameters = model
    .parameters()
    .filter(({ name, frozen }) => frozen !== true && name !== "decoder.bias")
    .map((parameter) => ({ ...parameter, atoms: false, entrySize: 1 }));
  const optimizer = sgd();
  const shape = [batch, ...dataset.grid, dataset.channels];
  const sampleSize = shape.slice(1).reduce((a, b) => a * b, 1);
  const points: RecoveryPoint[] = [];
  for (let step = 0; step <= steps; step++) {
    if (checks.includes(step)) {
      points.push({ step, error: tidy(() => recoveryError(truth, problem.atomsOf(dictionary)).mean) });
    }
    if (step === steps) break;
    const x = tensor(dataset.read(Int32Array.from({ length: batch }, (_, i) => step * batch + i)), shape);
    const { loss, codes } = trainStep({
      model,
      parameters,
      x,
      optimizer,
      learningRate: rate * problem.learningRate,
      loss: ({ input, output }) => mul(meanSquaredError(input, output), sampleSize / 2) as Scalar,
    });
    await loss.data();
    loss.dispose();
    disposeCodes(codes);
    x.dispose();
    onStep?.(step + 1);
  }
  optimizer.dispose();
  model.dispose();
  return points;
}
