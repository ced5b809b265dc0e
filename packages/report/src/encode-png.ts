import { encode } from "fast-png";
import type { Picture } from "./picture.ts";

/** A picture as PNG: with a palette where it has at most 256 colors, which halves its size or better. */
export function encodePng({ width, height, rgba }: Picture): Uint8Array {
  const options = { zlib: { level: 9 } } as const;
  const indexed = withPalette(rgba);
  if (indexed === undefined) return encode({ width, height, data: rgba, channels: 4, depth: 8 }, options);
  return encode({ width, height, data: indexed.indices, channels: 1, depth: 8, palette: indexed.palette }, options);
}

function withPalette(rgba: Uint8Array): { readonly indices: Uint8Array; readonly palette: number[][] } | undefined {
  const pixels = new DataView(rgba.buffer, rgba.byteOffset, rgba.byteLength);
  const found = new Set<number>();
  for (let i = 0; i < rgba.length; i += 4) {
    found.add(pixels.getUint32(i));
    if (found.size > 256) return undefined;
  }
  // The encoder writes opacities for the first entries only, so the transparent ones come first.
  const colors = [...found].sort((a, b) => (a & 255) - (b & 255) || a - b);
  const indexOf = new Map(colors.map((color, index) => [color, index]));
  const indices = new Uint8Array(rgba.length / 4);
  for (let i = 0; i < indices.length; i++) indices[i] = indexOf.get(pixels.getUint32(4 * i)) as number;
  const opaque = colors.every((color) => (color & 255) === 255);
  const channels = opaque ? [24, 16, 8] : [24, 16, 8, 0];
  return { indices, palette: colors.map((color) => channels.map((shift) => (color >>> shift) & 255)) };
}
