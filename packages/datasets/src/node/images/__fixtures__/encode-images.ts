/** Images of kinds that libraries do not write, for tests. */

export interface TiffPageValues {
  readonly width: number;
  readonly height: number;
  /** `[height, width, samples]`. */
  readonly values: Uint8Array | Uint16Array | Int16Array | Int32Array | Float32Array | Float64Array;
  /** Channels; default 1. */
  readonly samples?: number;
  /** Default 1, black is zero. */
  readonly photometric?: number;
  readonly orientation?: number;
  /** Kinds of further channels. */
  readonly extra?: readonly number[];
  /** 1 for a smaller version of another page. */
  readonly subfile?: number;
  /** Red, then green, then blue, 16 bits each. */
  readonly palette?: readonly number[];
}

/** A TIFF file without compression, little-endian. */
export function encodeTiff(pages: readonly TiffPageValues[]): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x49, 0x49, 42, 0, 8, 0, 0, 0)];
  let at = 8;
  for (const [number, page] of pages.entries()) {
    const { width, height, values, samples = 1, photometric = 1, orientation = 1, extra = [], palette = [] } = page;
    const name = values.constructor.name;
    const format = name.startsWith("Float") ? 3 : name.startsWith("Int") ? 2 : 1;
    const entries: [tag: number, type: number, values: readonly number[]][] = [
      [254, 4, [page.subfile ?? 0]],
      [256, 4, [width]],
      [257, 4, [height]],
      [258, 3, Array.from({ length: samples }, () => 8 * values.BYTES_PER_ELEMENT)],
      [259, 3, [1]],
      [262, 3, [photometric]],
      [273, 4, [0]],
      [274, 3, [orientation]],
      [277, 3, [samples]],
      [278, 4, [height]],
      [279, 4, [values.byteLength]],
      ...(palette.length > 0 ? [[320, 3, palette] as [number, number, number[]]] : []),
      ...(extra.length > 0 ? [[338, 3, extra] as [number, number, number[]]] : []),
      [339, 3, Array.from({ length: samples }, () => format)],
    ];
    const directory = new DataView(new ArrayBuffer(2 + 12 * entries.length + 4));
    let data = at + directory.byteLength;
    const outside: Uint8Array[] = [];
    const place = (bytes: Uint8Array) => {
      const from = data;
      outside.push(bytes);
      data += bytes.length;
      return from;
    };
    directory.setUint16(0, entries.length, true);
    for (const [i, [tag, type, list]] of entries.entries()) {
      const entry = 2 + 12 * i;
      directory.setUint16(entry, tag, true);
      directory.setUint16(entry + 2, type, true);
      directory.setUint32(entry + 4, list.length, true);
      const bytes = new Uint8Array((type === 3 ? Uint16Array : Uint32Array).from(list).buffer);
      const raw = tag === 273 ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : bytes;
      if (tag === 273 || raw.length > 4) directory.setUint32(entry + 8, place(raw), true);
      else new Uint8Array(directory.buffer).set(raw, entry + 8);
    }
    directory.setUint32(directory.byteLength - 4, number === pages.length - 1 ? 0 : data, true);
    parts.push(new Uint8Array(directory.buffer), ...outside);
    at = data;
  }
  return Uint8Array.from(Buffer.concat(parts));
}

export interface BmpParts {
  readonly width: number;
  /** Negative where rows go from the top. */
  readonly height: number;
  readonly bits: number;
  readonly compression?: number;
  /** After the header of 40 bytes: masks and the palette. */
  readonly tables?: readonly number[];
  readonly pixels: readonly number[];
}

export function encodeBmp({ width, height, bits, compression = 0, tables = [], pixels }: BmpParts): Uint8Array {
  const bytes = new Uint8Array(54 + tables.length + pixels.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54 + tables.length, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, compression, true);
  bytes.set(tables, 54);
  bytes.set(pixels, 54 + tables.length);
  return bytes;
}
