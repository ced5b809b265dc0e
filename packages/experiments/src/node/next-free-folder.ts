import { existsSync } from "node:fs";
import type { RunConfig } from "../configuration/run-config.ts";

/** The first of `stem-1`, `stem-2`, .. that does not exist. */
export function nextFreeFolder(stem: string): string {
  for (let number = 1; ; number++) {
    const path = `${stem}-${number}`;
    if (!existsSync(path)) return path;
  }
}

/** `runs/fno-flow-1`, or the next number that is free. */
export function defaultFolder({ model, data }: RunConfig): string {
  return nextFreeFolder(`runs/${model}-${(data.split(":")[0] ?? "data").replace(/\W+/g, "-")}`);
}
