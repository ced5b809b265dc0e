import { inferredLibrary } from "@saeno/tooling/tsdown";

export default inferredLibrary("index", "node", "recipes");
