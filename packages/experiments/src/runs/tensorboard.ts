import type { RunRecord } from "../run/run-training.ts";

/** A file of a run folder that grows with each step. */
export interface StepLog {
  readonly file: string;
  /** What a step adds to it. */
  bytesOf(record: RunRecord): Uint8Array;
}

/** Of a record, what is not a curve. */
const left = new Set(["step", "seconds", "deadAfter"]);

/**
 * The numbers of each step as an event file of TensorBoard: TFRecord frames of `Event` messages (tensorflow/core/util/event.proto).
 *
 * Every process that trains writes a file of its own, with the time in its name, because TensorBoard reads those of a folder in the order of
 * their names. A session starts with the first step of a file, and wherever training goes back: steps from there on that were made before,
 * and lost because they came after the last checkpoint, are forgotten.
 */
export function tensorBoardLog(now: () => number = Date.now): StepLog {
  const begun = now();
  const seconds = String(Math.floor(begun / 1000)).padStart(10, "0");
  let last: number | undefined;
  return {
    file: `tensorboard/events.out.tfevents.${seconds}.${String(begun % 1000).padStart(3, "0")}`,
    bytesOf(record) {
      const { step } = record;
      const event = (...content: Uint8Array[]) => frame(joined([double(1, now() / 1000), ...content]));
      const values = Object.entries(record).flatMap(([tag, value]) =>
        left.has(tag) || value === undefined ? [] : [bytes(1, joined([bytes(1, utf8(tag)), float(2, value)]))],
      );
      const version = last === undefined ? [event(bytes(3, utf8("brain.Event:2")))] : [];
      const session = step - 1 === last ? [] : [event(integer(2, step), bytes(7, integer(1, sessionStart)))];
      last = step;
      return joined([...version, ...session, event(integer(2, step), bytes(5, joined(values)))]);
    },
  };
}

/** `SessionLog.START` */
const sessionStart = 1;

/** A record of a TFRecord file: length, its checksum, content, its checksum; all little-endian. */
function frame(content: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(content.length + 16);
  const view = new DataView(framed.buffer);
  view.setUint32(0, content.length, true);
  view.setUint32(8, maskedCrc(framed.subarray(0, 8)), true);
  framed.set(content, 12);
  view.setUint32(12 + content.length, maskedCrc(content), true);
  return framed;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (Castagnoli), rotated and shifted, so that a checksum of what holds checksums means something. */
function maskedCrc(content: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of content) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 0xff];
  crc = ~crc;
  return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
}

/** Fields of a protocol buffer: number and kind (0 integer, 1 of 8 bytes, 2 of any length, 5 of 4 bytes), then the value. */
function field(number: number, kind: 0 | 1 | 2 | 5, ...value: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joined([Uint8Array.of(8 * number + kind), ...value]);
}

function integer(number: number, value: number): Uint8Array<ArrayBuffer> {
  return field(number, 0, varint(value));
}

function double(number: number, value: number): Uint8Array<ArrayBuffer> {
  const content = new DataView(new ArrayBuffer(8));
  content.setFloat64(0, value, true);
  return field(number, 1, new Uint8Array(content.buffer));
}

function float(number: number, value: number): Uint8Array<ArrayBuffer> {
  const content = new DataView(new ArrayBuffer(4));
  content.setFloat32(0, value, true);
  return field(number, 5, new Uint8Array(content.buffer));
}

function bytes(number: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  return field(number, 2, varint(content.length), content);
}

/** Seven bits a byte, the low ones first; all but the last have the eighth bit set. */
function varint(value: number): Uint8Array<ArrayBuffer> {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) digits.push(128 + (rest % 128));
  return Uint8Array.of(...digits, rest);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}
