import { program } from "@saeno/tooling/tsdown";

export default program("conformance", "conformance-process", "backend-form");
