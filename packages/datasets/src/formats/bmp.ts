/** Windows bitmaps, which libraries for images leave out: of 1 to 32 bits, with palettes, masks and run lengths. */

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** Red, green, blue, and alpha where there is any. */
  readonly channels: 3 | 4;
  readonly isPalette: boolean;
  /** A palette of grays. */
  readonly isGray: boolean;
}

export interface BmpImage extends BmpHeader {
  /** `[height, width, channels]`, 0 to 255. */
  readonly data: Uint8Array;
}

interface Layout extends Omit<BmpHeader, "isGray"> {
  /** Rows from the top; they usually go from the bottom. */
  readonly topDown: boolean;
  readonly runs: boolean;
  readonly pixels: number;
  /** Bytes of a row. */
  readonly stride: number;
  /** Where the palette is, its entries and the bytes of one. */
  readonly palette: readonly [start: number, entries: number, width: number];
  readonly masks: readonly number[];
}

/** How many bytes of a file `bmpHeader` wants to see. */
export const bmpHeaderBytes: number = 14 + 124 + 4 * 256;

/** @throws Error saying what is wrong with the file. */
export function bmpHeader(bytes: Uint8Array): BmpHeader {
  const layout = layoutOf(bytes);
  const { width, height, bits, channels, isPalette } = layout;
  return { width, height, bits, channels, isPalette, isGray: isPalette && isGray(paletteOf(bytes, layout)) };
}

function layoutOf(bytes: Uint8Array): Layout {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = bytes.length < 26 ? 0 : view.getUint32(14, true);
  if (header < 12 || bytes.length < 14 + Math.min(header, 40)) throw new Error("its header is cut off");
  const isOld = header === 12;
  const width = isOld ? view.getUint16(18, true) : view.getInt32(18, true);
  const signed = isOld ? view.getInt16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signed);
  const bits = view.getUint16(isOld ? 24 : 28, true);
  const compression = isOld || header < 20 ? 0 : view.getUint32(30, true);
  if (width < 1 || height < 1) throw new Error(`it is ${width} x ${height}`);
  const isMasked = compression === 3 || compression === 6;
  const allowed = [
    compression === 0 && [1, 4, 8, 16, 24, 32].includes(bits),
    isMasked && (bits === 16 || bits === 32),
    (compression === 1 && bits === 8) || (compression === 2 && bits === 4),
  ];
  if (!allowed.includes(true)) throw new Error(`it has ${bits} bits and the compression ${compression}`);
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
  const hasAlphaMask = header >= 56 || compression === 6;
  const masks = isMasked
    ? [0, 1, 2, 3].map((i) => (i < 3 || hasAlphaMask ? view.getUint32(54 + 4 * i, true) : 0))
    : usual;
  const afterMasks = 14 + header + (isMasked && header === 40 ? (hasAlphaMask ? 16 : 12) : 0);
  const used = isOld || header < 40 ? 0 : view.getUint32(46, true);
  const pixels = view.getUint32(10, true);
  const room = Math.max(0, Math.floor((pixels - afterMasks) / (isOld ? 3 : 4)));
  const entries = bits > 8 ? 0 : Math.min(used === 0 ? 2 ** bits : used, 2 ** bits, room);
  return {
    width,
    height,
    bits,
    channels: masks[3] !== 0 ? 4 : 3,
    isPalette: bits <= 8,
    topDown: signed < 0,
    runs: compression === 1 || compression === 2,
    pixels,
    stride: Math.ceil((width * bits) / 32) * 4,
    palette: [afterMasks, entries, isOld ? 3 : 4],
    masks,
  };
}

/**
 * Decodes the bytes of a file, whose size was checked (`bmpHeader`).
 *
 * @throws Error saying what is wrong with the file.
 */
export function decodeBmp(bytes: Uint8Array): BmpImage {
  const layout = layoutOf(bytes);
  const { width, height, bits, channels, isPalette, topDown, runs, pixels, stride } = layout;
  if (!runs && pixels + stride * height > bytes.length) {
    throw new Error(`${pixels + stride * height - bytes.length} of its bytes are missing`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const indices = runs ? expand(bytes, layout) : undefined;
  const colors = isPalette ? paletteOf(bytes, layout) : new Uint8Array(0);
  const fields = layout.masks.map(fieldOf);
  const data = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = pixels + (topDown ? row : height - 1 - row) * stride;
    for (let column = 0; column < width; column++) {
      const to = (row * width + column) * channels;
      if (isPalette) {
        const at = column * bits;
        const index =
          indices === undefined
            ? (bytes[from + (at >> 3)] >> (8 - bits - (at & 7))) & (2 ** bits - 1)
            : indices[row * width + column];
        if (3 * index >= colors.length) throw new Error(`a pixel has the color ${index}, and there are fewer`);
        data.set(colors.subarray(3 * index, 3 * index + 3), to);
      } else if (bits === 24) {
        for (let channel = 0; channel < 3; channel++) data[to + channel] = bytes[from + 3 * column + 2 - channel];
      } else {
        const word = bits === 16 ? view.getUint16(from + 2 * column, true) : view.getUint32(from + 4 * column, true);
        for (let channel = 0; channel < channels; channel++) {
          const { shift, largest } = fields[channel];
          data[to + channel] = largest === 0 ? 0 : Math.round((((word >>> shift) & largest) / largest) * 255);
        }
      }
    }
  }
  return { width, height, bits, channels, isPalette, isGray: isPalette && isGray(colors), data };
}

function paletteOf(bytes: Uint8Array, { palette: [start, entries, width] }: Layout): Uint8Array {
  if (start + entries * width > bytes.length) throw new Error("its palette is cut off");
  return Uint8Array.from({ length: 3 * entries }, (_, i) => bytes[start + Math.floor(i / 3) * width + 2 - (i % 3)]);
}

function isGray(palette: Uint8Array): boolean {
  return palette.every((value, i) => value === palette[i - (i % 3)]);
}

/** Where a mask's bits are, and the largest number they hold. */
function fieldOf(mask: number): { shift: number; largest: number } {
  if (mask === 0) return { shift: 0, largest: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  return { shift, largest: mask >>> shift };
}

/** Run lengths: pairs of a count and a color; after a 0 the end of a line (0) or of all (1), a jump (2), or that many single colors. */
function expand(bytes: Uint8Array, { width, height, bits, topDown, pixels }: Layout): Uint8Array {
  const indices = new Uint8Array(width * height);
  let [x, y, at] = [0, 0, pixels];
  const byte = () => {
    if (at >= bytes.length) throw new Error("its runs are cut off");
    return bytes[at++];
  };
  const put = (index: number) => {
    if (x >= width || y >= height) throw new Error("a run goes beyond the image");
    indices[(topDown ? y : height - 1 - y) * width + x++] = index;
  };
  for (;;) {
    const count = byte();
    const value = byte();
    if (count > 0) {
      for (let i = 0; i < count; i++) put(bits === 8 ? value : i % 2 === 0 ? value >> 4 : value & 15);
    } else if (value === 0) {
      [x, y] = [0, y + 1];
    } else if (value === 1) {
      return indices;
    } else if (value === 2) {
      x += byte();
      y += byte();
    } else {
      const start = at;
      for (let i = 0; i < value; i++) {
        if (bits === 8) put(byte());
        else if (i % 2 === 0) put(byte() >> 4);
        else put(bytes[at - 1] & 15);
      }
      if ((at - start) % 2 === 1) at++;
    }
  }
}
