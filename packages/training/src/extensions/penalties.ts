import { nonNegativeNumber, option, SaenoError } from "@saeno/backend";
import { l0Loss, l1Loss } from "@saeno/core";
import * as v from "valibot";
import { createExtension, defineExtension, type Extension } from "../extension.ts";

export const l1Component = defineExtension({
  kind: "l1",
  summary: "a penalty on the size of codes",
  schema: v.strictObject({
    weight: v.optional(
      option(
        nonNegativeNumber,
        "penalty on the size of codes (maps: group lasso), in mean squared error per unit of code, so on the scale of the data",
        { flag: "l1" },
      ),
      0,
    ),
  }),
  isOff: ({ weight }) => weight === 0,
  create: ({ weight }): Extension => ({
    name: "l1",
    penalties: () => [l1Loss(weight)],
    remedy: "No code is active: lower the threshold, or leave it out, so that it is measured on the first batch.",
  }),
});

/** Adds the L1 norm of codes to the loss; for maps, the group lasso (specification: Training). */
export const l1 = (weight: number): Extension => createExtension(l1Component, { weight });

export const l0Component = defineExtension({
  kind: "l0",
  summary: "a penalty on the number of codes",
  schema: v.strictObject({
    weight: v.optional(
      option(
        nonNegativeNumber,
        "penalty on the number of codes, for learned thresholds, in mean squared error per active code of a sample",
        { flag: "l0" },
      ),
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
    reach: 0.1,
    remedy:
      'Few pre-codes come within half a bandwidth of their threshold: leave threshold and bandwidth out, so that they are measured on the first batch, or give them in standard deviations of the pre-codes, as in threshold "2sd" and bandwidth "0.5sd".',
  }),
});

/** Adds the number of active codes to the loss, which moves learned thresholds (specification: Training). */
export const l0 = (weight: number): Extension => createExtension(l0Component, { weight });
