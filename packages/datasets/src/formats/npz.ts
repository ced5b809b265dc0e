import { machineProblem, messageOf, SaenoError, sizeOf } from "@saeno/backend";
import type { FileEntry } from "@zip.js/zip.js";
import type { ArraySource } from "../arrays/array-source.ts";
import { recognizedBytes, wrongFile } from "../arrays/recognize.ts";
import { type ByteSource, memoryBytes } from "../bytes/byte-source.ts";
import { npyHeader, openNpy } from "./npy.ts";

/** Bytes that may be unpacked in memory; and how many times its size a file may grow, beyond the bytes that it may always. */
const [mostUnpacked, mostGrowth, alwaysUnpacked] = [2 ** 31, 200, 2 ** 26];

/**
 * An array of a NumPy `.npz` archive. Its checksum is verified first. Uncompressed arrays (`numpy.savez`) are then read by boxes; compressed ones
 * (`numpy.savez_compressed`) are unpacked in memory.
 *
 * @param array its name; it may be left out where there is one.
 * @throws SaenoError `npz.format` for a damaged archive, or what the file is instead; `npz.array` for an array that is not in it, listing those that are;
 *   `npz.size` for one that is too large to unpack; and as `openNpy`.
 */
export async function openNpz(bytes: ByteSource, array?: string): Promise<ArraySource> {
  const start = await bytes.read(0, Math.min(bytes.size, recognizedBytes));
  if (start[0] !== 0x50 || start[1] !== 0x4b) {
    const problem = "it does not begin as a zip archive does";
    throw wrongFile({ bytes: start, name: bytes.name }, { expected: "an .npz archive", code: "npz.format", problem });
  }
  const entries = await readEntries(bytes, start);
  const names = entries.map(({ filename }) => filename.replace(/\.npy$/, ""));
  const wanted = array?.replace(/\.npy$/, "") ?? (names.length === 1 ? names[0] : undefined);
  const found = entries.filter((_, i) => names[i] === wanted);
  if (found.length > 1) throw damaged(bytes.name, `it holds "${wanted}" twice`);
  if (found.length === 0) {
    const lacks = array === undefined ? "" : `, but no "${array}"`;
    throw new SaenoError(
      "npz.array",
      `${bytes.name} holds the arrays ${names.join(", ")}${lacks}: name one, as in npz:${bytes.name}#${names[0]}.`,
      { kind: "data" },
    );
  }
  return openNpy(await unpacked(bytes, found[0], `${bytes.name}#${wanted}`));
}

/** Numbers of an archive that is written. */
export interface NpzArray {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/**
 * The bytes of a NumPy `.npz` archive, its arrays stored as they are, as `numpy.savez` does it. The same arrays give the same bytes.
 *
 * @throws SaenoError `npz.shape` for values that do not fit their shape.
 */
export async function encodeNpz(arrays: Readonly<Record<string, NpzArray>>): Promise<Uint8Array> {
  const { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } = await import("@zip.js/zip.js");
  const zip = new ZipWriter(new Uint8ArrayWriter(), {
    level: 0,
    useWebWorkers: false,
    extendedTimestamp: false,
    lastModDate: new Date(1980, 0, 1),
  });
  for (const [name, { shape, values }] of Object.entries(arrays)) {
    if (sizeOf(shape) !== values.length) {
      const problem = `"${name}": ${values.length} values do not fit the shape [${shape.join(", ")}].`;
      throw new SaenoError("npz.shape", problem);
    }
    const type = values instanceof Float32Array ? "float32" : values instanceof Int32Array ? "int32" : "uint8";
    const header = npyHeader(shape, type);
    const bytes = new Uint8Array(header.length + values.byteLength);
    bytes.set(header);
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), header.length);
    await zip.add(`${name}.npy`, new Uint8ArrayReader(bytes));
  }
  return zip.close();
}

async function readEntries(bytes: ByteSource, start: Uint8Array): Promise<FileEntry[]> {
  const { Reader, ZipReader } = await import("@zip.js/zip.js");
  class BytesReader extends Reader<ByteSource> {
    override size = bytes.size;
    override async readUint8Array(from: number, length: number): Promise<Uint8Array> {
      const [begin, end] = [from, from + length].map((at) => Math.min(Math.max(0, at), bytes.size));
      return bytes.read(begin, end);
    }
  }
  let all: Awaited<ReturnType<InstanceType<typeof ZipReader>["getEntries"]>>;
  try {
    all = await new ZipReader(new BytesReader(bytes)).getEntries();
  } catch (cause) {
    throw damagedBy(bytes.name, cause);
  }
  const entries = all.filter((entry) => !entry.directory).filter(({ filename }) => filename.endsWith(".npy"));
  if (entries.length > 0) return entries;
  const listed = new TextEncoder().encode(all.map(({ filename }) => filename).join("\n"));
  const description = new Uint8Array([...start.subarray(0, 4), ...listed]);
  throw wrongFile(
    { bytes: description, name: bytes.name },
    { expected: "an .npz archive", code: "npz.format", problem: "it holds no array" },
  );
}

/** The bytes of a `.npy` file within an archive, checked. */
async function unpacked(archive: ByteSource, entry: FileEntry, name: string): Promise<ByteSource> {
  const { compressedSize, uncompressedSize: size, compressionMethod, offset, encrypted } = entry;
  if (encrypted) throw damaged(name, "it is encrypted");
  const isStored = compressionMethod === 0 && compressedSize === size;
  const grows = size > alwaysUnpacked && size > mostGrowth * archive.size;
  if (!isStored && (grows || size > mostUnpacked)) {
    const problem = grows
      ? `${name} would unpack to ${Math.round(size / archive.size)} times the size of its archive, as no data does that is not nearly constant`
      : `${name} takes ${(size / 2 ** 30).toFixed(1)} GB unpacked`;
    const remedy = `unzip ${archive.name}, then read the .npy file, or save it with numpy.savez`;
    throw new SaenoError("npz.size", `${problem}: ${remedy}.`, { kind: "data" });
  }
  const result = new Uint8Array(isStored ? 0 : size);
  let at = 0;
  const writable = new WritableStream<Uint8Array>({
    write(chunk) {
      if (at + chunk.length > size) throw new Error("it is longer than it says");
      if (!isStored) result.set(chunk, at);
      at += chunk.length;
    },
  });
  try {
    await entry.getData(writable, { checkSignature: true, useWebWorkers: false });
  } catch (cause) {
    throw damagedBy(name, cause);
  }
  if (at !== size) throw damaged(name, `it has ${at} bytes instead of ${size}`);
  if (!isStored) {
    await archive.close?.();
    return memoryBytes(result, name);
  }
  const local = await archive.read(offset, offset + 30);
  const view = new DataView(local.buffer, local.byteOffset, local.byteLength);
  const begin = offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  const close = archive.close?.bind(archive);
  return {
    name,
    size,
    read: (from, to) => archive.read(begin + from, begin + to),
    ...(close === undefined ? {} : { close }),
  };
}

/** What the library of archives found, in words for whoever has the file. */
function damagedBy(name: string, cause: unknown): SaenoError {
  // Of the file, which could not be read.
  if (SaenoError.isInstance(cause)) return cause;
  const isChecksum = /crc|signature/i.test(messageOf(cause));
  const problem = isChecksum ? "its checksum is not that of its content" : "its parts do not fit together";
  return damaged(name, machineProblem(cause) ?? problem, cause);
}

function damaged(name: string, problem: string, cause?: unknown): SaenoError {
  return new SaenoError("npz.format", `${name} is a damaged or truncated .npz archive: ${problem}.`, {
    kind: "data",
    cause,
  });
}
