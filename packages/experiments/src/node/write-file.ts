import { type FileHandle, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, SaenoError } from "@saeno/backend";
import type { RunFile } from "../runs/run-store.ts";

/** In the name of a file that is being written. */
export const partialMark = ".partial-";

/**
 * Writes a file whole or not at all, so that it outlasts a crash: under a fresh name, which is synced and then renamed. What stood there before is
 * replaced, and a symbolic link is not followed. A light file is not synced.
 *
 * @throws SaenoError `file.write`.
 */
export async function writeWhole(
  file: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  { light = false }: Pick<RunFile, "light"> = {},
): Promise<void> {
  const partial = `${file}${partialMark}${crypto.randomUUID()}`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(partial, "wx");
    await writeFile(handle, content);
    if (!light) await handle.sync();
    await handle.close();
    await rename(partial, file);
    if (!light) await syncFolder(dirname(file));
  } catch (cause) {
    await handle?.close().catch(() => {});
    await rm(partial, { force: true }).catch(() => {});
    if (SaenoError.isInstance(cause)) throw cause;
    throw new SaenoError("file.write", `${file} cannot be written: ${messageOf(cause)}.`, { kind: "data", cause });
  }
}

/** A rename outlasts a crash once the folder is synced; not every system lets a folder be. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
