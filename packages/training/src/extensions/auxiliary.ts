import { nonNegativeNumber, option, positiveInteger } from "@saeno/backend";
import { auxiliaryLoss } from "@saeno/core";
import * as v from "valibot";
import { createExtension, defineExtension, type Extension } from "../extension.ts";

const schema = v.strictObject({
  coefficient: v.exactOptional(
    option(nonNegativeNumber, "AuxK: dead concepts learn from what is left; 0 for off", {
      flag: "auxiliary",
      default: "where concepts compete 1, for vectors 1/32",
    }),
  ),
  concepts: v.exactOptional(
    option(positiveInteger, "dead concepts used for a sample, at most", {
      hidden: true,
      default: "half the length of a vector, of maps as many as are active",
    }),
  ),
});

export const auxiliaryComponent = defineExtension({
  kind: "auxiliary",
  summary: "AuxK: dead concepts learn from what is left",
  schema,
  isUsual: ({ activation }) => activation.competitive ?? false,
  isOff: ({ coefficient }) => coefficient === 0,
  create: (options): Extension => ({
    name: "auxiliary",
    penalties({ usage }) {
      const dead = usage.dead();
      if (dead.length === 0) return [];
      const marks = new Float32Array(usage.idle.length);
      for (const concept of dead) marks[concept] = 1;
      return [auxiliaryLoss(marks, options)];
    },
    recalls: ({ usage }) => usage.dead(),
  }),
});

/** Lets dead concepts learn from what the others leave unexplained, AuxK (specification: Training; Gao et al. 2025, arXiv:2406.04093). */
export const auxiliary = (options: v.InferInput<typeof schema> = {}): Extension =>
  createExtension(auxiliaryComponent, options);
