import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory } from "@saeno/datasets/node";
import type { RaceMemory } from "../backend-race.ts";
import { writeWhole } from "./write-file.ts";

/** Remembers a race of backends in a file of the user's cache folder. */
export function raceMemory(folder: string = cacheDirectory()): RaceMemory & { readonly file: string } {
  const file = join(folder, "backend-race.json");
  return {
    file,
    read: () => readFile(file, "utf8").catch(() => undefined),
    async write(text) {
      await mkdir(folder, { recursive: true });
      await writeWhole(file, text, { light: true });
    },
  };
}
