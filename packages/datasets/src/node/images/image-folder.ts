import { statSync } from "node:fs";
import { createRandom, type Random, SaenoError } from "@saeno/backend";
import {
  boolean,
  description,
  exactOptional,
  type GenericSchema,
  metadata,
  optional,
  pipe,
  regex,
  strictObject,
  string,
} from "valibot";
import { counted } from "../../arrays/array-statistics.ts";
import { type DatasetComponent, defineDataset } from "../../components/define-dataset.ts";
import { count } from "../../components/option-schemas.ts";
import type { Dataset, SampleOrigin } from "../../dataset.ts";
import { delayedProgress } from "../../reporter.ts";
import { windowedOrder } from "../../shuffle.ts";
import { whiten as whitened } from "../../transforms/whiten.ts";
import { loadSharp } from "../load-sharp.ts";
import { type DecodeOptions, decodeImages } from "./decode-image.ts";
import { type FoundImage, findImages, someOf } from "./find-images.ts";
import { blockStore, blocksOf, cropsDataset, drawPlaces, type FolderImage, type ImageBlock } from "./image-crops.ts";
import { type ImageRun, imageRuns } from "./image-header.ts";
import { imageReading, imageStatistics, nameOf } from "./image-reading.ts";
import { classesOf, heldOut, splitWarnings } from "./image-split.ts";
import { type Size, scaled } from "./scale-image.ts";

export interface ImageFolderOptions {
  /** Searched with its subfolders; those directly in it are classes. Or one file of many pages. */
  readonly directory: string;
  /** Side of a crop; default 64. */
  readonly crop?: number;
  /** Images are scaled first, so that the shorter side has this many points. Default: as they are. */
  readonly resize?: number;
  /** Three channels; default false, gray. */
  readonly color?: boolean;
  /** Flatten the spectrum (see `whiten`); default false: 8-bit and 16-bit images in [0, 1], others as they are. */
  readonly whiten?: boolean;
  /** Background of transparent pixels: `white`, `black`, `gray` or `#rrggbb`; default white. */
  readonly background?: string;
  /** Leave out images that cannot be decoded, which are an error otherwise. Every image is decoded once to find them. */
  readonly skipBroken?: boolean;
  /** MB that images or their crops may take, default 512: what does not fit is decoded again when it is needed. */
  readonly memory?: number;
  /** Crops for training; default 4000. */
  readonly count?: number;
  /** Crops held out, from other images; default 400. */
  readonly testCount?: number;
  /** Share of the images whose crops are held out; default 0.2. */
  readonly testImages?: number;
  /** Seed of the places of crops; default 0. */
  readonly seed?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** One image may take this share of the memory. */
const largestShare = 2 / 3;
/** Points that any file may hold; and beyond that, for each byte of it. */
const [fewPoints, mostPoints] = [2 ** 26, 200];
const colors: Readonly<Record<string, string>> = { white: "#ffffff", black: "#000000", gray: "#808080" };
const isColor = /^#[0-9a-f]{6}$/i;

/**
 * Random crops of the images in a folder: training crops from the first images by name, held-out ones from the last, in each class. Sizes are read first.
 * Images are decoded one after another, and the smaller is kept: the image or its crops. If all of that fits in `memory`, images are decoded at once,
 * otherwise when they are read. With `whiten`, a backend must be in use.
 *
 * @throws SaenoError `images.missing` when none are there, `images.decode` naming a file that is not an image or damaged, `images.type` for
 *   numbers that are not kept as they are, `images.size` naming images smaller than a crop, `images.memory` naming one too large to decode,
 *   `images.options` for options out of range.
 */
export async function imageFolder(options: ImageFolderOptions): Promise<{ train: Dataset; test: Dataset }> {
  const { directory, crop = 64, count = 4000, testCount = 400, testImages = 0.2, seed = 0, memory = 512 } = options;
  for (const [name, value] of Object.entries({ crop, count, testCount, memory })) {
    if (!Number.isInteger(value) || value < 1)
      throw new SaenoError("images.options", `${name} must be a whole number of at least 1; got ${value}.`);
  }
  const { whiten = false, background: under = "white" } = options;
  const channels = options.color === true ? 3 : 1;
  const decoding: DecodeOptions = { channels, background: colorOf(under) };
  await loadSharp();
  const skipped: string[] = [];
  const skip = options.skipBroken === true ? (name: string) => skipped.push(name) : undefined;
  const found = await findImages(directory, skip);
  const headers = await readHeaders(found.images, skip);
  const { resize } = options;
  if (resize !== undefined) checkSizes(headers, 1, memory, channels);
  const sized = resize === undefined ? headers : headers.map((runs) => runs.map((run) => scaledRun(run, resize)));
  checkSizes(sized, crop, memory, channels);
  const files = skip === undefined ? sized : await decodable(sized, decoding, skip);
  if (files.length === 0)
    throw new SaenoError("images.missing", `No image in ${directory} can be decoded.`, { kind: "data" });
  const { classes, labelOf } = classesOf(files);
  const { train, test } = heldOut(files, labelOf, testImages, directory);
  const random = createRandom(seed);
  const statistics = imageStatistics(channels);
  const store = blockStore(memory * 2 ** 20);
  const labelNames = classes === undefined ? {} : { names: classes };
  const parts = [
    { images: train, places: drawPlaces(train, crop, count, random.split("train crops")) },
    { images: test, places: drawPlaces(test, crop, testCount, random.split("test crops")) },
  ];
  const firstBlocks = parts.map(({ images, places }) => blocksOf(images, places, crop, channels));
  const bytes = firstBlocks.flat().reduce((sum, block) => sum + block.bytes, 0);
  const isHeld = bytes <= memory * 2 ** 20;
  const open = Math.max(1, Math.floor((memory * 2 ** 20 * firstBlocks.flat().length) / (2 * bytes)));

  const decode = async (block: ImageBlock, look: boolean) => {
    const [{ run, page }] = block.images;
    const file = run.unscaled ?? run;
    const decoded = await decodeImages(file, page, block.images.length, decoding);
    return decoded.map(({ values: own, isTransparent }, i) => {
      const image = block.images[i];
      checkNumbers(own, { ...image, run: file }, channels);
      const [from, to]: Size[] = [file, run].map(({ height, width }) => [height, width]);
      const values = file === run ? own : scaled(own, from, to, channels);
      if (look && block.samples[i].length > 0) statistics.add(image, values, isTransparent);
      return whiten ? whitened(values, [run.height, run.width, channels]) : values;
    });
  };
  let looks = true;
  const opened = parts.map(({ images, places }, part) => {
    // Samples that follow one another, as evaluation takes them, should not need all images at once.
    const order = isHeld
      ? undefined
      : orderByBlocks(firstBlocks[part], places.length, open, random.split(`order of part ${part}`));
    const ordered = order === undefined ? places : Array.from(order, (sample) => places[sample]);
    const blocks = order === undefined ? firstBlocks[part] : blocksOf(images, ordered, crop, channels);
    const values = Int32Array.from(ordered, ({ image }) => images[image].label ?? 0);
    const { dataset, load } = cropsDataset({
      blocks,
      places: ordered,
      crop,
      channels,
      store,
      ...(isHeld ? {} : { open: Math.min(open, blocks.length) }),
      ...(classes === undefined ? {} : { labels: { values, ...labelNames } }),
      decode: (block) => decode(block, looks),
    });
    const origin = (index: number): SampleOrigin => {
      const { image, top, left } = ordered[index];
      return { file: nameOf(images[image]), top, left };
    };
    return { dataset: { ...dataset, origin }, load, blocks };
  });
  // All of it, or as much as the store holds without harm.
  const wanted = opened.flatMap(({ blocks, load }) => blocks.map((block) => ({ block, load })));
  const step = isHeld ? 1 : Math.ceil(wanted.length / open);
  const looked = wanted.filter((_, i) => i % step === 0);
  for (const [done, { block, load }] of looked.entries()) {
    await load(block);
    options.onProgress?.(done + 1, looked.length);
  }
  looks = false;

  const of = (images: readonly FolderImage[]) => counted(images.length, "image");
  const reading = imageReading({
    directory,
    images: [...train, ...test],
    channels,
    whiten,
    background: under,
    statistics,
    isHeld,
    ...(classes === undefined ? {} : { classes }),
    notes: [
      `${counted(count, "crop")} of ${crop} x ${crop} from ${of(train)} to train on and ${testCount.toLocaleString("en-US")} from ${of(test)} held out`,
      ...(isHeld
        ? []
        : [`decoded as needed within ${memory} MB, samples mixed over ${counted(open, "image")} at a time`]),
      ...(resize === undefined ? [] : [`images scaled to ${resize} points on their shorter side`]),
      ...(skipped.length > 0 ? [`${counted(skipped.length, "broken image")} left out (${someOf(skipped)})`] : []),
      ...found.notes,
    ],
    warnings: [
      ...found.warnings,
      ...(skipped.length > 0
        ? [
            `${counted(skipped.length, "image")} that cannot be decoded ${skipped.length === 1 ? "was" : "were"} left out: ${someOf(skipped, 10)}.`,
          ]
        : []),
      ...splitWarnings(classes, directory),
    ],
  });
  const [trained, held] = opened.map(({ dataset }) => ({ ...dataset, reading }));
  return { train: trained, test: held };
}

type ImageFile = readonly ImageRun[];

/** Its shorter side with so many points. */
function scaledRun(run: ImageRun, shorter: number): ImageRun {
  const factor = shorter / Math.min(run.height, run.width);
  if (factor === 1) return run;
  return { ...run, height: Math.round(run.height * factor), width: Math.round(run.width * factor), unscaled: run };
}
type Skip = ((name: string) => void) | undefined;

/** The images of each file. */
async function readHeaders(images: readonly FoundImage[], skip: Skip): Promise<ImageFile[]> {
  const files: ImageFile[] = [];
  // Several at a time: most of it is waiting for files.
  for (let first = 0; first < images.length; first += 16) {
    const some = images.slice(first, first + 16);
    for (const [i, result] of (await Promise.allSettled(some.map(imageRuns))).entries()) {
      if (result.status === "fulfilled") files.push(result.value);
      else passOver(result.reason, some[i].name, skip);
    }
  }
  return files;
}

/** Those of which every page can be decoded. */
async function decodable(files: readonly ImageFile[], decoding: DecodeOptions, skip: Skip): Promise<ImageFile[]> {
  const whole: ImageFile[] = [];
  for (const runs of files) {
    try {
      for (const run of runs) {
        const file = run.unscaled ?? run;
        for (let page = 0; page < run.pages; page++) await decodeImages(file, run.page + page, 1, decoding);
      }
      whole.push(runs);
    } catch (error) {
      passOver(error, runs[0].name, skip);
    }
  }
  return whole;
}

function passOver(error: unknown, name: string, skip: Skip): void {
  if (skip === undefined || !SaenoError.isInstance(error) || error.code !== "images.decode") throw error;
  skip(name);
}

/** @throws SaenoError `images.size` and `images.memory`. */
export function checkSizes(files: readonly ImageFile[], crop: number, memory: number, channels: number): void {
  const runs = files.flat();
  const small = runs.filter(({ height, width }) => height < crop || width < crop);
  const sizeOf = ({ path, width, height }: ImageRun) => `${path} is ${width} x ${height}`;
  if (small.length > 0) {
    const [first, ...others] = small;
    const side = Math.min(...small.map(({ height, width }) => Math.min(height, width)));
    const more =
      others.length === 0
        ? ""
        : ` So ${others.length === 1 ? "is" : "are"} ${others.length} more: ${someOf(others.map(({ name }) => name))}.`;
    throw new SaenoError(
      "images.size",
      `${sizeOf(first)}, smaller than a crop of ${crop} x ${crop}.${more} Use smaller crops (crop ${side} or less fits all), scale images first (resize=${crop}), or remove ${others.length === 0 ? "it" : "them"}.`,
      { kind: "data" },
    );
  }
  const megabytes = ({ height, width }: ImageRun) => (height * width * channels * 4) / 2 ** 20;
  const large = runs.find((run) => megabytes(run) > memory * largestShare);
  if (large !== undefined) {
    const needed = Math.ceil(megabytes(large) / largestShare);
    throw new SaenoError(
      "images.memory",
      `${sizeOf(large)}: ${counted(Math.ceil(megabytes(large)), "MB").replace(/s$/, "")} once decoded, and one image may take ${Math.floor(memory * largestShare)} of the ${memory} MB for images. Make it smaller or cut it up, or allow more memory: memory=${needed}.`,
      { kind: "data" },
    );
  }
  const trap = runs.find(({ path, height, width }) => {
    const points = height * width;
    return points > fewPoints && points > mostPoints * statSync(path).size;
  });
  if (trap !== undefined) {
    throw new SaenoError(
      "images.memory",
      `${sizeOf(trap)}, with more than ${mostPoints} points for each byte of the file, as no photograph has: it looks like a trap. Remove it, or cut it up.`,
      { kind: "data" },
    );
  }
}

/** @throws SaenoError `data.nan`. */
export function checkNumbers(values: Float32Array, image: FolderImage, channels: number): void {
  if (image.run.type !== "float32") return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const [point, { width }] = [Math.floor(at / channels), image.run];
  throw new SaenoError(
    "data.nan",
    `${nameOf(image)} holds ${values[at]} in row ${Math.floor(point / width)}, column ${point % width}. Remove or repair it first.`,
    { kind: "data" },
  );
}

export function colorOf(text: string): [number, number, number] {
  const hex = colors[text] ?? text;
  if (!isColor.test(hex)) {
    throw new SaenoError("images.options", `background must be white, black, gray or #rrggbb; got "${text}".`);
  }
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as [number, number, number];
}

function orderByBlocks(blocks: readonly ImageBlock[], size: number, open: number, random: Random): Int32Array {
  const blockOf = new Int32Array(size);
  for (const [number, { samples }] of blocks.entries()) for (const sample of samples.flat()) blockOf[sample] = number;
  return windowedOrder(size, { blocks: blocks.length, open, blockOf: (sample) => blockOf[sample] }, random);
}

/** What lies under transparent points. */
export const background: GenericSchema<string> = pipe(
  string("must be white, black, gray or #rrggbb"),
  regex(/^(white|black|gray|#[0-9a-f]{6})$/i, "must be white, black, gray or #rrggbb"),
  description("background of transparent pixels: white, black, gray or #rrggbb"),
  metadata({ flag: "background" }),
);

export const imagesComponent: DatasetComponent = defineDataset({
  kind: "images",
  summary: "random crops of the images in a folder and its subfolders; held-out crops come from other images",
  schema: strictObject({
    directory: pipe(
      string("must be text"),
      description("the folder with the images; folders in it are classes"),
      metadata({ path: true }),
    ),
    crop: optional(pipe(count, description("side of a crop"), metadata({ flag: "crop" })), 64),
    resize: exactOptional(
      pipe(count, description("points of the shorter side that images are scaled to first (default: as they are)")),
    ),
    color: optional(
      pipe(
        boolean("must be true or false"),
        description("keep three channels instead of gray"),
        metadata({ flag: "color", aliases: ["colour"] }),
      ),
      false,
    ),
    whiten: optional(
      pipe(boolean("must be true or false"), description("flatten the spectrum"), metadata({ flag: "whiten" })),
      true,
    ),
    background: optional(background, "white"),
    skipBroken: optional(
      pipe(
        boolean("must be true or false"),
        description("leave out images that cannot be decoded instead of stopping there"),
        metadata({ flag: "skip-broken" }),
      ),
      false,
    ),
    memory: optional(
      pipe(count, description("MB for images or their crops: what does not fit is decoded again when it is needed")),
      512,
    ),
  }),
  shorthand: { option: "directory", rest: true },
  async open(options, { limit = 4000, test = 400, seed, reporter }) {
    const { update, stop } = delayedProgress(reporter, "read images");
    return imageFolder({ ...options, seed, count: limit, testCount: test, onProgress: update }).finally(stop);
  },
});
