import { library } from "@saeno/tooling/tsdown";

export default library("index", "node");
