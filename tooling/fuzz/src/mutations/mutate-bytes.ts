import type { Random } from "@saeno/backend";
import { pick } from "../target.ts";

export interface MutatedBytes {
  readonly bytes: Uint8Array;
  readonly changes: readonly string[];
  /** Only its end is missing. */
  readonly isCut: boolean;
}

type Mutation = (bytes: Uint8Array, random: Random, others: readonly Uint8Array[]) => [Uint8Array, string];

/** Damages a file: one to four changes, at its beginning and its end more often than in between, where most of it is numbers. */
export function mutateBytes(bytes: Uint8Array, random: Random, others: readonly Uint8Array[] = []): MutatedBytes {
  const count = 1 + Math.floor(4 * random.uniform() ** 2);
  const changes: string[] = [];
  let current = bytes;
  for (let i = 0; i < count; i++) {
    const [changed, words] = pick(mutations, random)(current, random, others);
    current = changed;
    changes.push(words);
  }
  return { bytes: current, changes, isCut: count === 1 && changes[0].startsWith("cut") };
}

const mutations: readonly Mutation[] = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  setNumber,
  setNumber,
  cutOff,
  insert,
  remove,
  repeat,
  splice,
  moveBlock,
];

function flipBit(bytes: Uint8Array, random: Random): [Uint8Array, string] {
  if (bytes.length === 0) return insert(bytes, random);
  const [at, bit] = [place(bytes.length, random), random.integer(8)];
  const changed = bytes.slice();
  changed[at] ^= 1 << bit;
  return [changed, `bit ${bit} of byte ${at} flipped`];
}

function setByte(bytes: Uint8Array, random: Random): [Uint8Array, string] {
  if (bytes.length === 0) return insert(bytes, random);
  const at = place(bytes.length, random);
  const value = pick([0, 1, 0x20, 0x22, 0x2d, 0x30, 0x39, 0x7f, 0x80, 0xff, random.integer(256)], random);
  const changed = bytes.slice();
  changed[at] = value;
  return [changed, `byte ${at} set to ${value}`];
}

/** Length fields, offsets and counts are numbers of 2, 4 or 8 bytes. */
function setNumber(bytes: Uint8Array, random: Random): [Uint8Array, string] {
  const width = pick([2, 4, 8], random);
  if (bytes.length < width) return insert(bytes, random);
  const at = place(bytes.length - width + 1, random);
  const most = 2n ** BigInt(8 * width);
  const size = BigInt(bytes.length);
  const values = [0n, 1n, most - 1n, most / 2n, most / 2n - 1n, 2n ** 31n, 10n ** 9n, size, size + 1n, size - 1n];
  const value = pick(values, random) % most;
  const isLittle = random.integer(2) === 0;
  const changed = bytes.slice();
  for (let i = 0; i < width; i++) {
    const byte = Number((value >> BigInt(8 * i)) & 255n);
    changed[isLittle ? at + i : at + width - 1 - i] = byte;
  }
  return [changed, `${width} bytes at ${at} set to ${value}${isLittle ? "" : ", big-endian"}`];
}

function cutOff(bytes: Uint8Array, random: Random): [Uint8Array, string] {
  if (bytes.length === 0) return insert(bytes, random);
  const length =
    random.integer(2) === 0
      ? random.integer(bytes.length)
      : bytes.length - 1 - random.integer(Math.min(16, bytes.length));
  return [bytes.slice(0, length), `cut off after ${length} of ${bytes.length} bytes`];
}

function insert(bytes: Uint8Array, random: Random): [Uint8Array, string] {
  const at = place(bytes.length + 1, random);
  const length = pick([1, 1, 2, 4, 8, 64], random);
  const value = pick([0, 0x20, 0xff, -1], random);
  const added = Uint8Array.from({ length }, () => (value < 0 ? random.integer(256) : value));
  return [joined(bytes.subarray(0, at), added, bytes.subarray(at)), `${length} bytes inserted at ${at}`];
}

function remove(bytes: Uint8Array, random: Random): [Uint8Array, string] {
  const [from, to] = block(bytes, random);
  return [joined(bytes.subarray(0, from), bytes.subarray(to)), `bytes ${from} to ${to} removed`];
}

function repeat(bytes: Uint8Array, random: Random): [Uint8Array, string] {
  const [from, to] = block(bytes, random);
  const times = pick([1, 1, 2, 20], random);
  const copies = Array.from({ length: times }, () => bytes.subarray(from, to));
  return [
    joined(bytes.subarray(0, to), ...copies, bytes.subarray(to)),
    `bytes ${from} to ${to} repeated ${times} times`,
  ];
}

/** The beginning of one file and the end of another. */
function splice(bytes: Uint8Array, random: Random, others: readonly Uint8Array[]): [Uint8Array, string] {
  const other = others.length > 0 ? pick(others, random) : bytes;
  const [at, from] = [place(bytes.length + 1, random), place(other.length + 1, random)];
  return [
    joined(bytes.subarray(0, at), other.subarray(from)),
    `continued at ${at} with another file from its ${from} on`,
  ];
}

function moveBlock(bytes: Uint8Array, random: Random): [Uint8Array, string] {
  const [from, to] = block(bytes, random);
  const at = place(bytes.length + 1, random);
  const changed = bytes.slice();
  changed.set(bytes.subarray(from, Math.min(to, from + bytes.length - at)), at);
  return [changed, `bytes ${from} to ${to} copied over those at ${at}`];
}

function block(bytes: Uint8Array, random: Random): [from: number, to: number] {
  const from = place(bytes.length + 1, random);
  return [from, Math.min(bytes.length, from + pick([1, 2, 4, 8, 16, 64, 256], random))];
}

function place(length: number, random: Random): number {
  const near = Math.min(length, 160);
  switch (random.integer(4)) {
    case 0:
    case 1:
      return random.integer(near);
    case 2:
      return length - 1 - random.integer(near);
    default:
      return random.integer(length);
  }
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
