import type { Codes } from "@saeno/activations";
import { detach } from "@saeno/backend";
import { meanSquaredError, type SparseAutoencoder, withoutParallel } from "@saeno/core";
import { keep, type Scalar, type Tensor, tidy, variableGrads } from "@tensorflow/tfjs-core";
import type { Optimizer, TrainedParameter } from "./optimizer.ts";

export interface TrainStepOptions {
  readonly model: SparseAutoencoder;
  /** Of `prepareTraining`, the same in every step. */
  readonly parameters: readonly TrainedParameter[];
  /** The batch, `[B, ...N, C]`. */
  readonly x: Tensor;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
}

/**
 * One step of training (SPEC 7), in place: mean squared error, gradients without their component along unit atoms, the
 * optimiser's step, atoms back to unit norm. Returns the loss and the codes of the batch before the step; the caller
 * disposes both. On backends that work in the background the step is done when the loss has been read.
 */
export function trainStep(options: TrainStepOptions): { readonly loss: Scalar; readonly codes: Codes } {
  const { model, parameters, x, optimizer, learningRate } = options;
  let codes: Codes | undefined;
  const loss = tidy(() => {
    const { value, grads } = variableGrads(
      () => {
        const forward = model.forward(x);
        codes = kept(forward.codes);
        return meanSquaredError(x, forward.reconstruction);
      },
      parameters.map(({ variable }) => variable),
    );
    const gradients = parameters.map(({ variable, atoms }) => {
      const gradient = grads[variable.name] as Tensor;
      return atoms && !optimizer.keepsUnitAtoms ? withoutParallel(gradient, variable) : gradient;
    });
    optimizer.step(parameters, gradients, learningRate);
    if (!optimizer.keepsUnitAtoms) model.dictionary.normalize();
    return value;
  });
  return { loss, codes: codes as Codes };
}

/** Codes that outlive the gradient's scope. */
function kept(codes: Codes): Codes {
  const hold = <T extends Tensor>(x: T): T => keep(detach(x));
  if (codes.kind === "dense") return { kind: "dense", values: hold(codes.values) };
  return { ...codes, concepts: hold(codes.concepts), positions: hold(codes.positions), values: hold(codes.values) };
}
