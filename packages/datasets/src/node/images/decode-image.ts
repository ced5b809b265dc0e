/** Images as numbers: `[height, width, channels]`, exactly those of the file where it has gray or the three colors that are asked for. */
import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { Sharp } from "sharp";
import { decodeBmp } from "../../formats/bmp.ts";
import { loadSharp } from "../load-sharp.ts";
import { notDecoded } from "./find-images.ts";
import { beginning, type ImageRun, problemOf } from "./image-header.ts";

export interface DecodedImage {
  /** 8-bit values over 255, 16-bit ones over 65535, others as they are. */
  readonly values: Float32Array;
  /** Whether there is a transparent point. */
  readonly isTransparent: boolean;
}

export interface DecodeOptions {
  /** Gray or red, green and blue. */
  readonly channels: 1 | 3;
  /** Red, green and blue, 0 to 255, under transparent points. */
  readonly background: readonly [number, number, number];
}

type Pixels = Uint8Array | Uint16Array | Int8Array | Int32Array | Uint32Array | Float32Array;

interface Raw {
  readonly pixels: Pixels;
  readonly channels: number;
}

/** Of linear light of sRGB's primaries (Rec. 709); integers are converted by libvips, which minds the gamma. */
const luminance = [0.2126, 0.7152, 0.0722];

/**
 * Decodes some pages of a run, one after another.
 *
 * @throws SaenoError `images.decode` naming the file where it is damaged or cut off.
 */
export async function decodeImages(
  run: ImageRun,
  page: number,
  pages: number,
  options: DecodeOptions,
): Promise<DecodedImage[]> {
  const { type, height, width } = run;
  const sharp = await loadSharp();
  try {
    if (run.format === "png") await checkPng(run.path);
    const image =
      run.format === "bmp"
        ? await bmpImage(run)
        : sharp(run.path, {
            limitInputPixels: false,
            ignoreIcc: type === "uint16",
            ...(run.pages > 1 || run.page > 0 ? { page, pages } : {}),
          });
    // Turning takes single pages, as runs of turned images are decoded.
    const upright = run.isTurned ? image.rotate() : image;
    const isInteger = type === "uint8" || type === "uint16";
    const { pixels, channels, isTransparent } = isInteger
      ? await integers(upright, run, options, height * pages)
      : { ...(await rawOf(upright.toColorspace(run.isGray ? "b-w" : "scrgb"), type)), isTransparent: false };
    if (pixels.length !== pages * height * width * channels) {
      throw new Error(`it has ${pixels.length} values instead of ${pages} x ${height} x ${width} x ${channels}`);
    }
    const scale = type === "uint8" ? 255 : type === "uint16" ? 65535 : 1;
    return Array.from({ length: pages }, (_, i) => ({
      isTransparent,
      values: toChannels(pixels, channels, i * height * width, height * width, options.channels, scale),
    }));
  } catch (cause) {
    throw notDecoded(run.path, problemOf(cause), cause);
  }
}

/**
 * Verifies the checksums of all chunks, since libraries pass over those that are damaged and not needed for the pixels, such as a color profile.
 *
 * @throws Error naming the chunk.
 */
async function checkPng(path: string): Promise<void> {
  const file = await open(path);
  try {
    const piece = Buffer.alloc(2 ** 18);
    const readAt = async (at: number, length: number) => {
      const { bytesRead } = await file.read(piece, 0, length, at);
      if (bytesRead < length) throw new Error("it is cut off");
      return piece.subarray(0, length);
    };
    for (let at = 8, type = ""; type !== "IEND"; ) {
      const head = await readAt(at, 8);
      const length = head.readUInt32BE();
      type = head.toString("latin1", 4);
      let sum = crc32(head.subarray(4));
      const end = at + 8 + length;
      for (at += 8; at < end; at += piece.length) sum = crc32(await readAt(at, Math.min(piece.length, end - at)), sum);
      if ((await readAt(end, 4)).readUInt32BE() !== sum)
        throw new Error(`its chunk ${JSON.stringify(type)} is damaged`);
      at = end + 4;
    }
  } finally {
    await file.close();
  }
}

async function bmpImage(run: ImageRun): Promise<Sharp> {
  const sharp = await loadSharp();
  // Nothing beyond what its pixels can take, however large the file.
  const most = 2 ** 16 + 8 * run.width * run.height;
  const { data, width, height, channels } = decodeBmp(await beginning(run.path, most));
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}

async function integers(
  image: Sharp,
  run: ImageRun,
  { channels, background }: DecodeOptions,
  height: number,
): Promise<Raw & { readonly isTransparent: boolean }> {
  const isWide = run.type === "uint16";
  const space = channels === 1 ? (isWide ? "grey16" : "b-w") : isWide ? "rgb16" : "srgb";
  if (!run.hasAlpha)
    return { ...(await rawOf(image.removeAlpha().toColorspace(space), run.type)), isTransparent: false };
  const { pixels } = await rawOf(image.ensureAlpha().toColorspace(isWide ? "rgb16" : "srgb"), run.type);
  const [full, points] = [isWide ? 65535 : 255, pixels.length / 4];
  const opaque = isWide ? new Uint16Array(3 * points) : new Uint8Array(3 * points);
  let isTransparent = false;
  for (let point = 0; point < points; point++) {
    const alpha = pixels[4 * point + 3] / full;
    isTransparent ||= alpha < 1;
    for (let channel = 0; channel < 3; channel++) {
      const under = (background[channel] / 255) * full;
      opaque[3 * point + channel] = Math.round(alpha * pixels[4 * point + channel] + (1 - alpha) * under);
    }
  }
  if (channels === 3) return { pixels: opaque, channels, isTransparent };
  const sharp = await loadSharp();
  const flat = sharp(opaque, { raw: { width: run.width, height, channels: 3 }, limitInputPixels: false });
  return { ...(await rawOf(flat.toColorspace(space), run.type)), isTransparent };
}

/** sharp's names of types, and how its bytes are seen. */
const views = {
  uint8: ["uchar", Uint8Array],
  int8: ["char", Int8Array],
  uint16: ["ushort", Uint16Array],
  int32: ["int", Int32Array],
  uint32: ["uint", Uint32Array],
  float32: ["float", Float32Array],
} as const;

async function rawOf(image: Sharp, type: ImageRun["type"]): Promise<Raw> {
  const [depth, View] = views[type];
  const { data, info } = await image.raw({ depth }).toBuffer({ resolveWithObject: true });
  const isAligned = data.byteOffset % View.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset, byteLength } = isAligned ? data : new Uint8Array(data);
  return { pixels: new View(buffer, byteOffset, byteLength / View.BYTES_PER_ELEMENT), channels: info.channels };
}

/** The points from `first` on as gray or color; gray is repeated where color is asked for. */
function toChannels(
  pixels: Pixels,
  from: number,
  first: number,
  points: number,
  to: 1 | 3,
  scale: number,
): Float32Array {
  const values = new Float32Array(points * to);
  const start = first * from;
  if (from === to) {
    for (let i = 0; i < values.length; i++) values[i] = pixels[start + i] / scale;
  } else if (from === 1) {
    for (let i = 0; i < values.length; i++) values[i] = pixels[start + Math.floor(i / to)] / scale;
  } else {
    const [red, green, blue] = luminance;
    for (let i = 0; i < points; i++) {
      const at = start + 3 * i;
      values[i] = (red * pixels[at] + green * pixels[at + 1] + blue * pixels[at + 2]) / scale;
    }
  }
  return values;
}
