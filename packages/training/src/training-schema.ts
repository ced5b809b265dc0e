import { nonNegativeNumber, oneOf, option, positiveInteger, positiveNumber, yesOrNo } from "@saeno/backend";
import * as v from "valibot";

/** What a configuration says about a training besides its optimizer, schedule, loss and extensions: options of `train`. */
export const trainingSchema = v.strictObject({
  steps: v.optional(option(positiveInteger, "steps"), 250),
  batchSize: v.optional(option(positiveInteger, "samples in a step", { flag: "batch" }), 48),
  learningRate: v.exactOptional(
    option(positiveNumber, "learning rate", {
      flag: "lr",
      default: "what the dictionary and the encoder learn best at",
    }),
  ),
  unitAtoms: v.optional(option(yesOrNo, "hold atoms at unit norm"), true),
  decoderBias: v.exactOptional(
    option(
      oneOf("mean", "zero", "none"),
      "where the decoder's bias starts: at the mean of the first batch, or at zero; none: at zero, and not trained",
      {
        default: "mean; for maps zero",
      },
    ),
  ),
});

/** In [0, 1). */
export const belowOne: v.GenericSchema<number> = v.pipe(nonNegativeNumber, v.ltValue(1, "must be below 1"));
