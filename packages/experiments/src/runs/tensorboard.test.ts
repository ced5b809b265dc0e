import { expect, test } from "vitest";
import { memoryStore } from "./run-store.ts";
import { tensorBoardLog } from "./tensorboard.ts";

interface Event {
  readonly wallTime: number;
  readonly step?: number;
  readonly version?: string;
  readonly starts?: boolean;
  readonly scalars?: Readonly<Record<string, number>>;
}

/** CRC-32C by division of polynomials, bit by bit, the first bit of each byte its lowest. */
function crc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffffn;
  for (const byte of bytes) {
    remainder ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1n ? (remainder >> 1n) ^ 0x82f63b78n : remainder >> 1n;
  }
  return Number(remainder ^ 0xffffffffn);
}

/** The fields of a protocol buffer, in order. */
function fieldsOf(bytes: Uint8Array): { number: number; value: number; bytes: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: { number: number; value: number; bytes: Uint8Array }[] = [];
  let at = 0;
  const varint = () => {
    let [value, scale] = [0, 1];
    for (; ; scale *= 128) {
      const digit = bytes[at++];
      value += (digit & 127) * scale;
      if (digit < 128) return value;
    }
  };
  const none = new Uint8Array();
  const next = (length: number) => {
    at += length;
    return at - length;
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    if (key % 8 === 0) fields.push({ number, value: varint(), bytes: none });
    else if (key % 8 === 1) fields.push({ number, value: view.getFloat64(next(8), true), bytes: none });
    else if (key % 8 === 5) fields.push({ number, value: view.getFloat32(next(4), true), bytes: none });
    else {
      const length = varint();
      fields.push({ number, value: Number.NaN, bytes: bytes.subarray(next(length), at) });
    }
  }
  expect(at).toBe(bytes.length);
  return fields;
}

function eventsOf(file: Uint8Array): Event[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const events: Event[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const checked = (begin: number, end: number) => {
      const crc = crc32c(file.subarray(begin, end));
      const rotated = ((crc >>> 15) | (crc << 17)) >>> 0;
      expect(view.getUint32(end, true)).toBe((rotated + 0xa282ead8) % 2 ** 32);
    };
    checked(at, at + 8);
    checked(at + 12, at + 12 + length);
    const fields = new Map(fieldsOf(file.subarray(at + 12, at + 12 + length)).map((field) => [field.number, field]));
    const [version, summary, session] = [3, 5, 7].map((number) => fields.get(number)?.bytes);
    const step = fields.get(2)?.value;
    events.push({
      wallTime: fields.get(1)?.value ?? Number.NaN,
      ...(step === undefined ? {} : { step }),
      ...(version === undefined ? {} : { version: text(version) }),
      ...(session === undefined ? {} : { starts: fieldsOf(session)[0].value === 1 }),
      ...(summary === undefined
        ? {}
        : {
            scalars: Object.fromEntries(
              fieldsOf(summary).map(({ bytes }) => {
                const [tag, value] = fieldsOf(bytes);
                return [text(tag.bytes), value.value];
              }),
            ),
          }),
    });
    at += 16 + length;
  }
  return events;
}

const record = {
  step: 300,
  loss: 0.5,
  relativeError: 0.25,
  learningRate: 2 ** -10,
  activeConcepts: 12,
  deadConcepts: 0,
  deadAfter: 300,
  seconds: 12,
};

test("checksums are those of the standard", () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});

test("event files are those of TensorBoard's own writer, byte for byte", () => {
  const { file, bytesOf } = tensorBoardLog(() => 1764165826250);
  expect(file).toBe("tensorboard/events.out.tfevents.1764165826.250");
  // What tensorboard.summary.writer.record_writer.RecordWriter makes of these events.
  const golden =
    "1800000000000000a37f4b220900009030c249da411a0d627261696e2e4576656e743a32d2b50f23100000000000000095fbfe180900" +
    "009030c249da4110ac023a02080168cfb488720000000000000025053a820900009030c249da4110ac022a640a0b0a046c6f73731500" +
    "00003f0a140a0d72656c61746976654572726f72150000803e0a130a0c6c6561726e696e6752617465150000803a0a150a0e61637469" +
    "7665436f6e636570747315000040410a130a0c64656164436f6e63657074731500000000b9b571bf";
  expect(Buffer.from(bytesOf(record)).toString("hex")).toBe(golden);
});

test("each step has its numbers and those of extensions, at the time when it was made", () => {
  let time = 1000;
  const { bytesOf } = tensorBoardLog(() => time);
  const first = eventsOf(bytesOf({ ...record, step: 1 }));
  time = 2500;
  const later = { ...record, step: 2, recoveryError: 0.125, loss: Number.NaN };
  expect([...first, ...eventsOf(bytesOf(later))]).toEqual([
    { wallTime: 1, version: "brain.Event:2" },
    { wallTime: 1, step: 1, starts: true },
    {
      wallTime: 1,
      step: 1,
      scalars: { loss: 0.5, relativeError: 0.25, learningRate: 2 ** -10, activeConcepts: 12, deadConcepts: 0 },
    },
    {
      wallTime: 2.5,
      step: 2,
      scalars: {
        loss: Number.NaN,
        relativeError: 0.25,
        learningRate: 2 ** -10,
        activeConcepts: 12,
        deadConcepts: 0,
        recoveryError: 0.125,
      },
    },
  ]);
});

test("a training that goes on writes a file after the others, and steps that are made again take back those of before", () => {
  const [before, after] = [999_999_999_999, 1_000_000_000_000].map((time) => tensorBoardLog(() => time));
  expect([after.file, before.file].sort()).toEqual([before.file, after.file]);
  expect(eventsOf(after.bytesOf({ ...record, step: 41 }))[1]).toEqual({ wallTime: 1e9, step: 41, starts: true });
  const far = 2 ** 40 + 5;
  expect(eventsOf(after.bytesOf({ ...record, step: 42 }))).toHaveLength(1);
  expect(eventsOf(after.bytesOf({ ...record, step: far }))[0]).toEqual({ wallTime: 1e9, step: far, starts: true });
  expect(eventsOf(after.bytesOf({ ...record, step: 31 }))[0]).toEqual({ wallTime: 1e9, step: 31, starts: true });
});

test("bytes and lines grow in memory as they do in files", async () => {
  const store = memoryStore();
  const draft = await store.edit("run");
  await draft.append("bytes", Uint8Array.of(0, 255));
  await draft.append("lines", { a: 1 });
  await draft.append("bytes", Uint8Array.of(10));
  await draft.append("lines", { b: 2 });
  await draft.close();
  expect(await store.read("run", "bytes")).toEqual(Uint8Array.of(0, 255, 10));
  expect(new TextDecoder().decode(await store.read("run", "lines"))).toBe('{"a":1}\n{"b":2}\n');
});
