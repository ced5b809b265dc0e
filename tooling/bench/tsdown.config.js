import { program } from "@saeno/tooling/tsdown";

export default program("bench", "compute", "measure", "dispatches", "configurations", "result", "result-table");
