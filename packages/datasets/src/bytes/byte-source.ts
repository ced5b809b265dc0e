import { messageOf, SaenoError } from "@saeno/backend";

/** Bytes that are read in pieces, wherever they are, so that files may have any size. */
export interface ByteSource {
  /** What to call it in messages: a path, a name, an address. */
  readonly name: string;
  readonly size: number;
  /** Whole: `to - from` bytes. The caller does not change them. */
  read(from: number, to: number): Promise<Uint8Array>;
  close?(): Promise<void>;
}

export function memoryBytes(bytes: Uint8Array, name: string): ByteSource {
  return { name, size: bytes.length, read: async (from, to) => bytes.subarray(from, to) };
}

/** A file that was dropped on a page or chosen in it, or any other Blob. */
export function blobBytes(blob: Blob, name: string): ByteSource {
  return {
    name,
    size: blob.size,
    read: async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()),
  };
}

/**
 * A file on a web server, by range requests; if the server does not support them, it is fetched whole.
 *
 * @throws SaenoError `file.missing` when it cannot be fetched.
 */
export async function urlBytes(url: string): Promise<ByteSource> {
  const request = async (from: number, to: number) => {
    const response = await fetch(url, { headers: { Range: `bytes=${from}-${to - 1}` } }).catch((cause) => {
      throw fetchError(url, messageOf(cause), cause);
    });
    if (!response.ok) throw fetchError(url, `the server says ${response.status} ${response.statusText}`);
    return response;
  };
  const first = await request(0, 1);
  const size = Number(/\/(\d+)$/.exec(first.headers.get("Content-Range") ?? "")?.[1]);
  if (first.status !== 206 || !Number.isSafeInteger(size)) {
    return memoryBytes(new Uint8Array(await first.arrayBuffer()), url);
  }
  await first.body?.cancel();
  return {
    name: url,
    size,
    async read(from, to) {
      if (from === to) return new Uint8Array(0);
      const bytes = new Uint8Array(await (await request(from, to)).arrayBuffer());
      if (bytes.length === to - from) return bytes;
      throw fetchError(url, `${bytes.length} bytes came instead of ${to - from}`);
    },
  };
}

function fetchError(url: string, problem: string, cause?: unknown): SaenoError {
  return new SaenoError("file.missing", `${url} cannot be fetched: ${problem}.`, { kind: "data", cause });
}

export function isUrl(path: string): boolean {
  return /^https?:\/\//.test(path);
}
