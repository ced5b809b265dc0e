/**
 * Large files that take little disk: some chunks of fields are compressed once, and then are every chunk of the array. Readers do not notice:
 * each chunk is found, read and unpacked as if it were another one.
 */
import { linkSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { encodeNpy } from "@saeno/datasets";
import * as h5wasm from "h5wasm/node";

/** Points of a sample on each axis, samples in a chunk, and how many chunks differ. */
export const [points, inChunk, different] = [64, 16, 64];
const shapeOf = (samples: number) => [samples, points, points];
/** A file may have no more names than this on common file systems. */
const mostLinks = 20_000;

/** A chunk of fields: a few waves each, rounded so that they compress three times or so, as simulations do. */
function fields(chunk: number): Float32Array {
  const values = new Float32Array(inChunk * points ** 2);
  for (let i = 0; i < values.length; i++) {
    const sample = chunk * inChunk + Math.floor(i / points ** 2);
    const [y, x] = [Math.floor(i / points) % points, i % points];
    const [k, l] = [1 + ((7 * sample) % 6), 1 + ((5 * sample) % 5)];
    const turn = (2 * Math.PI) / points;
    const wave = Math.sin(turn * (k * x + l * y) + sample) + Math.cos(turn * (l * x - k * y) + 2 * sample);
    values[i] = Math.round(32 * wave) / 32;
  }
  return values;
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The first samples of the others, to be held in memory. */
export function writeNpy(file: string): void {
  const values = new Float32Array(different * inChunk * points ** 2);
  for (let i = 0; i < different; i++) values.set(fields(i), i * inChunk * points ** 2);
  writeFileSync(file, encodeNpy({ shape: shapeOf(different * inChunk), values }));
}

/** A Zarr store of version 2, its chunks compressed by zlib. */
export function writeZarr(folder: string, samples: number): void {
  const metadata = {
    zarr_format: 2,
    shape: shapeOf(samples),
    chunks: shapeOf(inChunk),
    dtype: "<f4",
    compressor: { id: "zlib", level: 1 },
    filters: null,
    fill_value: 0,
    order: "C",
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, ".zarray"), JSON.stringify(metadata));
  const packed = Array.from({ length: different }, (_, i) => deflateSync(bytesOf(fields(i)), { level: 1 }));
  const first = new Map<number, string>();
  for (let i = 0; i < samples / inChunk; i++) {
    const file = join(folder, `${i}.0.0`);
    const of = (i % different) + different * Math.floor(i / (different * mostLinks));
    const known = first.get(of);
    if (known !== undefined) linkSync(known, file);
    else {
      writeFileSync(file, packed[i % different]);
      first.set(of, file);
    }
  }
}

/**
 * An HDF5 file with the dataset `u`, its chunks compressed by gzip. h5wasm writes the dataset, in the earliest format; the tree in which the
 * library finds chunks is written here.
 */
export async function writeHdf5(path: string, samples: number): Promise<void> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, "w", { libver: ["earliest", "latest"] });
  const data = file.create_dataset({
    name: "u",
    data: fields(0),
    shape: shapeOf(inChunk),
    maxshape: [null, points, points],
    chunks: shapeOf(inChunk),
    compression: 1,
  });
  data.resize(shapeOf(samples));
  file.close();
  const pieces: Uint8Array[] = [readFileSync(path)];
  let end = pieces[0].length;
  const append = (bytes: Uint8Array) => {
    pieces.push(bytes);
    end += bytes.length;
    return end - bytes.length;
  };
  const packed = Array.from({ length: different }, (_, i) => deflateSync(bytesOf(fields(i)), { level: 1 }));
  const places = packed.map(append);
  const entries = Array.from({ length: samples / inChunk }, (_, i) => ({
    first: i,
    bytes: packed[i % different].length,
    address: places[i % different],
  }));
  const root = writeTree(entries, append, () => end);
  const whole = new Uint8Array(end);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  const view = new DataView(whole.buffer);
  // The message of the storage: version 3, chunks, four axes with that of bytes, the tree, the chunk.
  const layout = whole.findIndex(
    (_, i) => [3, 2, 4].every((byte, j) => whole[i + j] === byte) && view.getUint32(i + 11, true) === inChunk,
  );
  view.setBigUint64(layout + 3, BigInt(root), true);
  view.setBigUint64(40, BigInt(end), true);
  writeFileSync(path, whole);
}

interface Entry {
  /** The number of its first chunk. */
  readonly first: number;
  /** Of the chunk, compressed. */
  readonly bytes: number;
  readonly address: number;
}

const [children, keyBytes] = [64, 40];

/** Level by level, each node above up to 64 below. */
function writeTree(entries: readonly Entry[], append: (bytes: Uint8Array) => number, end: () => number): number {
  let level = 0;
  let below = entries;
  for (;;) {
    const size = 24 + (children + 1) * keyBytes + children * 8;
    const count = Math.ceil(below.length / children);
    const begin = end();
    const nodes: Entry[] = [];
    for (let node = 0; node < count; node++) {
      const own = below.slice(node * children, (node + 1) * children);
      const bytes = new Uint8Array(size);
      const view = new DataView(bytes.buffer);
      bytes.set([0x54, 0x52, 0x45, 0x45, 1, level]);
      view.setUint16(6, own.length, true);
      view.setBigInt64(8, node === 0 ? -1n : BigInt(begin + (node - 1) * size), true);
      view.setBigInt64(16, node === count - 1 ? -1n : BigInt(begin + (node + 1) * size), true);
      const next = below[(node + 1) * children]?.first ?? entries.length;
      for (const [i, { first, bytes: length }] of [...own, { first: next, bytes: 0 }].entries()) {
        view.setUint32(24 + i * (keyBytes + 8), length, true);
        view.setBigUint64(32 + i * (keyBytes + 8), BigInt(first * inChunk), true);
      }
      for (const [i, { address }] of own.entries()) {
        view.setBigUint64(24 + keyBytes + i * (keyBytes + 8), BigInt(address), true);
      }
      nodes.push({ ...own[0], address: append(bytes) });
    }
    if (count === 1) return begin;
    below = nodes;
    level++;
  }
}
