import { SaenoError } from "@saeno/backend";
import type { Activation, ActivationConfig } from "./activation.ts";
import { type MapSparsityOptions, mapSparsity } from "./map-sparsity.ts";
import { relu } from "./relu.ts";
import { topK } from "./top-k.ts";

type Factory = (config: ActivationConfig) => Activation;
const factories = new Map<string, Factory>([
  ["relu", () => relu()],
  ["topk", (config) => topK({ k: Number(config.k) })],
  ["map-sparsity", (config) => mapSparsity(config as unknown as MapSparsityOptions)],
]);

/** Makes an activation known by name, so that config files can refer to it. A later one replaces an earlier. */
export function registerActivation(name: string, factory: Factory): void {
  factories.set(name, factory);
}

/**
 * The activation that a config describes.
 *
 * @throws SaenoError `activation.unknown` with the names that are known.
 */
export function activationFromConfig(config: ActivationConfig): Activation {
  const factory = factories.get(config.name);
  if (factory === undefined) {
    throw new SaenoError(
      "activation.unknown",
      `There is no activation "${config.name}". Known: ${[...factories.keys()].sort().join(", ")}. ` +
        `Register others with registerActivation before the model is made.`,
    );
  }
  return factory(config);
}
