import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { createRandom, type Random, SaenoError } from "@saeno/backend";
import { boolean, description, metadata, optional, pipe, strictObject, string } from "valibot";
import { type DatasetComponent, defineDataset } from "../components/define-dataset.ts";
import { count } from "../components/option-schemas.ts";
import type { Dataset } from "../dataset.ts";
import { delayedProgress } from "../reporter.ts";
import { whiten as whitened } from "../transforms/whiten.ts";
import { loadSharp } from "./load-sharp.ts";

export interface ImageFolderOptions {
  readonly directory: string;
  /** Side of a crop; default 64. */
  readonly crop?: number;
  /** Three channels; default false, gray. */
  readonly color?: boolean;
  /** Flatten the spectrum (see `whiten`); default false: values in [0, 1]. */
  readonly whiten?: boolean;
  /** Crops for training; default 4000. */
  readonly count?: number;
  /** Crops held out, from other images; default 400. */
  readonly testCount?: number;
  /** Share of the images whose crops are held out; default 0.2. */
  readonly testImages?: number;
  /** Of the places of crops; default 0. */
  readonly seed?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

interface Image {
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
}

const extensions = [".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".avif"];
/** Crops keep this far from the border, where whitening meets the other side, if the image is large enough. */
const margin = 8;

/**
 * Random crops of the images in a folder: training crops from the first images by name, held-out ones from the last.
 * Images are decoded once; crops are cut when read. With `whiten` a backend must be in use.
 *
 * @throws SaenoError `images.missing` when none are there, `images.decode` naming a file that is not an image,
 *   `images.size` naming one smaller than a crop, `images.options` for counts out of range.
 */
export async function imageFolder(options: ImageFolderOptions): Promise<{ train: Dataset; test: Dataset }> {
  const { directory, crop = 64, count = 4000, testCount = 400, testImages = 0.2, seed = 0 } = options;
  for (const [name, value] of Object.entries({ crop, count, testCount })) {
    if (!Number.isInteger(value) || value < 1)
      throw new SaenoError("images.options", `${name} must be a whole number of at least 1; got ${value}.`);
  }
  const files = await imageFiles(directory);
  const held = Math.max(1, Math.round(files.length * testImages));
  if (files.length <= held) {
    throw new SaenoError(
      "images.missing",
      `${directory} holds ${files.length} ${files.length === 1 ? "image" : "images"}; at least 2 are needed, so that one can be held out.`,
      { kind: "data" },
    );
  }
  const images: Image[] = [];
  for (const file of files) {
    images.push(await decode(file, options, crop));
    options.onProgress?.(images.length, files.length);
  }
  const random = createRandom(seed);
  const channels = options.color === true ? 3 : 1;
  return {
    train: crops(images.slice(0, -held), crop, channels, count, random.split("train crops")),
    test: crops(images.slice(-held), crop, channels, testCount, random.split("test crops")),
  };
}

async function imageFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((cause: Error) => {
    throw new SaenoError("images.missing", `The folder ${directory} cannot be read.`, { kind: "data", cause });
  });
  const files = names.filter((name) => extensions.includes(extname(name).toLowerCase())).sort();
  if (files.length === 0) {
    throw new SaenoError("images.missing", `${directory} holds no images; looked for ${extensions.join(", ")}.`, {
      kind: "data",
    });
  }
  return files.map((name) => join(directory, name));
}

async function decode(file: string, options: ImageFolderOptions, crop: number): Promise<Image> {
  const channels = options.color === true ? 3 : 1;
  const sharp = await loadSharp();
  const { data, info } = await sharp(file)
    .removeAlpha()
    .toColorspace(channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: Error) => {
      throw new SaenoError(
        "images.decode",
        `${file} cannot be decoded as an image (${cause.message}). Remove it or replace it.`,
        { kind: "data", cause },
      );
    });
  const { height, width } = info;
  if (height < crop || width < crop) {
    throw new SaenoError(
      "images.size",
      `${file} is ${width} x ${height}, smaller than a crop of ${crop} x ${crop}. Use smaller crops or remove it.`,
      { kind: "data" },
    );
  }
  const values = new Float32Array(height * width * channels);
  for (let i = 0; i < values.length; i++) {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    values[i] = data[pixel * info.channels + channel] / 255;
  }
  return { values: options.whiten === true ? whitened(values, [height, width, channels]) : values, height, width };
}

function crops(images: readonly Image[], crop: number, channels: number, count: number, random: Random): Dataset {
  const places = Array.from({ length: count }, () => {
    const image = random.integer(images.length);
    const { height, width } = images[image];
    return { image, top: place(height, crop, random), left: place(width, crop, random) };
  });
  const length = crop * crop * channels;
  return {
    name: "images",
    size: count,
    grid: [crop, crop],
    channels,
    async read(indices) {
      const result = new Float32Array(indices.length * length);
      for (let i = 0; i < indices.length; i++) {
        const { image, top, left } = places[indices[i]];
        const { values, width } = images[image];
        for (let row = 0; row < crop; row++) {
          const from = ((top + row) * width + left) * channels;
          result.set(values.subarray(from, from + crop * channels), i * length + row * crop * channels);
        }
      }
      return result;
    },
  };
}

function place(size: number, crop: number, random: Random): number {
  const around = Math.min(margin, Math.floor((size - crop) / 2));
  return around + random.integer(size - crop - 2 * around + 1);
}

export const imagesComponent: DatasetComponent = defineDataset({
  kind: "images",
  summary: "random crops of the images in a folder, held-out ones from other images",
  schema: strictObject({
    directory: pipe(string("must be text"), description("the folder with the images"), metadata({ path: true })),
    crop: optional(pipe(count, description("side of a crop"), metadata({ flag: "crop" })), 64),
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
  }),
  shorthand: { option: "directory", rest: true },
  async open({ directory, crop, color, whiten }, { limit = 4000, test = 400, seed, reporter }) {
    reporter.say(`images: ${limit} training crops and ${test} held-out crops of ${crop} x ${crop} from ${directory}`);
    const { update, stop } = delayedProgress(reporter, "read images");
    const options = { directory, crop, color, whiten, seed, count: limit, testCount: test, onProgress: update };
    return imageFolder(options).finally(stop);
  },
});
