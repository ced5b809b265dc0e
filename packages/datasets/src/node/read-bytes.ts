import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { messageOf, SaenoError } from "@saeno/backend";

/**
 * The bytes of a file; a gzipped one (by its first bytes) unpacked.
 *
 * @throws SaenoError `file.missing` when it cannot be read, `file.gzip` when it is gzipped and damaged.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new SaenoError("file.missing", `${path} cannot be read: ${messageOf(cause)}.`, { kind: "data", cause });
  });
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new SaenoError("file.gzip", `${path} is a damaged or truncated gzip file; fetch it again.`, {
      kind: "data",
      cause,
    });
  }
}
