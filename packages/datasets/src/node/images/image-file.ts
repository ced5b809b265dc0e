/** One image as data of one sample: of any size, or as samples of another shape are, which is what a trained model asks for. */
import { stat } from "node:fs/promises";
import { type Grid, messageOf, oneOf, option, SaenoError, yesOrNo } from "@saeno/backend";
import { exactOptional, strictObject, string } from "valibot";
import { arrayDataset } from "../../array-dataset.ts";
import { type DatasetComponent, defineDataset, type SampleLike } from "../../components/define-dataset.ts";
import { gridOf } from "../../components/option-schemas.ts";
import type { Dataset } from "../../dataset.ts";
import { whiten as whitened } from "../../transforms/whiten.ts";
import { decodeImages } from "./decode-image.ts";
import { findImages } from "./find-images.ts";
import { background, checkNumbers, checkSizes, colorOf, imagesComponent } from "./image-folder.ts";
import { imageRuns } from "./image-header.ts";
import { imageReading, imageStatistics } from "./image-reading.ts";
import { type Size, scaled } from "./scale-image.ts";

export interface ImageFileOptions {
  readonly file: string;
  /** `[height, width]`; default its own. */
  readonly size?: Grid;
  /**
   * How it gets that size if it has another: `resize` scales the largest part of its middle that has that shape, `crop` cuts the middle out as it is.
   * Default `resize`.
   */
  readonly fit?: "resize" | "crop";
  /** Three channels; default false, gray. */
  readonly color?: boolean;
  /** Flatten the spectrum (see `whiten`); of the whole image, if it is cropped. Default false. Needs a backend in use. */
  readonly whiten?: boolean;
  /** Background of transparent pixels: `white`, `black`, `gray` or `#rrggbb`; default white. */
  readonly background?: string;
}

/** MB that the image may take. */
const memory = 512;

/**
 * One image as a dataset of one sample; from a file of several images, the first.
 *
 * @throws SaenoError as `imageFolder`, and `images.size` for an image that is smaller than what is to be cut out of it.
 */
export async function imageFile(options: ImageFileOptions): Promise<Dataset> {
  const { file, fit = "resize", color = false, whiten = false, background: under = "white" } = options;
  await checkFile(file);
  const channels = color ? 3 : 1;
  const { images, notes } = await findImages(file);
  const [run] = await imageRuns(images[0]);
  checkSizes([[run]], 1, memory, channels);
  const [decoded] = await decodeImages(run, run.page, 1, { channels, background: colorOf(under) });
  const image = { run: { ...run, pages: 1 }, page: run.page };
  checkNumbers(decoded.values, image, channels);
  const statistics = imageStatistics(channels);
  statistics.add(image, decoded.values, decoded.isTransparent);
  const [height, width] = options.size ?? [run.height, run.width];
  const isCut = fit === "crop";
  if (isCut && (run.height < height || run.width < width)) {
    const problem = `${file} is ${run.width} x ${run.height}, smaller than the ${width} x ${height} that are to be cut out of it.`;
    throw new SaenoError("images.size", `${problem} Scale it instead: image:${file},fit=resize.`, { kind: "data" });
  }
  const flattened = (values: Float32Array, [rows, columns]: Size) =>
    whiten ? whitened(values, [rows, columns, channels]) : values;
  const [own, size]: Size[] = [
    [run.height, run.width],
    [height, width],
  ];
  const values = isCut
    ? middle(flattened(decoded.values, own), own, size, channels)
    : flattened(scaled(decoded.values, own, size, channels), size);
  const isWhole = run.height === height && run.width === width;
  const reading = imageReading({
    directory: file,
    images: [image],
    channels,
    whiten,
    background: under,
    statistics,
    isHeld: true,
    notes: [
      ...(isWhole ? [] : [`${isCut ? "its middle" : "scaled to"} ${width} x ${height}`]),
      ...(run.pages > 1 ? [`the first of ${run.pages} in the file`] : []),
      ...notes,
    ],
    warnings: [],
  });
  return { ...arrayDataset({ name: "image", values, shape: [1, height, width, channels] }), reading };
}

/** @throws SaenoError `images.missing`. */
async function checkFile(file: string): Promise<void> {
  const at = await stat(file).catch((cause) => {
    throw new SaenoError("images.missing", `The image ${file} cannot be read (${messageOf(cause)}).`, {
      kind: "data",
      cause,
    });
  });
  if (!at.isDirectory()) return;
  const problem = `${file} is a folder. Name one image in it, or take crops of all: images:${file}.`;
  throw new SaenoError("images.missing", problem, { kind: "data" });
}

/** What is in the middle of an image, `[height, width, channels]`. */
function middle(values: Float32Array, [, columns]: Size, [height, width]: Size, channels: number): Float32Array {
  const rows = values.length / channels / columns;
  const [top, left] = [(rows - height) >> 1, (columns - width) >> 1];
  const cut = new Float32Array(height * width * channels);
  for (let row = 0; row < height; row++) {
    const first = ((top + row) * columns + left) * channels;
    cut.set(values.subarray(first, first + width * channels), row * width * channels);
  }
  return cut;
}

/** What nobody said, as a model was trained: of photographs a piece as large, else the whole image, scaled. */
function asTrained({ sampleShape = [], data }: SampleLike): Omit<ImageFileOptions, "file"> {
  const shaped = sampleShape.length === 3 ? { size: sampleShape.slice(0, 2), color: sampleShape[2] === 3 } : {};
  if (data.kind !== imagesComponent.kind) return shaped;
  const { background: under } = data;
  const asImages = {
    fit: "crop",
    color: data.color === true,
    whiten: data.whiten !== false,
    ...(typeof under === "string" ? { background: under } : {}),
  } as const;
  return { ...asImages, ...shaped };
}

export const imageComponent: DatasetComponent = defineDataset({
  kind: "image",
  summary: "one image, to ask a trained model about; it gets the size and colors of the model's samples",
  schema: strictObject({
    file: option(string("must be text"), "the image", { path: true }),
    size: exactOptional(
      option(gridOf(2), "height and width, such as 28x28 (default: those of the model's samples, or its own)"),
    ),
    fit: exactOptional(
      option(
        oneOf("resize", "crop"),
        "resize scales the image to that size, crop cuts its middle out (default: crop for models of images:DIR)",
      ),
    ),
    color: exactOptional(
      option(yesOrNo, "keep three channels instead of gray", { flag: "color", aliases: ["colour"] }),
    ),
    whiten: exactOptional(option(yesOrNo, "flatten the spectrum", { flag: "whiten" })),
    background: exactOptional(background),
  }),
  shorthand: { option: "file", rest: true },
  open(options, { like }) {
    return imageFile({ ...(like && asTrained(like)), ...options });
  },
});
