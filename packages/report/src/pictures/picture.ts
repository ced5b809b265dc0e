import { encode } from "fast-png";
import { type Html, html } from "../page/html.ts";

/** A raster picture: four bytes per pixel (red, green, blue, opacity), row by row from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** A picture of one color; without one, transparent. */
export function blankPicture(width: number, height: number, color?: readonly number[]): Picture {
  const rgba = new Uint8Array(4 * width * height);
  if (color !== undefined) for (let i = 0; i < rgba.length; i += 4) rgba.set([...color, 255], i);
  return { width, height, rgba };
}

/**
 * A picture as an `<img>` that carries its own data. It is enlarged by a whole factor, pixel by pixel, where that comes close to
 * `size` CSS pixels, and otherwise scaled smoothly.
 *
 * @param size the longer side, at most.
 */
export function pictureElement(picture: Picture, size: number, description: string): Html {
  const longer = Math.max(picture.width, picture.height);
  const whole = Math.floor(size / longer);
  const crisp = whole * longer >= 0.75 * size;
  const factor = crisp ? whole : size / longer;
  const [width, height] = [Math.round(picture.width * factor), Math.round(picture.height * factor)];
  const bytes = Array.from(encodePng(picture), (byte) => String.fromCharCode(byte)).join("");
  const pixels = crisp ? html` class="pixels"` : undefined;
  return html`<img${pixels} src="data:image/png;base64,${btoa(bytes)}" width="${width}" height="${height}" alt="${description}">`;
}

/** A picture as PNG: with a palette where it has at most 256 colors, which halves its size or better. */
export function encodePng({ width, height, rgba }: Picture): Uint8Array {
  const options = { zlib: { level: 6 } } as const;
  const indexed = withPalette(rgba);
  if (indexed === undefined) return encode({ width, height, data: rgba, channels: 4, depth: 8 }, options);
  return encode({ width, height, data: indexed.indices, channels: 1, depth: 8, palette: indexed.palette }, options);
}

function withPalette(rgba: Uint8Array): { readonly indices: Uint8Array; readonly palette: number[][] } | undefined {
  const view = new DataView(rgba.buffer, rgba.byteOffset, rgba.byteLength);
  // As whole numbers of 32 bits with a sign, which are found fastest.
  const pixels = new Int32Array(rgba.length / 4);
  const found = new Set<number>();
  for (let i = 0; i < pixels.length; i++) {
    const color = view.getInt32(4 * i);
    pixels[i] = color;
    if (i > 0 && color === pixels[i - 1]) continue;
    if (found.add(color).size > 256) return undefined;
  }
  // The encoder writes opacities for the first entries only, so the transparent ones come first.
  const colors = [...found].sort((a, b) => (a & 255) - (b & 255) || (a >>> 0) - (b >>> 0));
  const indexOf = new Map(colors.map((color, index) => [color, index]));
  const opaque = colors.every((color) => (color & 255) === 255);
  const channels = opaque ? [24, 16, 8] : [24, 16, 8, 0];
  const indices = new Uint8Array(pixels.length);
  // Neighbors often have the same color, and looking one up takes most of the time.
  for (let i = 0; i < pixels.length; i++) {
    indices[i] = i > 0 && pixels[i] === pixels[i - 1] ? indices[i - 1] : (indexOf.get(pixels[i]) ?? 0);
  }
  return {
    indices,
    palette: colors.map((color) => channels.map((shift) => (color >>> shift) & 255)),
  };
}
