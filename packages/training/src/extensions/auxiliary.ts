import { nonNegativeNumber, option, positiveInteger } from "@saeno/backend";
import { auxiliaryLoss } from "@saeno/core";
import { mul, type Scalar } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { createExtension, defineExtension, type Extension } from "../extension.ts";

const schema = v.strictObject({
  coefficient: v.exactOptional(
    option(nonNegativeNumber, "AuxK: dead concepts learn from what is left; 0 for off", {
      flag: "auxiliary",
      default: "1 where concepts compete, 1/32 for vectors",
    }),
  ),
  concepts: v.exactOptional(
    option(positiveInteger, "dead concepts used for a sample, at most", {
      hidden: true,
      default: "half the length of a vector; for maps, as many as are active",
    }),
  ),
  every: v.optional(
    option(positiveInteger, "AuxK, on, only in every n-th step, with n times the weight", {
      flag: "auxiliary-every",
    }),
    1,
  ),
  parts: v.optional(
    option(positiveInteger, "AuxK, on, only for one of n parts of a batch, the next part in the next step", {
      flag: "auxiliary-parts",
    }),
    1,
  ),
});

export const auxiliaryComponent = defineExtension({
  kind: "auxiliary",
  summary: "AuxK: dead concepts learn from what is left",
  schema,
  isUsual: ({ activation }) => activation.competitive ?? false,
  isOff: ({ coefficient }) => coefficient === 0,
  create: ({ every, parts, ...options }): Extension => ({
    name: "auxiliary",
    penalties({ usage, step }) {
      if (step % every !== 0) return [];
      const dead = usage.dead();
      if (dead.length === 0) return [];
      const marks = new Float32Array(usage.idle.length);
      for (const concept of dead) marks[concept] = 1;
      const once = auxiliaryLoss(marks, { ...options, part: { index: Math.floor(step / every), of: parts } });
      return [every === 1 ? once : (...pass) => mul(once(...pass), every) as Scalar];
    },
    recalls: ({ usage }) => usage.dead(),
  }),
});

/** Lets dead concepts learn from what the others leave unexplained, AuxK (specification: Training; Gao et al. 2025, arXiv:2406.04093). */
export const auxiliary = (options: v.InferInput<typeof schema> = {}): Extension =>
  createExtension(auxiliaryComponent, options);
