/** Makes the variants known by name: to config files, model files, and to `saeno --plugin`. */
import { register } from "@saeno/backend";
import { correcting, correctingEncoder } from "./correcting-encoder.js";
import { nonnegative, nonnegativeDictionary } from "./nonnegative-dictionary.js";
import { winner, winnerPerPoint } from "./winner-per-point.js";

register(winner, nonnegative, correcting);

export { correctingEncoder, nonnegativeDictionary, winnerPerPoint };
