import { type ActivationConfig, activationFromConfig, type Codes } from "@saeno/activations";
import { tidied } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** How many concepts may be active in a sample, and of maps on what share of the domain. */
export interface Sparsity {
  readonly active: number;
  readonly density?: number;
}

/** The sparsity of an activation, where it may be chosen anew after training: of each sample the strongest are kept then. */
export function sparsityOf({ activation, encoder, dictionary }: SparseAutoencoder): Sparsity | undefined {
  // Other encoders learned with their thresholds inside.
  if (encoder.kind !== "shallow") return undefined;
  const { kind, active, k, density, budget } = activation.toConfig();
  if (kind === "topk" || kind === "batchtopk") return typeof k === "number" ? { active: k } : undefined;
  if (kind !== "map-sparsity" || typeof active !== "number") return undefined;
  if (typeof density === "number") return { active, density };
  return typeof budget === "number"
    ? { active, density: Math.min(1, (budget * dictionary.channels) / active) }
    : undefined;
}

/** Codes of another sparsity. The caller disposes of them. */
export function encodeWith(model: SparseAutoencoder, x: Tensor, { active, density }: Sparsity): Codes {
  const { dictionary } = model;
  const { domainRule = "peaks" } = model.activation.toConfig();
  const config: ActivationConfig =
    dictionary.codes === "maps"
      ? {
          kind: "map-sparsity",
          active,
          density,
          conceptRule: "topk",
          domainRule: domainRule === "threshold" ? "topk" : domainRule,
        }
      : { kind: "topk", k: active };
  const activation = activationFromConfig(config, dictionary);
  try {
    return tidied(() => model.pass(x, { activation }).codes);
  } finally {
    activation.dispose?.();
  }
}
