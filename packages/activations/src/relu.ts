import { relu as rectify } from "@tensorflow/tfjs-core";
import type { Activation } from "./activation.ts";

/** `max(u, 0)` for scalar codes and for maps (specification: Activations). Keeps whatever is positive. */
export function relu(): Activation {
  return {
    kind: "relu",
    apply: (preCodes) => ({ kind: "dense", values: rectify(preCodes.dense()) }),
    toConfig: () => ({ kind: "relu" }),
  };
}
