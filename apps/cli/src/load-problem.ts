/** What keeps modules of the program from being read, and what to do. It imports nothing, since it is needed where nothing can be read. */
export function loadProblem(error: Error): string {
  const isLimit = "code" in error && (error.code === "EMFILE" || error.code === "ENFILE");
  const remedy = "raise the limit of open files, for example with ulimit -n 4096";
  if (isLimit) return `Too many files are open: ${remedy}.`;
  // Node says of a package that it is missing where it could not open it.
  return `The program cannot be loaded: ${error.message}. Install it again; if it is whole, ${remedy}.`;
}
