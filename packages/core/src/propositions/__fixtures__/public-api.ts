/** The same through the packages' public API, in float32. */
import { hardThreshold, toDense } from "@saeno/activations";
import { lifting } from "@saeno/lifting";
import { type Tensor, tensor, tidy, variableGrads } from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import {
  convDictionary,
  type Dictionary,
  denseDictionary,
  fourierDictionary,
  type LiftedDictionary,
  liftedDictionary,
  meanSquaredError,
  SparseAutoencoder,
  type UnrolledEncoderOptions,
  unrolledEncoder,
} from "../../index.ts";
import { deviation, type Matrix, type Reference, type Steps } from "./reference.ts";

export const inFloat64 = 1e-9;
export const inFloat32 = 1e-4;

export const allSteps: readonly Steps[] = [1, 3, 15].map((iterations) => ({
  iterations,
  stepSize: 0.15,
  threshold: 0.08,
}));

export function dictionaryOf(reference: Reference, parameter: readonly number[]): Dictionary {
  const { kind, channels, concepts, shape } = reference;
  const start = tensor([...parameter], [...shape]);
  switch (kind) {
    case "dense":
      return denseDictionary({ inputs: channels, concepts }, start);
    case "conv":
      return convDictionary({ channels, concepts, kernel: shape.slice(1, -1) }, start);
    case "fourier":
      return fourierDictionary({ channels, concepts, modes: (reference as { modes?: number[] }).modes ?? [] }, start);
    default:
      throw kind satisfies never;
  }
}

export function lift(dictionary: Dictionary, l: Matrix, p?: Matrix): LiftedDictionary {
  const matrices = { lift: tensorOf(l), ...(p === undefined ? {} : { project: tensorOf(p) }) };
  return liftedDictionary(
    dictionary,
    lifting({ channels: l.columns, lifted: l.rows, tied: p === undefined, start: "gaussian" }, matrices),
  );
}

/** Data of one sample, `[1, ...N, C]`. */
export function sample(x: readonly number[], { grid }: Reference): Tensor {
  return tensor([...x], [1, ...grid, x.length / grid.reduce((a, b) => a * b, 1)]);
}

/** Codes and reconstruction of an autoencoder with an unrolled encoder. */
export function forward(
  dictionary: Dictionary,
  x: Tensor,
  { iterations, stepSize, threshold }: Steps,
  options: Partial<UnrolledEncoderOptions> = {},
): { z: Float32Array; reconstruction: Float32Array } {
  const encoder = unrolledEncoder(dictionary, { iterations, stepSize, ...options });
  const model = new SparseAutoencoder({ dictionary, encoder, activation: hardThreshold({ threshold }) });
  const { codes, reconstruction } = model.forward(x);
  return {
    z: toDense(codes).dataSync() as Float32Array,
    reconstruction: reconstruction.dataSync() as Float32Array,
  };
}

/** Gradients of `|x - D z|^2 / 2` with codes held fixed, by the names of the parameters. */
export function gradientsOf(dictionary: Dictionary, z: Tensor, x: Tensor): Record<string, Float32Array> {
  const parameters = [{ name: "parameter", variable: dictionary.parameters[0].variable }, ...(dictionary.sharedParameters ?? [])];
  return tidy(() => {
    const { grads } = variableGrads(
      () => meanSquaredError(x, dictionary.synthesize({ kind: "dense", values: z })),
      parameters.map(({ variable }) => variable),
    );
    return Object.fromEntries(
      parameters.map(({ name, variable }) => [
        name,
        ((grads[variable.name] as Tensor | undefined)?.dataSync() as Float32Array | undefined)?.map(
          (g) => (g * x.size) / 2,
        ) ?? new Float32Array(variable.size),
      ]),
    );
  });
}

export function expectEqual(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(deviation(found, expected)).toBeLessThan(tolerance);
}

/** Clearly: by more than a hundredth of the largest entry. */
export function expectDifferent(found: ArrayLike<number>, other: ArrayLike<number>): void {
  expect(deviation(found, other)).toBeGreaterThan(0.01);
}

function tensorOf({ rows, columns, values }: Matrix): Tensor {
  return tensor([...values], [rows, columns]);
}
