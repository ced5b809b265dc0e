/** The directories of a TIFF file, one for each page: what it holds, read before anything is decoded. */
import { open } from "node:fs/promises";

export interface TiffPage {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly samples: number;
  readonly type: "uint" | "int" | "float" | "complex";
  /** What lies beside gray or three colors, as the file says. */
  readonly extra: readonly ("unspecified" | "associated alpha" | "alpha")[];
  /** Channels of gray (1), of color (3), of CMYK (4), of a palette (1). */
  readonly colors: number;
  readonly isPalette: boolean;
  /** A smaller version of another page, or a mask for one. */
  readonly isAuxiliary: boolean;
  /** How many images ImageJ says there are, where it writes them without directories. */
  readonly imagejImages?: number;
  /** Of all that decides how it is decoded; equal pages can be decoded together. */
  readonly signature: string;
}

const mostPages = 2 ** 20;
/** Bytes of each type of a value, by its number. */
const widths = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const tags = {
  subfile: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  description: 270,
  orientation: 274,
  samples: 277,
  planar: 284,
  predictor: 317,
  extra: 338,
  format: 339,
} as const;
const decisive: readonly number[] = Object.values(tags).filter(
  (tag) => tag !== tags.subfile && tag !== tags.description,
);

/** @throws Error saying what is wrong with the file. */
export async function tiffPages(path: string): Promise<TiffPage[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const at = async (from: number, length: number) => {
      if (from + length > size) throw new Error("it is cut off: a directory lies beyond its end");
      const bytes = new Uint8Array(length);
      await file.read(bytes, 0, length, from);
      return new DataView(bytes.buffer);
    };
    const head = await at(0, 16 > size ? 8 : 16);
    const little = head.getUint8(0) === 0x49;
    const big = head.getUint16(2, little) === 43;
    const offsetOf = (view: DataView, from: number) =>
      big ? Number(view.getBigUint64(from, little)) : view.getUint32(from, little);
    const [countBytes, entryBytes, offsetBytes] = big ? [8, 20, 8] : [2, 12, 4];
    const pages: TiffPage[] = [];
    const seen = new Set<number>();
    let next = offsetOf(head, big ? 8 : 4);
    while (next !== 0) {
      if (seen.has(next)) throw new Error("its directories go in a circle");
      if (seen.size >= mostPages) throw new Error(`it has more than ${mostPages} pages`);
      seen.add(next);
      const counting = await at(next, countBytes);
      const count = big ? Number(counting.getBigUint64(0, little)) : counting.getUint16(0, little);
      if (count > 4096) throw new Error(`a directory has ${count} entries`);
      const entries = await at(next + countBytes, count * entryBytes + offsetBytes);
      const values = new Map<number, number[]>();
      let imagej: number | undefined;
      for (let i = 0; i < count; i++) {
        const entry = i * entryBytes;
        const [tag, type] = [entries.getUint16(entry, little), entries.getUint16(entry + 2, little)];
        const length = big ? Number(entries.getBigUint64(entry + 4, little)) : entries.getUint32(entry + 4, little);
        const isText = tag === tags.description && type === 2;
        if (!isText && !decisive.includes(tag) && tag !== tags.subfile) continue;
        const bytes = (widths[type] ?? 0) * Math.min(length, isText ? 4096 : 16);
        const inline = entry + (big ? 12 : 8);
        const isInline = bytes <= (big ? 8 : 4);
        const view = isInline ? entries : await at(offsetOf(entries, inline), bytes);
        const start = isInline ? inline : 0;
        if (isText) imagej = imagejCount(view, start, bytes);
        else values.set(tag, numbers(view, start, type, bytes, little));
      }
      pages.push(pageOf(values, imagej));
      next = offsetOf(entries, count * entryBytes);
    }
    if (pages.length === 0) throw new Error("it has no pages");
    return pages;
  } finally {
    await file.close();
  }
}

function numbers(view: DataView, start: number, type: number, bytes: number, little: boolean): number[] {
  const width = widths[type] ?? 0;
  if (![1, 2, 4, 8].includes(width)) return [];
  return Array.from({ length: bytes / width }, (_, i) => {
    const at = start + i * width;
    if (width === 1) return view.getUint8(at);
    if (width === 2) return view.getUint16(at, little);
    return width === 4 ? view.getUint32(at, little) : Number(view.getBigUint64(at, little));
  });
}

function imagejCount(view: DataView, start: number, bytes: number): number | undefined {
  const text = String.fromCharCode(...new Uint8Array(view.buffer, start, bytes));
  const images = /^ImageJ=/.test(text) ? /\bimages=(\d+)/.exec(text)?.[1] : undefined;
  return images === undefined ? undefined : Number(images);
}

function pageOf(values: ReadonlyMap<number, number[]>, imagej: number | undefined): TiffPage {
  const first = (tag: number, usual: number) => values.get(tag)?.[0] ?? usual;
  const [width, height] = [first(tags.width, 0), first(tags.height, 0)];
  if (width < 1 || height < 1) throw new Error("a page has no size");
  const bits = values.get(tags.bits) ?? [1];
  if (bits.some((each) => each !== bits[0])) throw new Error(`its channels have ${bits.join(", ")} bits`);
  const photometric = first(tags.photometric, 1);
  return {
    width,
    height,
    bits: bits[0] ?? 1,
    samples: first(tags.samples, 1),
    type: (["uint", "uint", "int", "float", "uint", "complex", "complex"] as const)[first(tags.format, 1)] ?? "uint",
    extra: (values.get(tags.extra) ?? []).map(
      (kind) => (["unspecified", "associated alpha", "alpha"] as const)[kind] ?? "unspecified",
    ),
    colors: [1, 1, 3, 1, 1, 4][photometric] ?? (photometric === 6 || photometric === 8 ? 3 : 1),
    isPalette: photometric === 3,
    isAuxiliary: (first(tags.subfile, 0) & 0b101) !== 0,
    ...(imagej === undefined ? {} : { imagejImages: imagej }),
    signature: decisive.map((tag) => values.get(tag)?.join() ?? "").join(";"),
  };
}
