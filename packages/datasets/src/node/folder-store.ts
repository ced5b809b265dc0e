import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, SaenoError } from "@saeno/backend";
import type { ZarrStore } from "../arrays/zarr-store.ts";

/** A Zarr store in a folder. */
export function folderZarrStore(folder: string): ZarrStore {
  return {
    name: folder,
    async get(key, { most, range }) {
      const path = join(folder, key);
      const fail = (problem: string, cause?: unknown) =>
        new SaenoError("zarr.file", `${path} cannot be read: ${problem}.`, { kind: "data", cause });
      const isAbsent = ({ code }: NodeJS.ErrnoException) => code === "ENOENT" || code === "ENOTDIR";
      const file = await open(path, "r").catch((cause: NodeJS.ErrnoException) => {
        if (isAbsent(cause)) return undefined;
        throw fail(cause.message, cause);
      });
      if (file === undefined) return undefined;
      try {
        const stats = await file.stat();
        if (!stats.isFile()) throw fail("it is not a file");
        const whole = { offset: 0, length: stats.size };
        const wanted = range === undefined ? whole : "offset" in range ? range : lastOf(stats.size, range.suffixLength);
        const { offset, length } = wanted;
        if (offset < 0 || offset + length > stats.size) throw fail("it is cut off: fetch or write it again");
        if (length > most) throw fail(`it has ${length} bytes, more than the ${most} that it can have`);
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length; ) {
          const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
          if (bytesRead === 0) throw fail("it became shorter while it was read");
          done += bytesRead;
        }
        return bytes;
      } catch (error) {
        throw error instanceof SaenoError ? error : fail(messageOf(error), error);
      } finally {
        await file.close();
      }
    },
    async list(path) {
      const found = await readdir(join(folder, path), { withFileTypes: true });
      return found.filter((entry) => !entry.isFile()).map((entry) => entry.name);
    },
  };
}

function lastOf(size: number, length: number): { readonly offset: number; readonly length: number } {
  return { offset: size - length, length };
}
