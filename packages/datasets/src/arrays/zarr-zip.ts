import { messageOf, SaenoError } from "@saeno/backend";
import type { FileEntry } from "@zip.js/zip.js";
import type { ByteSource } from "../bytes/byte-source.ts";
import { recognizedBytes, wrongFile } from "./recognize.ts";
import type { ZarrStore } from "./zarr-store.ts";

/** Bytes of a file in the archive of which a part is wanted, at most. */
const mostUnpacked = 2 ** 28;

/**
 * A Zarr store in a zip archive, as zarr-python's `ZipStore` writes it. Checksums are verified.
 *
 * @throws SaenoError `zarr.format` for a damaged archive, or a file of another kind, saying which.
 */
export async function zipZarrStore(bytes: ByteSource): Promise<ZarrStore> {
  const { name } = bytes;
  const start = await bytes.read(0, Math.min(bytes.size, recognizedBytes));
  if (start[0] !== 0x50 || start[1] !== 0x4b) {
    const problem = "it does not begin as a zip archive does";
    throw wrongFile({ bytes: start, name }, { expected: "a zipped Zarr store", code: "zarr.format", problem });
  }
  const damaged = (what: string, cause: unknown) =>
    new SaenoError("zarr.format", `${what} is damaged: ${messageOf(cause)}. Fetch or write it again.`, {
      kind: "data",
      cause,
    });
  const entries = await readEntries(bytes).catch((cause) => {
    throw damaged(name, cause);
  });

  async function unpacked(entry: FileEntry, most: number): Promise<Uint8Array> {
    const { uncompressedSize: size, filename } = entry;
    try {
      if (size > most) throw new Error(`it has ${size} bytes, more than the ${most} that it can have`);
      const result = new Uint8Array(size);
      let at = 0;
      const writable = new WritableStream<Uint8Array>({
        write(piece) {
          if (at + piece.length > size) throw new Error("it is longer than it says");
          result.set(piece, at);
          at += piece.length;
        },
      });
      await entry.getData(writable, { checkSignature: true, useWebWorkers: false });
      if (at !== size) throw new Error(`it has ${at} bytes instead of ${size}`);
      return result;
    } catch (cause) {
      throw damaged(`${name}/${filename}`, cause);
    }
  }

  const close = bytes.close?.bind(bytes);
  return {
    name,
    async get(key, { most, range }) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (range === undefined) return unpacked(entry, most);
      const { uncompressedSize: size, compressionMethod, compressedSize, offset } = entry;
      const length = "offset" in range ? range.length : range.suffixLength;
      const from = "offset" in range ? range.offset : size - length;
      if (from < 0 || from + length > size) throw damaged(`${name}/${key}`, new Error("it is cut off"));
      if (compressionMethod !== 0 || compressedSize !== size || entry.encrypted) {
        return (await unpacked(entry, mostUnpacked)).slice(from, from + length);
      }
      const local = await bytes.read(offset, offset + 30);
      const view = new DataView(local.buffer, local.byteOffset, local.byteLength);
      const begin = offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
      return bytes.read(begin + from, begin + from + length);
    },
    async list(folder) {
      const prefix = folder === "" ? "" : `${folder}/`;
      const below = [...entries.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
      return [...new Set(below.flatMap((key) => (key.includes("/") ? [key.slice(0, key.indexOf("/"))] : [])))];
    },
    ...(close === undefined ? {} : { close }),
  };
}

async function readEntries(bytes: ByteSource): Promise<Map<string, FileEntry>> {
  const { Reader, ZipReader } = await import("@zip.js/zip.js");
  class BytesReader extends Reader<ByteSource> {
    override size = bytes.size;
    override async readUint8Array(from: number, length: number): Promise<Uint8Array> {
      const [begin, end] = [from, from + length].map((at) => Math.min(Math.max(0, at), bytes.size));
      return bytes.read(begin, end);
    }
  }
  const all = await new ZipReader(new BytesReader(bytes)).getEntries();
  const files = all.filter((entry) => !entry.directory);
  // What was written again comes later. Archives of a folder have its name before every other.
  const roots = files.map(({ filename }) => /^(.*?)(zarr\.json|\.zgroup|\.zarray)$/.exec(filename)?.[1]);
  const root = roots.reduce<string | undefined>(
    (found, each) => (each !== undefined && (found === undefined || each.length < found.length) ? each : found),
    undefined,
  );
  const prefix = root ?? "";
  return new Map(
    files
      .filter(({ filename }) => filename.startsWith(prefix))
      .map((entry) => [entry.filename.slice(prefix.length), entry]),
  );
}
