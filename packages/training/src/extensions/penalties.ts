import { nonNegativeNumber, option, SaenoError } from "@saeno/backend";
import { l0Loss, l1Loss } from "@saeno/core";
import * as v from "valibot";
import { createExtension, defineExtension, type Extension } from "../extension.ts";

export const l1Component = defineExtension({
  kind: "l1",
  summary: "a penalty on the size of codes",
  schema: v.strictObject({
    weight: v.optional(option(nonNegativeNumber, "penalty on the size of codes; maps: group lasso", { flag: "l1" }), 0),
  }),
  isOff: ({ weight }) => weight === 0,
  create: ({ weight }): Extension => ({ name: "l1", penalties: () => [l1Loss(weight)] }),
});

/** Adds the L1 norm of codes to the loss, of maps the group lasso (specification: Training). */
export const l1 = (weight: number): Extension => createExtension(l1Component, { weight });

export const l0Component = defineExtension({
  kind: "l0",
  summary: "a penalty on the number of codes",
  schema: v.strictObject({
    weight: v.optional(
      option(nonNegativeNumber, "penalty on the number of codes, for learned thresholds", { flag: "l0" }),
      0,
    ),
  }),
  isOff: ({ weight }) => weight === 0,
  create: ({ weight }): Extension => ({
    name: "l0",
    prepare({ model: { activation } }) {
      if (activation.activeCount !== undefined) return;
      throw new SaenoError(
        "training.options",
        `The l0 penalty moves learned thresholds, and the activation "${activation.kind}" has none: use jumprelu, or map-sparsity with thresholds.`,
      );
    },
    penalties: () => [l0Loss(weight)],
  }),
});

/** Adds the number of active codes to the loss, which moves learned thresholds (specification: Training). */
export const l0 = (weight: number): Extension => createExtension(l0Component, { weight });
