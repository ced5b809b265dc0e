/** Makes the backend known by name: `saeno train --plugin ./plugin.js --backend loops`. */
import { registerBackend } from "@saeno/backend";
import { backend } from "./backend.js";

registerBackend(backend);
