import { existsSync } from "node:fs";
import { SaenoError } from "@saeno/backend";
import { withDataPaths } from "@saeno/experiments";
import { expandHome } from "@saeno/experiments/node";
import { InvalidArgumentError } from "commander";

/** The path that a flag or an argument gives. */
export function filePath(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("Give the path of a file or folder.");
  return expandHome(text);
}

/** Data as people write it, `npy:~/x.npy`, with the paths in it as the system takes them. */
export function dataSource(text: string): string {
  return String(withDataPaths({ data: text }, expandHome).data);
}

/** A file that is to be written is not there yet. @throws SaenoError `out.exists`, unless it may be written over. */
export function checkFree(file: string, force = false): void {
  if (!existsSync(file) || force) return;
  throw new SaenoError("out.exists", `${file} exists already; nothing was changed. Name another file, or use --force.`);
}
