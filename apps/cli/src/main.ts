#!/usr/bin/env node
/** The command `saeno`. Its program is hundreds of modules; what keeps them from being read is said here, where none of them is needed. */
import { loadProblem } from "./load-problem.ts";

import("./start.ts").catch((error: Error) => {
  process.stderr.write(`saeno: ${loadProblem(error)}\n`);
  process.exit(1);
});
