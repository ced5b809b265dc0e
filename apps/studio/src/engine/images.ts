import { createRandom, type Grid, messageOf, type Random, SaenoError, sizeOf } from "@saeno/backend";
import { arrayDataset, type Dataset, type DatasetComponent, defineDataset, whiten } from "@saeno/datasets";
import * as v from "valibot";

/** Of linear light of sRGB's primaries (Rec. 709). */
const luminance = [0.2126, 0.7152, 0.0722] as const;

export function isImage({ name, type }: File): boolean {
  return type.startsWith("image/") || /\.(png|jpe?g|webp|gif|bmp|avif)$/i.test(name);
}

/** Where crops of images are the data of a training: as `images` of the command line, of files instead of a folder. */
const cropsSchema = v.strictObject({
  directory: v.pipe(v.string(), v.description("what the images are called together"), v.metadata({ path: true })),
  crop: v.optional(count("side of a crop"), 32),
  color: v.optional(v.pipe(v.boolean(), v.description("three channels instead of gray")), false),
  count: v.optional(count("crops to train on"), 2000),
  testCount: v.optional(count("crops held out, of other images"), 200),
});

function count(text: string) {
  return v.pipe(v.number(), v.integer(), v.minValue(1), v.description(text));
}

/** Share of the images whose crops are held out. */
const heldOut = 0.2;

/** Crops of images that were chosen, at random places: of the first by name to train on, of the last held out. */
export function imageCrops(files: readonly File[]): DatasetComponent {
  return defineDataset({
    kind: "images",
    summary: "random crops of the images that were chosen, held-out ones from other images",
    schema: cropsSchema,
    shorthand: { option: "directory", rest: true },
    async open({ crop, color, count: trained, testCount }, { seed }) {
      const images = files.filter(isImage).sort((a, b) => (a.name < b.name ? -1 : 1));
      if (images.length < 2)
        throw new SaenoError("images.missing", "Choose two images or more: some are trained on, others held out.", {
          kind: "data",
        });
      const channels = color ? 3 : 1;
      const random = createRandom(seed);
      const first = Math.min(images.length - 1, Math.ceil(images.length * (1 - heldOut)));
      return {
        train: await crops(images.slice(0, first), {
          crop,
          channels,
          count: trained,
          random: random.split("train crops"),
        }),
        test: await crops(images.slice(first), {
          crop,
          channels,
          count: testCount,
          random: random.split("test crops"),
        }),
      };
    },
  });
}

interface CropOptions {
  readonly crop: number;
  readonly channels: number;
  readonly count: number;
  readonly random: Random;
}

async function crops(files: readonly File[], { crop, channels, count, random }: CropOptions): Promise<Dataset> {
  const size = crop * crop * channels;
  const values = new Float32Array(count * size);
  for (const [i, file] of files.entries()) {
    const image = await decodedImage(file);
    const { width, height } = image;
    if (Math.min(width, height) < crop)
      throw new SaenoError(
        "images.size",
        `${file.name} has ${height} x ${width} points, fewer than a crop of ${crop}. Leave it out, or lower crop.`,
        {
          kind: "data",
        },
      );
    const context = contextOf(width, height);
    context.drawImage(image, 0, 0);
    image.close();
    for (let at = i; at < count; at += files.length) {
      const [x, y] = [width - crop, height - crop].map((free) => random.integer(free + 1));
      putPixels(values.subarray(at * size, (at + 1) * size), context.getImageData(x, y, crop, crop).data, channels);
    }
  }
  return arrayDataset({ name: `${files.length} images`, values, shape: [count, crop, crop, channels] });
}

/** How a model had its images. */
export interface ImageForm {
  /** Cut out of their middle as they are; else the largest part of it with the proportion of the grid is scaled to it. */
  readonly isCut: boolean;
  /** With a flat spectrum (`whiten` of @saeno/datasets). */
  readonly isWhitened: boolean;
}

/** The form of the images that a run was trained on: crops of images stay crops. */
export function imageForm(data: { readonly kind: string; readonly whiten?: unknown } | undefined): ImageForm {
  return { isCut: data?.kind === "images", isWhitened: data?.whiten === true };
}

/**
 * Images as samples on a grid, 0 to 1, gray or in color.
 *
 * @throws SaenoError `images.decode`, `images.size` naming the file.
 */
export async function imageSamples(
  files: readonly File[],
  { grid, channels, isCut, isWhitened }: { readonly grid: Grid; readonly channels: number } & ImageForm,
): Promise<Dataset> {
  const [height, width] = grid;
  if (grid.length !== 2 || height === undefined || width === undefined || (channels !== 1 && channels !== 3))
    throw new SaenoError(
      "eval.data",
      `The model takes functions with ${channels} channels on ${grid.length} axes, not images.`,
      {
        kind: "data",
      },
    );
  const size = sizeOf(grid) * channels;
  const values = new Float32Array(files.length * size);
  for (const [i, file] of files.entries()) {
    const image = await decodedImage(file);
    const into = values.subarray(i * size, (i + 1) * size);
    if (isCut) await cutMiddle(into, image, { file, grid: [height, width], channels, isWhitened });
    else {
      into.set(scaledPixels(image, [height, width], channels));
      if (isWhitened) into.set(whiten(into, [height, width, channels]));
    }
    image.close();
  }
  const name = files.length === 1 ? (files[0]?.name ?? "image") : `${files.length} images`;
  return arrayDataset({ name, values, shape: [files.length, height, width, channels] });
}

interface CutOptions {
  readonly file: File;
  readonly grid: readonly [height: number, width: number];
  readonly channels: number;
  readonly isWhitened: boolean;
}

/** The middle of an image as it is; whitened as a whole before, as the images of a training are. */
async function cutMiddle(
  into: Float32Array,
  image: ImageBitmap,
  { file, grid: [height, width], channels, isWhitened }: CutOptions,
): Promise<void> {
  const { width: columns, height: rows } = image;
  if (rows < height || columns < width)
    throw new SaenoError(
      "images.size",
      `${file.name} has ${rows} x ${columns} points, fewer than the ${height} x ${width} that the model takes of an image.`,
      {
        kind: "data",
      },
    );
  const context = contextOf(columns, rows);
  context.drawImage(image, 0, 0);
  const whole = new Float32Array(rows * columns * channels);
  putPixels(whole, context.getImageData(0, 0, columns, rows).data, channels);
  const values = isWhitened ? whiten(whole, [rows, columns, channels]) : whole;
  const [top, left] = [(rows - height) >> 1, (columns - width) >> 1];
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * columns + left) * channels;
    into.set(values.subarray(from, from + width * channels), row * width * channels);
  }
}

/** The largest part in the middle of an image with the proportion of a grid, scaled to it. */
export function scaledPixels(
  image: ImageBitmap,
  [height, width]: readonly [height: number, width: number],
  channels: number,
): Float32Array {
  const scale = Math.min(image.width / width, image.height / height);
  const [cutWidth, cutHeight] = [width * scale, height * scale];
  const [left, top] = [(image.width - cutWidth) / 2, (image.height - cutHeight) / 2];
  const context = contextOf(width, height);
  context.drawImage(image, left, top, cutWidth, cutHeight, 0, 0, width, height);
  const values = new Float32Array(height * width * channels);
  putPixels(values, context.getImageData(0, 0, width, height).data, channels);
  return values;
}

export async function decodedImage(file: Blob): Promise<ImageBitmap> {
  return createImageBitmap(file).catch((cause) => {
    const problem = `${file instanceof File ? file.name : "The picture"} cannot be read as an image: ${messageOf(cause)}`;
    throw new SaenoError("images.decode", problem, { kind: "data", cause });
  });
}

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context !== null) return context;
  throw new SaenoError("images.decode", "This browser cannot decode images in workers: it lacks OffscreenCanvas.");
}

/** 0 to 1, gray or in color. */
function putPixels(values: Float32Array, pixels: Uint8ClampedArray, channels: number): void {
  for (let point = 0; point < values.length / channels; point++) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(4 * point, 4 * point + 3);
    const color =
      channels === 3 ? [red, green, blue] : [red * luminance[0] + green * luminance[1] + blue * luminance[2]];
    for (const [c, level] of color.entries()) values[point * channels + c] = level / 255;
  }
}
