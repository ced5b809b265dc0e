import { existsSync } from "node:fs";
import { modelKind, type RunConfig } from "../configuration/run-config.ts";
import { begunRun } from "../runs/save-run.ts";
import { whoIsAt } from "./folder-lock.ts";
import { folderStore } from "./run-folder.ts";

/** The first of `stem-1`, `stem-2`, .. that does not exist. */
export function nextFreeFolder(stem: string): string {
  for (let number = 1; ; number++) {
    const path = `${stem}-${number}`;
    if (!existsSync(path)) return path;
  }
}

/** `runs/fno-flow-1`, or the next number that is free; the one before where the same run was begun there and is not finished. */
export async function defaultFolder(config: RunConfig): Promise<string> {
  const stem = `runs/${modelKind(config)}-${config.data.kind}`;
  const free = nextFreeFolder(stem);
  const last = `${stem}-${Number(free.slice(stem.length + 1)) - 1}`;
  const goesOn = (await begunRun(folderStore, last, config)) && (await whoIsAt(last)) === undefined;
  return goesOn ? last : free;
}
