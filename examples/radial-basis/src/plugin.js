/** Makes the dictionary known by its name: to configurations, model files, and to `saeno --plugin`. */
import { register } from "@saeno/backend";
import { radialBasis } from "./radial-basis-dictionary.js";

register(radialBasis);

export { radialBasisDictionary } from "./radial-basis-dictionary.js";
