import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { messageOf, SaenoError } from "@saeno/backend";

/** Gzipped data may unpack to so many bytes; beyond that, to so many times its size, and to so much in all. */
const [fewBytes, mostTimes, mostBytes] = [2 ** 26, 200, 2 ** 31];

/**
 * The bytes of a file; a gzipped one (by its first bytes) unpacked.
 *
 * @throws SaenoError `file.missing` when it cannot be read, `file.gzip` when it is gzipped and damaged, or unpacks to far more than it should.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  const fail = (cause: NodeJS.ErrnoException) => {
    const isLarge = cause.code === "ERR_FS_FILE_TOO_LARGE";
    const reason = isLarge ? "it is larger than 2 GiB" : messageOf(cause);
    throw new SaenoError("file.missing", `${path} cannot be read: ${reason}.`, { kind: "data", cause });
  };
  const start = await firstBytes(path).catch(fail);
  return start[0] === 0x1f && start[1] === 0x8b ? unpack(path) : readFile(path).catch(fail);
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What is small is kept as it comes. Of the rest the first pass only counts, so that nothing is held of what is refused in the end. */
async function unpack(path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const length = await unpacking(path, (chunk, end) => {
    if (end <= fewBytes) chunks.push(chunk);
    else chunks.length = 0;
  });
  const result = new Uint8Array(length);
  let at = 0;
  const put = (chunk: Uint8Array) => {
    result.set(chunk, at);
    at += chunk.length;
  };
  if (length <= fewBytes) for (const chunk of chunks) put(chunk);
  else if ((await unpacking(path, put)) !== length) throw gzipError(path, "changed while it was read");
  return result;
}

/** @returns how many bytes came. */
async function unpacking(path: string, take: (chunk: Uint8Array, end: number) => void): Promise<number> {
  const file = createReadStream(path);
  const unpacked = createGunzip({ chunkSize: 2 ** 18 });
  file.on("error", (error) => unpacked.destroy(error));
  file.pipe(unpacked);
  let length = 0;
  try {
    for await (const chunk of unpacked) {
      length += chunk.length;
      if (length > fewBytes && length > mostTimes * unpacked.bytesWritten) {
        throw gzipError(
          path,
          `unpacks to more than ${mostTimes} times its size, as no data does: it looks like a trap. If it is not, unpack it with gunzip and give the file that comes out`,
        );
      }
      if (length > mostBytes) {
        throw gzipError(path, "unpacks to more than 2 GiB: unpack it with gunzip and give the file that comes out");
      }
      take(chunk, length);
    }
    // Archives on tape are padded with zeros; anything else was not written by whoever packed this.
    for await (const rest of createReadStream(path, { start: unpacked.bytesWritten })) {
      if (rest.some((byte: number) => byte !== 0)) {
        throw gzipError(path, `goes on after its end, at byte ${unpacked.bytesWritten}, with what is not gzip`);
      }
    }
  } catch (cause) {
    if (SaenoError.isInstance(cause)) throw cause;
    throw gzipError(path, "is a damaged or truncated gzip file; fetch it again", cause);
  } finally {
    file.destroy();
  }
  return length;
}

function gzipError(path: string, problem: string, cause?: unknown): SaenoError {
  return new SaenoError("file.gzip", `${path} ${problem}.`, { kind: "data", cause });
}
