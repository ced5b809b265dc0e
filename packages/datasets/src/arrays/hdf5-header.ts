/**
 * What the header of an HDF5 dataset says that h5wasm does not: how the bits of its numbers are laid out, and whether they are kept in other files.
 * By the HDF5 file format specification, version 3: superblocks 0 to 3, object headers 1 and 2.
 */
import type { Hdf5Module } from "./hdf5-library.ts";

export interface BitLayout {
  readonly isFloat: boolean;
  /** Of the numbers among the bits that are stored. */
  readonly offset: number;
  readonly precision: number;
  /** Of floats. */
  readonly exponentBits: number;
  readonly bias: number;
}

export interface Hdf5Header {
  /** Absent of other types than integers and floats, and where it is not written plainly. */
  readonly bits?: BitLayout;
  readonly isExternal: boolean;
}

/** Bytes and messages of a header that are read, at most: damaged ones must end too. */
const [mostBytes, mostBlocks] = [2 ** 22, 64];
const [datatype, externalFiles, continuation] = [0x03, 0x07, 0x10];
const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * @param address of the header, as a reference to the dataset holds it.
 * @returns nothing where it cannot be made out.
 */
export function readHdf5Header(module: Hdf5Module, path: string, address: number): Hdf5Header | undefined {
  const stream = module.FS.open(path, "r");
  try {
    const readAt = (position: number, length: number) => {
      const bytes = new Uint8Array(Math.min(length, mostBytes));
      return bytes.subarray(0, module.FS.read(stream, bytes, 0, bytes.length, position));
    };
    const superblock = readSuperblock(readAt);
    if (superblock === undefined) return undefined;
    const found = messagesOf({ readAt, ...superblock }, address, 0);
    return found.damaged ? undefined : { isExternal: found.isExternal, ...(found.bits && { bits: found.bits }) };
  } catch (error) {
    // Reading beyond what is there: the header is not as it should be.
    if (error instanceof RangeError) return undefined;
    throw error;
  } finally {
    module.FS.close(stream);
  }
}

type ReadAt = (position: number, length: number) => Uint8Array;

interface Places {
  readonly readAt: ReadAt;
  /** Addresses count from here. */
  readonly base: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unsigned(view: DataView, at: number, bytes: number): number {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + view.getUint8(at + i);
  return value;
}

function readSuperblock(readAt: ReadAt): Omit<Places, "readAt"> | undefined {
  for (let base = 0; base <= 2 ** 24; base = base === 0 ? 512 : 2 * base) {
    const bytes = readAt(base, 32);
    if (!signature.every((byte, i) => bytes[i] === byte)) continue;
    const version = bytes[8];
    const [offsetBytes, lengthBytes] = version < 2 ? [bytes[13], bytes[14]] : [bytes[9], bytes[10]];
    return version <= 3 ? { base, offsetBytes, lengthBytes } : undefined;
  }
  return undefined;
}

interface Found {
  bits?: BitLayout;
  isExternal: boolean;
  damaged: boolean;
}

/** @param depth of references to a type that is kept by itself. */
function messagesOf(places: Places, address: number, depth: number): Found {
  const { readAt, base, offsetBytes, lengthBytes } = places;
  const found: Found = { isExternal: false, damaged: false };
  const start = readAt(base + address, 32);
  const isNew = String.fromCharCode(...start.subarray(0, 4)) === "OHDR";
  const flags = isNew ? start[5] : 0;
  const blocks: [position: number, length: number][] = [];
  if (isNew) {
    const before = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const width = 1 << (flags & 3);
    blocks.push([base + address + before + width, unsigned(viewOf(start), before, width)]);
  } else if (start[0] === 1) blocks.push([base + address + 16, unsigned(viewOf(start), 8, 4)]);
  else return { ...found, damaged: true };
  const prefix = isNew ? 4 + (flags & 4 ? 2 : 0) : 8;
  for (let i = 0; i < blocks.length && i < mostBlocks; i++) {
    const view = viewOf(readAt(...blocks[i]));
    for (let at = 0; at + prefix <= view.byteLength; ) {
      const type = isNew ? view.getUint8(at) : view.getUint16(at, true);
      const size = view.getUint16(at + (isNew ? 1 : 2), true);
      const isShared = (view.getUint8(at + (isNew ? 3 : 4)) & 2) !== 0;
      const body = at + prefix;
      at = body + size;
      if (at > view.byteLength) break;
      if (type === externalFiles) found.isExternal = true;
      if (type === continuation) {
        const position = base + unsigned(view, body, offsetBytes);
        const length = unsigned(view, body + offsetBytes, lengthBytes);
        // Later blocks of new headers begin with a signature and end with a checksum.
        blocks.push(isNew ? [position + 4, length - 8] : [position, length]);
      }
      if (type !== datatype) continue;
      const bits = isShared ? sharedBits(places, view, body, depth) : bitsOf(view, body);
      if (bits !== undefined) found.bits = bits;
    }
  }
  return found;
}

/** Of a type with a name of its own. */
function sharedBits(places: Places, view: DataView, at: number, depth: number): BitLayout | undefined {
  const [version, kind] = [view.getUint8(at), view.getUint8(at + 1)];
  // Kept in a heap of messages, or referred to in a circle.
  if ((version === 3 && kind !== 2) || depth > 3) return undefined;
  return messagesOf(places, unsigned(view, at + (version === 1 ? 8 : 2), places.offsetBytes), depth + 1).bits;
}

function bitsOf(view: DataView, at: number): BitLayout | undefined {
  const kind = view.getUint8(at) & 15;
  if (kind > 1) return undefined;
  const isFloat = kind === 1;
  return {
    isFloat,
    offset: view.getUint16(at + 8, true),
    precision: view.getUint16(at + 10, true),
    exponentBits: isFloat ? view.getUint8(at + 13) : 0,
    bias: isFloat ? view.getUint32(at + 16, true) : 0,
  };
}
