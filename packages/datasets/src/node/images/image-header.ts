/** What is known of an image before it is decoded. */
import { open, readFile } from "node:fs/promises";
import { messageOf, SaenoError } from "@saeno/backend";
import type { Metadata } from "sharp";
import { bmpHeader, bmpHeaderBytes } from "../../formats/bmp.ts";
import { loadSharp } from "../load-sharp.ts";
import { type FoundImage, notDecoded } from "./find-images.ts";
import { type TiffPage, tiffPages } from "./tiff-pages.ts";

/** Of the numbers in a file, as NumPy calls them. */
export type PixelType = "uint8" | "uint16" | "int8" | "int32" | "uint32" | "float32";

/** Images of one file that are alike and follow one another: pages of a stack, frames of an animation, or a single one. */
export interface ImageRun extends FoundImage {
  /** The first page. */
  readonly page: number;
  readonly pages: number;
  /** Upright. */
  readonly height: number;
  readonly width: number;
  readonly type: PixelType;
  readonly isGray: boolean;
  readonly hasAlpha: boolean;
  /** Turned or mirrored when it is decoded. */
  readonly isTurned: boolean;
  /** What the reading says of it. */
  readonly traits: readonly string[];
  /** As it is in the file, where it is scaled. */
  readonly unscaled?: ImageRun;
}

/** sharp's names of types of numbers. */
const types: Readonly<Record<string, PixelType>> = {
  uchar: "uint8",
  char: "int8",
  ushort: "uint16",
  int: "int32",
  uint: "uint32",
  float: "float32",
};

/**
 * The images in a file, by what its header says.
 *
 * @throws SaenoError `images.decode` where it cannot be read, `images.type` for numbers that would not be kept as they are.
 */
export async function imageRuns(image: FoundImage): Promise<ImageRun[]> {
  if (image.format === "bmp") return [await bmpRun(image)];
  if (image.format === "tiff") return tiffRuns(image);
  const gifBytes = image.format === "gif" ? await checkGif(image.path) : undefined;
  const metadata = await metadataOf(image);
  const points = metadata.width * metadata.height;
  if (gifBytes !== undefined && points > blankPoints && points > mostPoints * gifBytes) {
    throw notDecoded(image.path, `it declares ${points.toLocaleString("en-US")} points and is of ${gifBytes} bytes`);
  }
  const { pages = 1 } = metadata;
  const isAnimated = image.format !== "avif" && pages > 1;
  return [
    {
      ...runOf(image, metadata, [
        ...(isAnimated ? ["as frames of animations"] : []),
        ...(image.format === "avif" && pages > 1 ? ["as the first of several in their file"] : []),
        ...(image.format === "png" && (await isAnimatedPng(image.path))
          ? ["of which only the first frame of an animation is read"]
          : []),
      ]),
      pages: isAnimated ? pages : 1,
    },
  ];
}

async function metadataOf(image: FoundImage, page?: number): Promise<Metadata> {
  const sharp = await loadSharp();
  const options = { limitInputPixels: false, ...(page === undefined ? {} : { page }) };
  return sharp(image.path, options)
    .metadata()
    .catch((cause) => {
      throw notDecoded(image.path, problemOf(cause), cause);
    });
}

/** What is wrong with a file, in our words: those of libraries are for who knows them, and stay with the error as its cause. */
export function problemOf(error: unknown): string {
  const text = messageOf(error);
  if (!/vips|load: |\binput |libpng|libheif/i.test(text)) return text.replace(/\.$/, "");
  if (/premature|truncat|end of (file|stream|image)|not enough|eof\b|cannot read|fail.* read/i.test(text))
    return "it is cut off or damaged";
  if (/corrupt header/i.test(text)) return "its header is damaged";
  return /unsupported/i.test(text) ? "it is of a kind that is not read" : "it is damaged";
}

function runOf(image: FoundImage, metadata: Metadata, traits: readonly string[]): ImageRun {
  const { width, height, depth, space, channels, hasAlpha, hasProfile, isPalette, orientation = 1 } = metadata;
  const type = types[depth];
  if (type === undefined) throw typeError(image, `${depth} numbers`);
  const isLarge = type !== "uint8" && type !== "uint16";
  if (isLarge && (hasAlpha || (channels > 1 && type !== "float32")))
    throw typeError(image, `${channels} channels of ${type}${hasAlpha ? ", one of them transparency" : ""}`);
  const isGray = channels <= 2 && (space === "b-w" || space === "grey16" || isLarge);
  const isUsual = isGray || ["srgb", "rgb16", "scrgb"].includes(space);
  if (!isUsual && type !== "uint8" && space !== "cmyk") throw typeError(image, `${type} numbers of the space ${space}`);
  const isSideways = orientation >= 5;
  return {
    ...image,
    page: 0,
    pages: 1,
    height: isSideways ? width : height,
    width: isSideways ? height : width,
    type: isUsual ? type : "uint8",
    isGray,
    hasAlpha,
    isTurned: orientation > 1,
    traits: [
      ...traits,
      ...(metadata.bitsPerSample === 1 ? ["of 1 bit"] : []),
      ...(isPalette && image.format !== "gif" ? ["with a palette"] : []),
      ...(isUsual ? [] : [`converted from ${space === "cmyk" ? "CMYK" : space}`]),
      ...(hasProfile && !isGray
        ? [type === "uint8" ? "with a color profile, which is applied" : "with a color profile, which is not applied"]
        : []),
      ...(orientation > 1 ? ["turned upright (EXIF)"] : []),
    ],
  };
}

async function tiffRuns(image: FoundImage): Promise<ImageRun[]> {
  const pages = await tiffPages(image.path).catch((cause) => {
    throw notDecoded(image.path, problemOf(cause), cause);
  });
  const [first] = pages;
  if (pages.length === 1 && (first.imagejImages ?? 1) > 1) {
    throw typeError(image, `${first.imagejImages} images behind one directory, as ImageJ writes large stacks`);
  }
  const shown = pages.map((_, page) => page).filter((page) => !pages[page].isAuxiliary);
  const kept = shown.length > 0 ? shown : [0];
  const left = pages.length - kept.length;
  const runs: ImageRun[] = [];
  for (let at = 0; at < kept.length; ) {
    const page = kept[at];
    const { signature } = pages[page];
    let count = 1;
    while (kept[at + count] === page + count && pages[page + count].signature === signature) count++;
    checkNumbers(image, pages[page]);
    const traits = [
      ...(kept.length > 1 ? ["as pages of stacks"] : []),
      ...(left > 0 ? ["with smaller versions or masks left out"] : []),
      ...(pages[page].isPalette ? ["with a palette"] : []),
      ...(pages[page].extra[0] === "unspecified" ? ["with a further channel left out"] : []),
    ];
    const run = runOf(image, await metadataOf(image, page), traits);
    runs.push({ ...run, page, pages: count, hasAlpha: run.hasAlpha && pages[page].extra[0] !== "unspecified" });
    at += count;
  }
  return runs;
}

/** Other numbers than those that sharp's libraries give as they are. */
function checkNumbers(image: FoundImage, { type, bits, samples, colors }: TiffPage): void {
  const isKept =
    (type === "uint" && [1, 2, 4, 8, 16, 32].includes(bits)) ||
    (type === "int" && (bits === 8 || bits === 32)) ||
    (type === "float" && bits === 32);
  if (!isKept)
    throw typeError(
      image,
      `${type === "uint" ? "unsigned integers" : { int: "integers", float: "floats", complex: "complex numbers" }[type]} of ${bits} bits`,
    );
  if (samples < colors || samples > colors + 1) throw typeError(image, `${samples} channels`);
}

/** @throws SaenoError `images.type`. */
function typeError({ path }: FoundImage, found: string): SaenoError {
  return new SaenoError(
    "images.type",
    `${path} holds ${found}. Images hold 8-bit or 16-bit unsigned integers, 32-bit integers or 32-bit floats, gray or in color. Convert it, in Python: import tifffile; image = tifffile.imread("IN.tif"); tifffile.imwrite("OUT.tif", image.astype("float32")); or, for other channels, collect images in an array and take npy:FILE.`,
    { kind: "data" },
  );
}

async function bmpRun(image: FoundImage): Promise<ImageRun> {
  try {
    const { width, height, channels, isPalette, isGray, bits } = bmpHeader(await beginning(image.path, bmpHeaderBytes));
    const traits = [...(bits === 1 ? ["of 1 bit"] : []), ...(isPalette && !isGray ? ["with a palette"] : [])];
    const rest = { page: 0, pages: 1, type: "uint8", isTurned: false } as const;
    return { ...image, ...rest, height, width, isGray, hasAlpha: channels === 4, traits };
  } catch (cause) {
    throw notDecoded(image.path, problemOf(cause), cause);
  }
}

/** A GIF may be this large whatever its bytes; beyond that each of them stands for fewer points than this, as its compression allows. */
const [blankPoints, mostPoints] = [2 ** 22, 2 ** 12];

/**
 * Goes through the blocks of a GIF to its end, since what is missing of one is decoded as blank.
 *
 * @returns how many bytes it has.
 * @throws SaenoError `images.decode` when it is cut off.
 */
async function checkGif(path: string): Promise<number> {
  const bytes = await readFile(path);
  const tableBytes = (packed: number) => ((packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1));
  let at = 13 + tableBytes(bytes[10]);
  while (at < bytes.length && bytes[at] !== 0x3b) {
    if (bytes[at] === 0x21) at += 2;
    else if (bytes[at] === 0x2c) at += 11 + tableBytes(bytes[at + 9]);
    else throw notDecoded(path, `it is damaged at byte ${at}`);
    while (bytes[at] > 0) at += bytes[at] + 1;
    at++;
  }
  if (at >= bytes.length) throw notDecoded(path, "it is cut off");
  return bytes.length;
}

async function isAnimatedPng(path: string): Promise<boolean> {
  const text = Buffer.from(await beginning(path, 4096)).toString("latin1");
  const control = text.indexOf("acTL");
  return control > 0 && !text.slice(0, control).includes("IDAT");
}

/** The first bytes of a file. */
export async function beginning(path: string, length: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(new Uint8Array(Math.min(length, size)), { position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
