import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** `~` and `~/x` as shells read them: they leave it where it does not begin a word, as in `--out=~/x` and `npy:~/x.npy`. */
export function expandHome(path: string): string {
  return /^~(?=$|[/\\])/.test(path) ? homedir() + path.slice(1) : path;
}

/**
 * Where a file is that may stand in any of some folders, or where the program runs: the first one wins.
 *
 * @returns the path as it was given where it leads from here to the same file; `undefined` where it is nowhere.
 */
export function findFile(path: string, folders: readonly string[]): string | undefined {
  const home = expandHome(path);
  if (isAbsolute(home) || /^[a-z]+:\/\//i.test(path)) return home;
  const found = [...folders, "."].map((folder) => join(folder, path)).find(exists);
  return found !== undefined && resolve(found) === resolve(path) ? path : found;
}

/** `archive.npz#array` names a part of a file. */
function exists(path: string): boolean {
  const part = path.lastIndexOf("#");
  return existsSync(path) || (part > 0 && existsSync(path.slice(0, part)));
}
