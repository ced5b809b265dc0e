#!/usr/bin/env node
/** The command `saeno`. Its program is hundreds of modules; what keeps them from being read is said here, where none of them is needed. */
import("./start.ts").catch((error: Error) => {
  const isLimit = "code" in error && (error.code === "EMFILE" || error.code === "ENFILE");
  const remedy = "raise the limit of open files, for example with ulimit -n 4096";
  // Node says of a package that it is missing where it could not open it.
  const problem = `The program cannot be loaded: ${error.message}. Install it again; if it is whole, ${remedy}.`;
  process.stderr.write(`saeno: ${isLimit ? `Too many files are open: ${remedy}.` : problem}\n`);
  process.exit(1);
});
