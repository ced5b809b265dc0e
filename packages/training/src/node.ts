export { createRunFolder, type RunFolder } from "./run-folder.ts";
