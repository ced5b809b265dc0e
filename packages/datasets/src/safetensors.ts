import { SaenoError, sizeOf } from "@saeno/backend";

export type SafetensorsType = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "U8";

export interface SafetensorsTensor {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  /** Numbers, whatever the type in the file. */
  readonly values: ArrayLike<number>;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const bytesOf: Readonly<Record<SafetensorsType, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1 };

interface Entry {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * Reads the bytes of a safetensors file: eight bytes of header length, a JSON header, the values. Nothing is evaluated, and
 * everything is checked: the header, types, shapes, and that the values fill the file without gap or overlap.
 *
 * @param name what to call the file in errors.
 * @throws SaenoError `safetensors.format` saying what is wrong and in which tensor.
 */
export function parseSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const fail = (problem: string): never => {
    throw new SaenoError("safetensors.format", `${name} is no valid safetensors file: ${problem}.`, { kind: "data" });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) fail(`${bytes.length} bytes are too few for a header`);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > bytes.length - 8)
    fail(
      `its header claims ${headerLength} bytes, the file has ${bytes.length - 8} more; it is truncated or something else`,
    );
  const header = parseHeader(bytes.subarray(8, 8 + headerLength), fail);
  const data = 8 + headerLength;
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = new Map<string, SafetensorsTensor>();
  let expected = 0;
  const ordered = Object.entries(entries as Record<string, Entry>).sort((a, b) => begin(a[1]) - begin(b[1]));
  for (const [tensorName, entry] of ordered) {
    const { dtype, shape, data_offsets: offsets } = checkEntry(tensorName, entry, fail);
    const [from, to] = offsets;
    if (from !== expected)
      fail(`the values of "${tensorName}" begin at ${from}, not at ${expected} where those before end`);
    if (to - from !== sizeOf(shape) * bytesOf[dtype])
      fail(`"${tensorName}" has ${to - from} bytes for the shape [${shape.join(", ")}] of ${dtype}`);
    if (data + to > bytes.length)
      fail(`the values of "${tensorName}" end at byte ${data + to} of ${bytes.length}: the file is truncated`);
    tensors.set(tensorName, { dtype, shape, values: readValues(view, data + from, sizeOf(shape), dtype) });
    expected = to;
  }
  if (data + expected !== bytes.length) fail(`${bytes.length - data - expected} bytes follow the last tensor`);
  return { tensors, metadata: metadata as Record<string, string> };
}

/** The bytes of a safetensors file, float32 tensors in the order given, the header padded to eight bytes with spaces. */
export function encodeSafetensors(
  tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    if (sizeOf(shape) !== values.length) {
      throw new SaenoError(
        "safetensors.shape",
        `"${name}": ${values.length} values do not fit the shape [${shape.join(", ")}].`,
      );
    }
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + 4 * values.length] };
    offset += 4 * values.length;
  }
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(json + " ".repeat((8 - (new TextEncoder().encode(json).length % 8)) % 8));
  const bytes = new Uint8Array(8 + text.length + offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let position = 8 + text.length;
  for (const { values } of Object.values(tensors)) {
    for (const value of values) {
      view.setFloat32(position, value, true);
      position += 4;
    }
  }
  return bytes;
}

type Fail = (problem: string) => never;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    fail("its header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) fail("its header is not a JSON object");
  return header as Record<string, unknown>;
}

function begin(entry: Entry): number {
  return Array.isArray(entry?.data_offsets) ? Number(entry.data_offsets[0]) : 0;
}

function checkEntry(name: string, entry: Entry, fail: Fail): Entry {
  const whole = (values: unknown): boolean =>
    Array.isArray(values) && values.every((n) => Number.isInteger(n) && n >= 0);
  if (typeof entry !== "object" || entry === null) fail(`"${name}" is not described by an object`);
  if (!(entry.dtype in bytesOf))
    fail(`"${name}" is of type ${String(entry.dtype)}, not one of ${Object.keys(bytesOf).join(", ")}`);
  if (!whole(entry.shape)) fail(`"${name}" has no shape of whole numbers`);
  if (!whole(entry.data_offsets) || entry.data_offsets.length !== 2 || entry.data_offsets[0] > entry.data_offsets[1]) {
    fail(`"${name}" has no pair of offsets`);
  }
  return entry;
}

function readValues(view: DataView, at: number, count: number, dtype: SafetensorsType): ArrayLike<number> {
  const size = bytesOf[dtype];
  const values =
    dtype === "F64" || dtype === "I64"
      ? new Float64Array(count)
      : dtype === "I32"
        ? new Int32Array(count)
        : new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = readValue(view, at + i * size, dtype);
  return values;
}

function readValue(view: DataView, at: number, dtype: SafetensorsType): number {
  switch (dtype) {
    case "F64":
      return view.getFloat64(at, true);
    case "F32":
      return view.getFloat32(at, true);
    case "F16":
      return halfToNumber(view.getUint16(at, true));
    case "BF16": {
      const scratch = new DataView(new ArrayBuffer(4));
      scratch.setUint16(0, view.getUint16(at, true));
      return scratch.getFloat32(0);
    }
    case "I64":
      return Number(view.getBigInt64(at, true));
    case "I32":
      return view.getInt32(at, true);
    case "U8":
      return view.getUint8(at);
    default:
      throw dtype satisfies never;
  }
}

/** IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
