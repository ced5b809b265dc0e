/** Makes the dictionary known by its name: to configurations, model files, and to `saeno --plugin`. */
import { register } from "@saeno/backend";
import { wavelets } from "./wavelet-dictionary.js";

register(wavelets);

export { waveletDictionary } from "./wavelet-dictionary.js";
