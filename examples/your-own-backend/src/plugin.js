/** Makes the backend known by name: `saeno train --plugin ./plugin.js --backend loops`. */
import { register } from "@saeno/backend";
import { backend } from "./backend.js";

register(backend);
