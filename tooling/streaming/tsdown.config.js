import { program } from "@saeno/tooling/tsdown";

export default program("streaming", "measure");
