import { program } from "@saeno/tooling/tsdown";

export default program("fuzz", "fuzz-child");
