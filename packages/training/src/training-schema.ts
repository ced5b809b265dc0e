import * as v from "valibot";
import { count, positive } from "./numbers.ts";

/** What a configuration says of a training beside its optimizer, schedule, loss and extensions: options of `train`. */
export const trainingSchema = v.strictObject({
  steps: v.optional(v.pipe(count, v.description("steps")), 250),
  batchSize: v.optional(v.pipe(count, v.description("samples in a step"), v.metadata({ flag: "batch" })), 48),
  learningRate: v.exactOptional(
    v.pipe(
      positive,
      v.description("learning rate; by default what the dictionary and the encoder learn best at"),
      v.metadata({ flag: "lr" }),
    ),
  ),
  unitAtoms: v.optional(v.pipe(v.boolean(), v.description("hold atoms at unit norm")), true),
  decoderBias: v.exactOptional(
    v.pipe(
      v.picklist(["mean", "zero", "none"]),
      v.description(
        "what the decoder's bias starts at: mean of the first batch, zero, or none: zero and not trained; by default mean, of maps zero",
      ),
    ),
  ),
});
