import { program } from "@saeno/tooling/tsdown";

export default program(
  "bench",
  "compute",
  "measure",
  "dispatches",
  "endurance",
  "e2e",
  "configurations",
  "result",
  "result-table",
);
