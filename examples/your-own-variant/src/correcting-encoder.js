import { densePreCodes, toDense } from "@saeno/activations";
import { shallowEncoder } from "@saeno/core";
import { add, sub } from "@tensorflow/tfjs-core";

/** A shallow encoder that looks at its own mistakes: after each pass what was not explained is correlated once more and added. */
export function correctingEncoder(dictionary, { corrections = 1 } = {}) {
  const shallow = shallowEncoder(dictionary, { tied: true });
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
