import { findComponent, parseOptions } from "@saeno/backend";
import * as v from "valibot";
import {
  type Activation,
  type ActivationComponent,
  type ActivationConfig,
  type ActivationContext,
  defineActivation,
} from "./activation.ts";
import { balanced } from "./balanced.ts";
import { batchTopKComponent } from "./batch-top-k.ts";
import { hardThresholdComponent } from "./hard-threshold.ts";
import { jumpReluComponent } from "./jump-relu.ts";
import { mapSparsityComponent } from "./map-sparsity.ts";
import { reluComponent } from "./relu.ts";
import { softThresholdComponent } from "./soft-threshold.ts";
import { spadeComponent } from "./spade.ts";
import { topKComponent } from "./top-k.ts";

const balancedComponent: ActivationComponent = defineActivation({
  kind: "balanced",
  summary: "another activation, its choice biased toward concepts that are hardly used",
  schema: v.strictObject({ activation: v.looseObject({ kind: v.string("must be text") }, "must be an activation") }),
  create: ({ activation }, context) => balanced(activationFromConfig(activation, context), context),
});

/** Those of this package. */
export const activationComponents: readonly ActivationComponent[] = [
  topKComponent,
  batchTopKComponent,
  reluComponent,
  jumpReluComponent,
  hardThresholdComponent,
  softThresholdComponent,
  spadeComponent,
  mapSparsityComponent,
  balancedComponent,
];

/** @throws SaenoError `component.unknown` with the kinds that are known. */
export function findActivation(kind: string): ActivationComponent {
  return findComponent("activation", kind, activationComponents);
}

/**
 * The activation that a config describes, defaults filled in.
 *
 * @throws SaenoError `component.unknown` with the kinds that are known, `config.value` for an option that is wrong.
 */
export function activationFromConfig({ kind, ...options }: ActivationConfig, context: ActivationContext): Activation {
  const component = findActivation(kind);
  return component.create(parseOptions(component, options, "activation"), context);
}
