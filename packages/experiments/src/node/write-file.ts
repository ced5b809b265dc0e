import { rename, rm, writeFile } from "node:fs/promises";
import { messageOf, SaenoError } from "@saeno/backend";

/**
 * Writes a file whole or not at all: under a fresh name, which is then renamed. What stood there before is replaced, and a symbolic link is
 * not followed.
 *
 * @throws SaenoError `file.write`.
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const partial = `${file}.partial-${crypto.randomUUID()}`;
  try {
    await writeFile(partial, content, { flag: "wx" });
    await rename(partial, file);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new SaenoError("file.write", `${file} cannot be written: ${messageOf(cause)}.`, {
      kind: "data",
      cause,
    });
  }
}
