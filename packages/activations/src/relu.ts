import { relu as rectify } from "@tensorflow/tfjs-core";
import { strictObject } from "valibot";
import { type Activation, type ActivationComponent, defineActivation } from "./activation.ts";

export const reluComponent: ActivationComponent = defineActivation({
  kind: "relu",
  summary: "all codes above zero",
  schema: strictObject({}),
  create: () => relu(),
});

/** `max(u, 0)` for scalar codes and for maps (specification: Activations). Keeps whatever is positive. */
export function relu(): Activation {
  return {
    kind: "relu",
    apply: (preCodes) => ({ kind: "dense", values: rectify(preCodes.dense()) }),
    rule: () => ({ kept: "positive" }),
    toConfig: () => ({ kind: "relu" }),
  };
}
