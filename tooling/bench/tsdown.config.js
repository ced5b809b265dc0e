import { program } from "@saeno/tooling/tsdown";

export default program(
  "bench",
  "compute",
  "measure",
  "dispatches",
  "endurance",
  "configurations",
  "result",
  "result-table",
);
