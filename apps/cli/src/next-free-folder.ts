import { existsSync } from "node:fs";

/** The first of `stem-1`, `stem-2`, .. that does not exist. */
export function nextFreeFolder(stem: string): string {
  for (let number = 1; ; number++) {
    const path = `${stem}-${number}`;
    if (!existsSync(path)) return path;
  }
}
