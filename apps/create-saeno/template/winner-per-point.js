/** An activation of one's own. Once registered, configurations and the command line know it by its kind. */
import { defineActivation } from "@saeno/activations";
import { detach, register } from "@saeno/backend";
import { max, mul, relu, step, sub } from "@tensorflow/tfjs-core";
import { strictObject } from "valibot";

register(
  defineActivation({
    kind: "winner-per-point",
    summary: "the strongest concept at every point",
    schema: strictObject({}),
    create: () => winnerPerPoint(),
  }),
);

/** At every grid point only the strongest concept is active: a soft segmentation of the domain. For scalar codes, one concept a sample. */
export function winnerPerPoint() {
  return {
    kind: "winner-per-point",
    apply(preCodes) {
      const u = relu(preCodes.dense());
      const strongest = max(detach(u), -1, true);
      // 1 where u is the strongest, else 0; selection has no gradient.
      const wins = sub(1, step(sub(strongest, detach(u))));
      return { kind: "dense", values: mul(u, wins) };
    },
    toConfig: () => ({ kind: "winner-per-point" }),
  };
}
