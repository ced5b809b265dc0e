import { SaenoError } from "@saeno/backend";
import type { Activation, ActivationConfig } from "./activation.ts";
import { balanced } from "./balanced.ts";
import { batchTopK } from "./batch-top-k.ts";
import { hardThreshold } from "./hard-threshold.ts";
import { type JumpReluOptions, jumpRelu } from "./jump-relu.ts";
import { type MapSparsityOptions, mapSparsity } from "./map-sparsity.ts";
import { relu } from "./relu.ts";
import { softThreshold } from "./soft-threshold.ts";
import { spade } from "./spade.ts";
import { topK } from "./top-k.ts";

type Factory = (config: ActivationConfig) => Activation;

/** A config file says what it says: the factories check it. */
function options<Options>(config: ActivationConfig): Options {
  const given: unknown = config;
  return given as Options;
}

const factories = new Map<string, Factory>([
  ["relu", () => relu()],
  ["topk", (config) => topK(options(config))],
  ["batchtopk", (config) => batchTopK(options(config))],
  ["jumprelu", (config) => jumpRelu(options<JumpReluOptions>(config))],
  ["hard-threshold", (config) => hardThreshold(options(config))],
  ["soft-threshold", (config) => softThreshold(options(config))],
  ["spade", (config) => spade(options(config))],
  ["map-sparsity", (config) => mapSparsity(options<MapSparsityOptions>(config))],
]);

factories.set("balanced", (config) => {
  const { activation, conceptCount } = options<{ activation: ActivationConfig; conceptCount: number }>(config);
  return balanced(activationFromConfig(activation), { conceptCount });
});

/** Makes an activation known by name, so that config files can refer to it. A later one replaces an earlier. */
export function registerActivation(name: string, factory: Factory): void {
  factories.set(name, factory);
}

/** The names that {@link activationFromConfig} knows, sorted. */
export function registeredActivations(): string[] {
  return [...factories.keys()].sort();
}

/**
 * The activation that a config describes.
 *
 * @throws SaenoError `activation.unknown` with the names that are known.
 */
export function activationFromConfig(config: ActivationConfig): Activation {
  const { kind } = config;
  const factory = factories.get(kind);
  if (factory === undefined) {
    throw new SaenoError(
      "activation.unknown",
      `There is no activation "${kind}". Known: ${registeredActivations().join(", ")}. ` +
        `Register others with registerActivation before the model is made.`,
    );
  }
  return factory(config);
}
