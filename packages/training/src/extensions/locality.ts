import { detach, nonNegativeNumber, option, SaenoError } from "@saeno/backend";
import { type Loss, meanSquaredError } from "@saeno/core";
import { mul, type Scalar, sum, tensor1d } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { createExtension, defineExtension, type Extension } from "../extension.ts";
import { stateNumber } from "../training-state.ts";

/** What concepts that compete are trained with unless told otherwise (docs/concepts.md). */
const usualWeight = 0.012;

/** Steps that use is a running mean of. */
const memory = 50;

export const localityComponent = defineExtension({
  kind: "locality",
  summary: "a penalty on concepts that spread over the domain",
  schema: v.strictObject({
    weight: v.optional(
      option(
        nonNegativeNumber,
        "keep concepts in one place: penalty on how far each spreads from its origin, relative to the squared error; 0 for off",
        { flag: "locality", default: "0.012 where concepts compete" },
      ),
      usualWeight,
    ),
  }),
  isOff: ({ weight }) => weight === 0,
  isUsual: ({ activation, dictionary }) => dictionary.locality !== undefined && activation.competitive === true,
  create({ weight }): Extension {
    let [use, steps] = [new Float64Array(), 0];
    return {
      name: "locality",
      prepare({ model: { dictionary } }) {
        if (dictionary.locality === undefined) {
          throw new SaenoError(
            "training.options",
            `locality keeps concepts around their origin, and those of a dictionary of the kind "${dictionary.kind}" have none: leave it out, or use a dictionary of the kind fourier or conv.`,
          );
        }
        [use, steps] = [new Float64Array(dictionary.conceptCount), 0];
      },
      penalties() {
        const usual = use.reduce((total, share) => total + share, 0) / use.length;
        return usual > 0
          ? [
              localityLoss(
                weight,
                use.map((share) => share / usual),
              ),
            ]
          : [];
      },
      afterStep({ usage: { loads }, batchSize }) {
        steps++;
        const part = 1 / Math.min(steps, memory);
        use = use.map((share, k) => share + part * (loads[k] / batchSize - share));
      },
      state: () => ({ tensors: {}, values: { steps, use: [...use] } }),
      restore(state) {
        const found = state.values.use;
        if (!Array.isArray(found) || found.length !== use.length) {
          throw new SaenoError(
            "training.state",
            `This training state has no use of ${use.length} concepts for locality: it is that of another training.`,
            { kind: "data" },
          );
        }
        [use, steps] = [Float64Array.from(found), stateNumber(state, "steps")];
      },
    };
  },
});

/**
 * Adds a term to the loss that keeps atoms around their origin (specification: Training, locality): `weight mean((x - x_hat)^2) sum_k u_k E_k`, with the
 * error held fixed, `E_k` how far an atom spreads, and `u_k` how much it is used compared with the mean concept, so that unused atoms are left alone. It
 * fixes the shift that a map and its atom can exchange.
 */
export const locality = (weight: number): Extension => createExtension(localityComponent, { weight });

/**
 * In units of the squared error the weight means the same for data of every scale, and presses little where data are explained well: it says by which share
 * the error may rise.
 */
function localityLoss(weight: number, weights: Float64Array): Loss {
  return ({ input, output }, { dictionary }) => {
    const energies = dictionary.locality?.(input.shape.slice(1, -1));
    const spread = energies === undefined ? 0 : sum(mul(energies, tensor1d(Float32Array.from(weights))));
    return mul(mul(meanSquaredError(detach(input), detach(output)), weight), spread) as Scalar;
  };
}
