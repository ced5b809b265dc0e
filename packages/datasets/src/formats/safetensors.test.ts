import { describe, expect, test } from "vitest";
import { encodeSafetensors, openSafetensors, parseSafetensors, type SafetensorsType } from "./safetensors.ts";
import { brainToNumber, halfToNumber, numberToBrain, numberToHalf } from "./small-floats.ts";

/** The number that is nearest among all with these bits, ties to the even one. */
function nearest(value: number, decode: (bits: number) => number): number {
  let best = Number.NaN;
  for (let bits = 0; bits < 0x8000; bits++) {
    const candidate = decode(bits);
    if (!Number.isFinite(candidate)) continue;
    const [distance, closest] = [Math.abs(candidate - Math.abs(value)), Math.abs(best - Math.abs(value))];
    if (Number.isNaN(best) || distance < closest || (distance === closest && bits % 2 === 0)) best = candidate;
  }
  return Math.sign(value) * best;
}

describe("sixteen-bit floats", () => {
  const known: [string, (bits: number) => number, (value: number) => number, [number, number][]][] = [
    [
      "F16",
      halfToNumber,
      numberToHalf,
      [
        [0x0000, 0],
        [0x0001, 2 ** -24],
        [0x03ff, 1023 * 2 ** -24],
        [0x0400, 2 ** -14],
        [0x3555, 0.333251953125],
        [0x3c00, 1],
        [0xc000, -2],
        [0x7bff, 65504],
        [0x7c00, Number.POSITIVE_INFINITY],
        [0xfc00, Number.NEGATIVE_INFINITY],
      ],
    ],
    [
      "BF16",
      brainToNumber,
      numberToBrain,
      [
        [0x0000, 0],
        [0x0001, 2 ** -133],
        [0x0080, 2 ** -126],
        [0x3eab, 0.333984375],
        [0x3f80, 1],
        [0xc000, -2],
        [0x7f7f, (2 - 2 ** -7) * 2 ** 127],
        [0x7f80, Number.POSITIVE_INFINITY],
        [0xff80, Number.NEGATIVE_INFINITY],
      ],
    ],
  ];

  test.each(known)(
    "%s: known bits are known numbers, and all bits survive the way there and back",
    (_, read, write, pairs) => {
      for (const [bits, value] of pairs) {
        expect(read(bits)).toBe(value);
        expect(write(value)).toBe(bits);
      }
      expect(read(write(Number.NaN))).toBeNaN();
      expect(read(write(-0))).toBe(-0);
      for (let bits = 0; bits < 0x10000; bits++) {
        if (!Number.isNaN(read(bits))) expect(write(read(bits))).toBe(bits);
      }
    },
  );

  test("numbers in between go to the nearest, halfway to the even one", () => {
    const halves = [
      1 / 3,
      -0.1,
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      65519,
      2 ** -25,
      3 * 2 ** -25,
      2 ** -14 - 2 ** -26,
      1e-9,
    ];
    for (const value of halves) expect(halfToNumber(numberToHalf(value))).toBe(nearest(value, halfToNumber));
    expect(numberToHalf(65520)).toBe(0x7c00);
    const brains = [1 / 3, -0.1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 1e-40, 3e38].map(Math.fround);
    for (const value of brains) expect(brainToNumber(numberToBrain(value))).toBe(nearest(value, brainToNumber));
  });
});

describe("safetensors of every type", () => {
  test("what is written is read back, wider numbers first", () => {
    const floats = [1, -0.5, 0, 1024, Number.NEGATIVE_INFINITY, 2 ** -20];
    const whole = [0, 1, 2, 250, 7, 9];
    const tensors = Object.fromEntries(
      (["BF16", "U8", "F16", "F32", "I32", "F64", "I64"] as const).map((dtype) => [
        dtype,
        { dtype, shape: [2, 3], values: dtype.includes("F") ? floats : whole },
      ]),
    );
    const { tensors: found } = parseSafetensors(encodeSafetensors(tensors), "x");
    for (const [name, { dtype, shape, values }] of Object.entries(tensors)) {
      expect(found.get(name)).toMatchObject({ dtype, shape });
      expect(Array.from(found.get(name)?.values ?? [])).toEqual(values);
    }
    expect([...found.keys()]).toEqual(["F64", "I64", "F32", "I32", "BF16", "F16", "U8"]);
  });

  test("an F64 keeps all its digits", () => {
    const bytes = encodeSafetensors({ a: { dtype: "F64", shape: [], values: [Math.PI] } });
    expect(parseSafetensors(bytes, "x").tensors.get("a")?.values).toEqual(Float64Array.of(Math.PI));
  });

  test("complex numbers have a last axis of 2 that the file leaves out", () => {
    const bytes = encodeSafetensors({ a: { dtype: "C64", shape: [3, 2], values: [1, 2, 3, 4, 5, 6] } });
    expect(new TextDecoder().decode(bytes.subarray(8, 90))).toContain(
      '"dtype":"C64","shape":[3],"data_offsets":[0,24]',
    );
    expect(parseSafetensors(bytes, "x").tensors.get("a")).toMatchObject({ dtype: "C64", shape: [3, 2] });
    expect(() => encodeSafetensors({ a: { dtype: "C64", shape: [3], values: [1, 2, 3] } })).toThrow(/last axis of 2/);
  });

  test("values that do not fit their shape are refused", () => {
    const dtype: SafetensorsType = "F16";
    expect(() => encodeSafetensors({ a: { dtype, shape: [2, 2], values: [1, 2, 3] } })).toThrow(/3 values do not fit/);
  });
});

function withHeader(header: unknown, data: ArrayLike<number> = new Uint8Array(4)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const all = new Uint8Array(8 + text.length + data.length);
  new DataView(all.buffer).setBigUint64(0, BigInt(text.length), true);
  all.set(text, 8);
  all.set(data, 8 + text.length);
  return all;
}

describe("every type of the format", () => {
  test.each([
    ["BOOL", [0, 1, 1], [0, 1, 1]],
    ["I8", [255, 1], [-1, 1]],
    ["U16", [1, 2], [513]],
    ["I16", [254, 255], [-2]],
    ["U32", [0, 0, 0, 128], [2 ** 31]],
    ["U64", [2, 0, 0, 0, 0, 0, 32, 0], [2 ** 53 + 2]],
    ["F8_E5M2", [0x3c, 0xc4, 0x7c, 0x01], [1, -4, Number.POSITIVE_INFINITY, 2 ** -16]],
    ["F8_E4M3", [0x38, 0xc1, 0x7e, 0x01, 0x7f], [1, -2.25, 448, 2 ** -9, Number.NaN]],
    ["F8_E8M0", [127, 128, 126, 255], [1, 2, 0.5, Number.NaN]],
  ])("of whole bytes is read: %s", (dtype, data, values) => {
    const bytes = withHeader({ a: { dtype, shape: [values.length], data_offsets: [0, data.length] } }, data);
    expect(Array.from(parseSafetensors(bytes, "x").tensors.get("a")?.values ?? [])).toEqual(values);
  });

  test("has a size; what cannot be read, or is not known at all, is not the fault of the file", async () => {
    const header = {
      F4: { dtype: "F4", shape: [3, 2], data_offsets: [0, 3] },
      F6: { dtype: "F6_E2M3", shape: [4], data_offsets: [3, 6] },
      new: { dtype: "Q3_K", shape: [5], data_offsets: [6, 9] },
      a: { dtype: "U8", shape: [1], data_offsets: [9, 10] },
    };
    const bytes = withHeader(header, new Uint8Array(10).fill(7));
    const { tensors } = parseSafetensors(bytes, "x");
    expect(Array.from(tensors.get("a")?.values ?? [])).toEqual([7]);
    expect(() => tensors.get("F4")?.values).toThrow(/x: "F4" is of type F4, whose values are not read here/);
    expect(() => tensors.get("new")?.values).toThrow(/type Q3_K/);
    expect(() => parseSafetensors(withHeader({ F4: { ...header.F4, shape: [3] } }, new Uint8Array(3)), "x")).toThrow(
      /"F4" has 3 bytes for the shape \[3\] of F4/,
    );
  });

  test("may be empty, wherever the header names it", () => {
    const empty = { dtype: "F32", shape: [0, 4], data_offsets: [4, 4] };
    const a = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
    const b = { dtype: "F32", shape: [1], data_offsets: [4, 8] };
    for (const header of [
      { a, b, empty },
      { empty, b, a },
      { b, empty, a },
      { a, b, empty: { ...empty, data_offsets: [8, 8] } },
    ])
      expect(parseSafetensors(withHeader(header, new Uint8Array(8)), "x").tensors.get("empty")?.values).toHaveLength(0);
  });
});

test("a file of any size is read by tensor", async () => {
  // 5 GiB, of which only what is asked for exists.
  const far = 5 * 2 ** 30;
  const header = {
    huge: { dtype: "F32", shape: [far / 4], data_offsets: [0, far] },
    a: { dtype: "F32", shape: [2], data_offsets: [far, far + 8] },
  };
  const start = withHeader(header, []);
  const read: [number, number][] = [];
  const source = {
    name: "big",
    size: start.length + far + 8,
    async read(from: number, to: number) {
      read.push([from, to]);
      return from < start.length ? start.subarray(from, to) : new Uint8Array(Float32Array.of(1, 2).buffer);
    },
  };
  const { tensors } = await openSafetensors(source);
  expect(tensors.get("huge")?.shape).toEqual([far / 4]);
  expect(await tensors.get("a")?.read()).toEqual(Float32Array.of(1, 2));
  expect(read).toEqual([
    [0, 8],
    [8, start.length],
    [start.length + far, start.length + far + 8],
  ]);
  await expect(openSafetensors({ ...source, size: source.size - 1 })).rejects.toThrow(
    /^big is not a valid .* truncated/,
  );
});

describe("safetensors", () => {
  const tensors = {
    a: { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) },
    b: { shape: [3], values: Float32Array.of(5, 6, 7) },
  };

  test("what is written is read back, with its metadata, the values aligned to eight bytes", () => {
    const bytes = encodeSafetensors(tensors, { by: "test" });
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    const { tensors: found, metadata } = parseSafetensors(bytes, "x");
    expect(metadata).toEqual({ by: "test" });
    expect([...found.keys()]).toEqual(["a", "b"]);
    expect(Array.from(found.get("b")?.values ?? [])).toEqual([5, 6, 7]);
  });

  test("every kind of damage is an error that names the file", () => {
    const bytes = encodeSafetensors(tensors);
    const bad: [Uint8Array, RegExp][] = [
      [bytes.subarray(0, 5), /5 bytes are too few/],
      [bytes.subarray(0, 40), /header claims/],
      [bytes.subarray(0, bytes.length - 1), /truncated/],
      [new Uint8Array([...bytes, 0]), /1 bytes follow/],
      [withHeader([]), /not a JSON object/],
      [withHeader({ a: { dtype: 8, shape: [1], data_offsets: [0, 4] } }), /"a" has no type/],
      [withHeader('{"a": NaN, "a": 1}'), /its header is not valid JSON, line 1, column 12: the key "a" is given twice/],
      [withHeader("[".repeat(20_000)), /nested more than 200 deep/],
      [withHeader({ a: { dtype: "F32", shape: [2 ** 40, 2 ** 40], data_offsets: [0, 4] } }), /4 bytes for the shape/],
      [withHeader({ a: { dtype: "F32", shape: [-1], data_offsets: [0, 4] } }), /no shape of whole numbers/],
      [withHeader({ a: { dtype: "F32", shape: [2], data_offsets: [0, 4] } }), /4 bytes for the shape \[2\]/],
      [
        withHeader({ a: { dtype: "F32", shape: [1], data_offsets: [4, 8] } }, new Uint8Array(8)),
        /begin at 4, not at 0/,
      ],
    ];
    for (const [damaged, message] of bad) {
      expect(() => parseSafetensors(damaged, "model.safetensors")).toThrow(message);
      expect(() => parseSafetensors(damaged, "model.safetensors")).toThrow(
        /^model.safetensors is not a valid safetensors file/,
      );
    }
  });
});
