import type { SparseAutoencoder } from "@saeno/core";
import { tensor1d, tidy, type Variable } from "@tensorflow/tfjs-core";

/** The bias of each concept in an encoder that has one, `[K]`. */
export function encoderBias(model: SparseAutoencoder): Variable | undefined {
  return model.parameters().find(({ role }) => role === "encoder bias")?.variable;
}

/**
 * Moves the biases of some concepts toward the mean of all others by a share of the way, in [0, 1].
 *
 * A bias falls fast while its concept is in use, and can push the whole map below zero: the energy is then 0 whatever the selection bias, and
 * no gradient brings it back.
 */
export function recallBias(bias: Variable, concepts: readonly number[], share: number): void {
  if (concepts.length === 0) return;
  const values = Float32Array.from(bias.dataSync());
  const left = new Set(concepts);
  const others = values.filter((_, k) => !left.has(k));
  const mean = others.length === 0 ? 0 : others.reduce((a, b) => a + b, 0) / others.length;
  for (const k of concepts) values[k] = mean + (1 - share) * (values[k] - mean);
  tidy(() => bias.assign(tensor1d(values)));
}
