import { type Activation, isBalanced } from "@saeno/activations";
import { nonNegativeNumber, option, SaenoError, share } from "@saeno/backend";
import { tensor1d, tidy, type Variable } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { createExtension, defineExtension, type Extension } from "../extension.ts";
import { belowOne } from "../training-schema.ts";

const schema = v.strictObject({
  rate: v.optional(
    option(nonNegativeNumber, "favor concepts that are hardly used: how far their bias moves in a step; 0 for off", {
      flag: "balance",
    }),
    0.2,
  ),
  /** A bias stays within `rate / decay`, and within 20. */
  decay: v.optional(option(belowOne, "share of a selection bias that is lost in a step", { hidden: true }), 0.04),
  /** With 1, all concepts move toward equal load. */
  floor: v.optional(
    option(share, "share of the mean load from which a concept is left alone, up to its inverse", { hidden: true }),
    0.1,
  ),
});

export const balanceComponent = defineExtension({
  kind: "balance",
  summary: "favors concepts that are hardly used",
  schema,
  isUsual: ({ activation }) => isBalanced(activation),
  isOff: ({ rate }) => rate === 0,
  activation: (activation) => ({ kind: "balanced", activation }),
  create: ({ rate, ...options }): Extension => ({
    name: "balance",
    prepare: ({ model }) => void selectionBias(model.activation),
    recalls({ usage: { loads } }) {
      const least = options.floor * average(loads);
      return [...loads.keys()].filter((k) => loads[k] < least);
    },
    afterStep: ({ model, usage, factor }) =>
      moveBias(selectionBias(model.activation), usage.loads, { ...options, rate: rate * factor }),
  }),
});

/** Brings concepts that are hardly chosen into use, by the selection bias of a `balanced` activation (specification: Training, balance). */
export const balance = (options: v.InferInput<typeof schema> = {}): Extension =>
  createExtension(balanceComponent, options);

function selectionBias(activation: Activation): Variable {
  if (isBalanced(activation)) return activation.selectionBias;
  throw new SaenoError(
    "training.options",
    `balance moves the selection bias of a balanced activation, and "${activation.kind}" has none: make the model with ` +
      "balanced(activation, { conceptCount }).",
  );
}

/** The largest bias: no energy is further from the others, and its exponential is still a number. */
const largestBias = 20;

/**
 * Moves the selection bias of each concept by a fixed amount after a batch (specification: Training; for mixtures of experts Wang et al. 2024,
 * arXiv:2408.15664): up if it was active in fewer samples than `floor` times the mean concept, down if in more than `1 / floor` times; and lets it decay.
 * With a low floor, concepts that are never chosen come into use, and the others are chosen for what they explain.
 *
 * @param bias `[K]`.
 * @param loads in how many samples of the batch each concept was active, `[K]`.
 */
export async function moveBias(
  bias: Variable,
  loads: Float64Array,
  { rate, decay, floor }: v.InferOutput<typeof schema>,
): Promise<void> {
  const usual = average(loads);
  const values = await bias.data();
  const moved = Float32Array.from(loads, (load, k) => {
    const direction = load < floor * usual ? 1 : load > usual / floor ? -1 : 0;
    const value = (1 - decay) * values[k] + rate * direction;
    return Math.max(-largestBias, Math.min(largestBias, value));
  });
  tidy(() => bias.assign(tensor1d(moved)));
}

function average(loads: Float64Array): number {
  return loads.reduce((a, b) => a + b, 0) / loads.length;
}
