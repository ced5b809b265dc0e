import { close, fstat, open, read } from "node:fs";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { messageOf, SaenoError } from "@saeno/backend";
import type { FileAccess } from "../arrays/file-access.ts";
import { type ByteSource, isUrl, memoryBytes, urlBytes } from "../bytes/byte-source.ts";
import { readBytes } from "./read-bytes.ts";

/** Files on disk, read in pieces; gzipped ones are unpacked in memory. */
export const nodeFiles: FileAccess = {
  open: async (path) => (isUrl(path) ? urlBytes(path) : fileBytes(path)),
  async list(path) {
    if (isUrl(path)) return undefined;
    return readdir(path).catch(() => undefined);
  },
};

/**
 * A file on disk, of any size, read in pieces; a gzipped one (by its first bytes) unpacked.
 *
 * @throws SaenoError `file.missing` when it cannot be read, and as `readBytes`.
 */
export async function fileBytes(path: string): Promise<ByteSource> {
  const fail = (cause: NodeJS.ErrnoException) => {
    throw readError(path, messageOf(cause), cause);
  };
  // Descriptors, not handles: those are closed when they are forgotten, with a warning.
  const file = await promisify(open)(path, "r").catch(fail);
  let isOpen = true;
  const end = async () => {
    if (isOpen) await promisify(close)(file);
    isOpen = false;
  };
  const readPiece = async (from: number, to: number) => {
    const bytes = new Uint8Array(to - from);
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await promisify(read)(file, bytes, done, bytes.length - done, from + done).catch(fail);
      if (bytesRead === 0) throw readError(path, "it became shorter while it was read");
      done += bytesRead;
    }
    return bytes;
  };
  try {
    const stats = await promisify(fstat)(file);
    if (stats.isDirectory()) throw readError(path, "it is a folder");
    const start = await readPiece(0, Math.min(2, stats.size));
    if (start[0] !== 0x1f || start[1] !== 0x8b) return { name: path, size: stats.size, read: readPiece, close: end };
  } catch (error) {
    await end();
    throw error;
  }
  await end();
  return memoryBytes(await readBytes(path), path);
}

function readError(path: string, problem: string, cause?: unknown): SaenoError {
  return new SaenoError("file.missing", `${path} cannot be read: ${problem}.`, { kind: "data", cause });
}
