import type { Codes } from "@saeno/activations";
import { detach } from "@saeno/backend";
import { type Loss, meanSquaredError, type SparseAutoencoder, withoutParallel } from "@saeno/core";
import { add, keep, type Scalar, type Tensor, tidy, variableGrads, zerosLike } from "@tensorflow/tfjs-core";
import type { Optimizer, TrainedParameter } from "./optimizers/optimizer.ts";

export interface TrainStepOptions {
  readonly model: SparseAutoencoder;
  /** From `prepareTraining`, the same in every step. */
  readonly parameters: readonly TrainedParameter[];
  /** The batch, `[B, ...N, C]`. */
  readonly x: Tensor;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  /** The measure of the reconstruction. Default the mean squared error. */
  readonly loss?: Loss;
  /** Added to it. */
  readonly penalties?: readonly Loss[];
}

export interface TrainStepResult {
  /** The loss of the reconstruction, without penalties. */
  readonly loss: Scalar;
  readonly codes: Codes;
}

/** The mean squared error (specification: Training), of normalized values if the model normalizes. */
export const reconstructionLoss: Loss = ({ input, output }) => meanSquaredError(input, output);

/**
 * One step of training (specification: Training), in place: the loss, gradients without their component along unit atoms, the
 * optimizer's step, atoms back to unit norm. Returns the loss and the codes of the batch before the step; the caller
 * disposes of both. On backends that work in the background the step is done when the loss has been read.
 */
export function trainStep(options: TrainStepOptions): TrainStepResult {
  const { model, parameters, x, optimizer, learningRate, loss: judged = reconstructionLoss, penalties = [] } = options;
  let codes: Codes | undefined;
  let own: Scalar | undefined;
  const loss = tidy(() => {
    const { value, grads } = variableGrads(
      () => {
        const pass = model.pass(x, { training: true });
        codes = kept(pass.codes);
        const reconstruction = judged(pass, model);
        if (penalties.length === 0) return reconstruction;
        own = keep(detach(reconstruction));
        return penalties.reduce<Scalar>((total, penalty) => add(total, penalty(pass, model)), reconstruction);
      },
      parameters.map(({ variable }) => variable),
    );
    const gradients = parameters.map(({ variable, constraint }) => {
      // What a loss does not depend on has no gradient.
      const gradient = grads[variable.name] ?? zerosLike(variable);
      return constraint === "unit rows" && !optimizer.keepsUnitAtoms ? withoutParallel(gradient, variable) : gradient;
    });
    optimizer.step(parameters, gradients, learningRate);
    if (needsNormalizing(parameters, optimizer)) model.dictionary.normalize();
    return own ?? value;
  });
  return { loss, codes: codes as Codes };
}

/** Whether atoms leave unit norm by a step: an optimizer keeps the rows that are atoms, if any, and nothing else. */
function needsNormalizing(parameters: readonly TrainedParameter[], { keepsUnitAtoms = false }: Optimizer): boolean {
  return parameters.some(
    ({ constraint }) => constraint === "unit atoms" || (constraint === "unit rows" && !keepsUnitAtoms),
  );
}

/** Codes that outlive the gradient's scope. */
function kept(codes: Codes): Codes {
  const hold = <T extends Tensor>(x: T): T => keep(detach(x));
  if (codes.kind === "dense") return { kind: "dense", values: hold(codes.values) };
  return { ...codes, concepts: hold(codes.concepts), positions: hold(codes.positions), values: hold(codes.values) };
}
