/** Records of one size in a file: typed numbers at fixed places, so that any one is read alone. */

export type FieldType = "F64" | "F32" | "I32";

const types: Readonly<Record<FieldType, { readonly bytes: number; readonly missing: number }>> = {
  F64: { bytes: 8, missing: Number.NaN },
  F32: { bytes: 4, missing: Number.NaN },
  I32: { bytes: 4, missing: -1 },
};

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** How many numbers. */
  readonly length: number;
  /** Where they begin in a record, in bytes; little-endian. */
  readonly offset: number;
}

export interface Layout {
  readonly fields: readonly Field[];
  /** Bytes of a record, a multiple of eight. */
  readonly size: number;
}

/** Wider numbers come first, so that all are aligned. */
export function layoutOf(fields: readonly Omit<Field, "offset">[]): Layout {
  let offset = 0;
  const placed = [...fields]
    .sort((a, b) => types[b.type].bytes - types[a.type].bytes)
    .map((field) => {
      const at = offset;
      offset += types[field.type].bytes * field.length;
      return { ...field, offset: at };
    });
  return { fields: placed, size: 8 * Math.ceil(offset / 8) };
}

/** The numbers of a record by the names of its fields. */
export type RecordValues = Readonly<Record<string, ArrayLike<number> | undefined>>;

/** Writes a record; what is missing is NaN, or -1. */
export function writeRecord(bytes: Uint8Array, at: number, { fields }: Layout, values: RecordValues): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  for (const { name, type, length, offset } of fields) {
    const given = values[name] ?? [];
    const { bytes: width, missing } = types[type];
    for (let i = 0; i < length; i++) {
      const place = offset + i * width;
      const value = i < given.length ? given[i] : missing;
      if (type === "F64") view.setFloat64(place, value, true);
      else if (type === "F32") view.setFloat32(place, value, true);
      else view.setInt32(place, value, true);
    }
  }
}

export interface ReadRecord {
  /** All numbers of a field. */
  all(name: string): number[];
  /** Its only, or first, number. */
  one(name: string): number;
}

/** @param bytes of the record, or from its beginning on. */
export function readRecord(bytes: Uint8Array, { fields }: Layout): ReadRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const byName = new Map(fields.map((field) => [field.name, field]));
  const all = (name: string): number[] => {
    const { type, length, offset } = byName.get(name) ?? { type: "I32", length: 0, offset: 0 };
    const width = types[type].bytes;
    return Array.from({ length }, (_, i) => {
      const place = offset + i * width;
      if (type === "F64") return view.getFloat64(place, true);
      return type === "F32" ? view.getFloat32(place, true) : view.getInt32(place, true);
    });
  };
  return { all, one: (name) => all(name)[0] ?? Number.NaN };
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** The checksum of zip archives (CRC-32, IEEE 802.3). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
