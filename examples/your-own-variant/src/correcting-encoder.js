import { densePreCodes, toDense } from "@saeno/activations";
import { option, positiveInteger } from "@saeno/backend";
import { defineEncoder, shallowEncoder } from "@saeno/core";
import { add, sub } from "@tensorflow/tfjs-core";
import { optional, strictObject } from "valibot";

/** Its option becomes the flag `--corrections`. */
export const correcting = defineEncoder({
  kind: "correcting",
  summary: "a tied shallow encoder that corrects itself",
  schema: strictObject({
    corrections: optional(option(positiveInteger, "times that what was not explained is encoded"), 1),
  }),
  create: (options, dictionary) => correctingEncoder(dictionary, options),
});

/** A shallow encoder that looks at its own mistakes: after each pass what was not explained is correlated once more and added. */
export function correctingEncoder(dictionary, { corrections = 1 } = {}) {
  // What the shallow one tells of its linear map does not hold for this one.
  const { linear: _, ...shallow } = shallowEncoder(dictionary, { tied: true });
  return {
    ...shallow,
    kind: "correcting",
    encode(x, activation, options) {
      let { codes, preCodes } = shallow.encode(x, activation, options);
      for (let i = 0; i < corrections; i++) {
        const missing = dictionary.correlate(sub(x, dictionary.synthesize(codes, x.shape.slice(1, -1))));
        const corrected = densePreCodes(add(toDense(codes), missing));
        codes = activation.apply(corrected, options);
        preCodes = () => corrected;
      }
      return { codes, preCodes };
    },
    toConfig: () => ({ kind: "correcting", corrections }),
  };
}
