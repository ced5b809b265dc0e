/** Makes the variants known by name: to config files, model files, and to `saeno --plugin`. */
import { registerActivation } from "@saeno/activations";
import { registerDictionary, registerEncoder } from "@saeno/core";
import { correctingEncoder } from "./correcting-encoder.js";
import { nonnegativeDictionary } from "./nonnegative-dictionary.js";
import { winnerPerPoint } from "./winner-per-point.js";

registerActivation("winner-per-point", () => winnerPerPoint());
registerDictionary("nonnegative", (config, random) => nonnegativeDictionary(config, random));
registerEncoder("correcting", (config, dictionary) => correctingEncoder(dictionary, config));

export { correctingEncoder, nonnegativeDictionary, winnerPerPoint };
