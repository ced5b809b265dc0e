/**
 * The codecs of Zarr with what zarrita leaves open: checksums are verified, chunks unpack to the size that they must have and never to more, and
 * wrong sizes are errors instead of zeros. They are registered under names of our own, so that other users of zarrita keep its codecs.
 */
import { sizeOf } from "@saeno/backend";
import { readStream } from "../bytes/read-stream.ts";
import type { ZarrCodec } from "./zarr-metadata.ts";

type Zarrita = typeof import("zarrita");

/** What a codec is told of the chunks that it unpacks. */
interface ChunkMetadata {
  readonly dataType: string;
  readonly shape: number[];
}

const prefix = "saeno:";

/** Our names for the codecs of an array. */
export function guardedCodecs(
  zarrita: Zarrita,
  codecs: readonly ZarrCodec[],
): { name: string; configuration: Record<string, unknown> }[] {
  return codecs.map(({ name, configuration }) => {
    if (name in guards && !zarrita.registry.has(prefix + name)) register(zarrita, name);
    const own = name === "delta" ? "numcodecs.delta" : name;
    return { name: name in guards ? prefix + name : own, configuration: { ...configuration } };
  });
}

function register({ registry }: Zarrita, name: string): void {
  const own = registry.get(name);
  const guard = guards[name];
  const entry = async () => {
    const original = await own?.();
    return {
      fromConfig(config: unknown, meta: ChunkMetadata) {
        const width = widthOf(meta.dataType);
        const size = sizeOf(meta.shape) * width;
        const kept = original?.fromConfig(config, meta as Parameters<typeof original.fromConfig>[1]);
        return {
          kind: name === "bytes" ? "array_to_bytes" : "bytes_to_bytes",
          encode: kept?.encode?.bind(kept),
          computeEncodedSize: (bytes: number) => bytes + (name === "crc32c" ? 4 : 0),
          async decode(bytes: Uint8Array) {
            const checked = await guard(bytes, { size, width, config });
            return checked.isDone || kept === undefined ? checked.bytes : kept.decode(checked.bytes);
          },
        };
      },
    };
  };
  // The registry's types are of zarrita's own codecs.
  registry.set(prefix + name, entry as unknown as Parameters<typeof registry.set>[1]);
}

function widthOf(dataType: string): number {
  return Number(/\d+$/.exec(dataType)?.[0] ?? 8) / 8;
}

interface GuardContext {
  /** Bytes of a chunk, unpacked. */
  readonly size: number;
  /** Bytes of a number. */
  readonly width: number;
  readonly config: unknown;
}

/** Checks bytes before zarrita unpacks them; or unpacks them itself. */
type Guard = (
  bytes: Uint8Array,
  context: GuardContext,
) =>
  | Promise<{ readonly bytes: Uint8Array; readonly isDone?: boolean }>
  | { readonly bytes: Uint8Array; readonly isDone?: boolean };

/** What a step may give, of chunks that have `size` bytes in the end: checksums and what does not compress are longer. */
function limit(size: number): number {
  return size + size / 64 + 1024;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const guards: Readonly<Record<string, Guard>> = {
  bytes(bytes, { size }) {
    if (bytes.length !== size) throw new Error(`it has ${bytes.length} bytes instead of ${size}`);
    return { bytes };
  },
  crc32c(bytes) {
    if (bytes.length < 4) throw new Error("it is cut off");
    const content = bytes.subarray(0, bytes.length - 4);
    if (crc32c(content) !== viewOf(bytes).getUint32(bytes.length - 4, true)) throw new Error("its checksum is wrong");
    return { bytes: content, isDone: true };
  },
  gzip: async (bytes, { size }) => ({ bytes: await inflated(bytes, "gzip", limit(size)), isDone: true }),
  zlib: async (bytes, { size }) => ({ bytes: await inflated(bytes, "deflate", limit(size)), isDone: true }),
  shuffle(bytes, { config }) {
    const { elementsize = 4 } = (config ?? {}) as { readonly elementsize?: unknown };
    const width = Number(elementsize);
    if (!Number.isInteger(width) || width < 1) throw new Error("its filter shuffle has no size of elements");
    return { bytes: unshuffled(bytes, width), isDone: true };
  },
  blosc(bytes, { size }) {
    if (bytes.length < 16) throw new Error("it is cut off");
    const view = viewOf(bytes);
    const [unpacked, packed] = [view.getUint32(4, true), view.getUint32(12, true)];
    if (packed !== bytes.length) throw new Error(`it has ${bytes.length} bytes instead of ${packed}`);
    checkLimit(unpacked, size);
    return { bytes };
  },
  lz4(bytes, { size }) {
    if (bytes.length < 4) throw new Error("it is cut off");
    checkLimit(viewOf(bytes).getUint32(0, true), size);
    return { bytes };
  },
  zstd(bytes, { size }) {
    checkLimit(zstdSize(bytes), size);
    return { bytes };
  },
};

function checkLimit(unpacked: number, size: number): void {
  if (unpacked > limit(size)) throw new Error(`it would unpack to ${unpacked} bytes; a chunk has ${size}`);
}

async function inflated(bytes: Uint8Array, format: "gzip" | "deflate", most: number): Promise<Uint8Array> {
  // Node's own is three times as fast as its streams.
  const zlib = globalThis.process?.getBuiltinModule?.("node:zlib");
  if (zlib !== undefined) {
    const unpack = format === "gzip" ? zlib.gunzipSync : zlib.inflateSync;
    try {
      return unpack(bytes, { maxOutputLength: Math.floor(most) });
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new Error(`it unpacks to more than ${Math.floor(most)} bytes`, { cause });
    }
  }
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream(format));
  return readStream(stream, most, () => new Error(`it unpacks to more than ${Math.floor(most)} bytes`));
}

function unshuffled(bytes: Uint8Array, width: number): Uint8Array {
  const count = Math.floor(bytes.length / width);
  const result = bytes.slice();
  for (let byte = 0; byte < width; byte++) {
    for (let i = 0; i < count; i++) result[i * width + byte] = bytes[byte * count + i];
  }
  return result;
}

/** At most what the frames of zstd unpack to (RFC 8878): what they say, or what their blocks can hold. */
function zstdSize(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let total = 0;
  let at = 0;
  while (at < bytes.length) {
    if (at + 6 > bytes.length) throw new Error("it is cut off");
    const magic = view.getUint32(at, true);
    if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== 0xfd2fb528) throw new Error("it is not compressed by zstd");
    const descriptor = bytes[at + 4];
    const isSingle = (descriptor & 0x20) !== 0;
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6];
    at += 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3];
    if (at + sizeBytes > bytes.length) throw new Error("it is cut off");
    const stated = readStated(view, at, sizeBytes);
    at += sizeBytes;
    let blocks = 0;
    for (let isLast = false; !isLast; ) {
      if (at + 3 > bytes.length) throw new Error("it is cut off");
      const header = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
      isLast = (header & 1) === 1;
      const [kind, length] = [(header >> 1) & 3, header >> 3];
      at += 3 + (kind === 1 ? 1 : length);
      // A block of them all unpacks to 2^17 bytes or fewer.
      blocks += kind === 2 ? 2 ** 17 : length;
    }
    if ((descriptor & 4) !== 0) at += 4;
    if (at > bytes.length) throw new Error("it is cut off");
    total += stated ?? blocks;
  }
  return total;
}

function readStated(view: DataView, at: number, bytes: number): number | undefined {
  switch (bytes) {
    case 0:
      return undefined;
    case 1:
      return view.getUint8(at);
    case 2:
      return 256 + view.getUint16(at, true);
    case 4:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

let table: Uint32Array | undefined;

/** Castagnoli's checksum. */
function crc32c(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0x82f63b78 : 0);
    return rest;
  });
  let sum = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ table[(sum ^ bytes[i]) & 255];
  return (sum ^ 0xffffffff) >>> 0;
}
