/** How a folder of images was read, in words. */
import { basename, resolve } from "node:path";
import { isConstant } from "@saeno/backend";
import { counted, short } from "../../arrays/array-statistics.ts";
import type { Reading } from "../../dataset.ts";
import { someOf } from "./find-images.ts";
import type { FolderImage } from "./image-crops.ts";
import type { PixelType } from "./image-header.ts";

/** What was seen of images that were decoded. */
export interface ImageStatistics {
  add(image: FolderImage, values: Float32Array, isTransparent: boolean): void;
  readonly looked: number;
  readonly range: readonly [low: number, high: number];
  readonly transparent: number;
  /** The largest value of 16-bit images, 0 where there are none. */
  readonly largest16: number;
  /** Images of one value by channel: of how many, and which. */
  readonly constant: readonly string[];
  readonly constantChannels: readonly (readonly string[])[];
}

export function imageStatistics(channels: number): ImageStatistics & { looked: number } {
  const constant: string[] = [];
  const constantChannels: string[][] = Array.from({ length: channels }, () => []);
  const range: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const statistics = {
    looked: 0,
    transparent: 0,
    largest16: 0,
    range,
    constant,
    constantChannels,
    add(image: FolderImage, values: Float32Array, isTransparent: boolean) {
      const [low, high] = [new Array<number>(channels), new Array<number>(channels)];
      for (let channel = 0; channel < channels; channel++) {
        let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
        for (let i = channel; i < values.length; i += channels) {
          if (values[i] < least) least = values[i];
          if (values[i] > most) most = values[i];
        }
        low[channel] = least;
        high[channel] = most;
      }
      const same = low.map((value, channel) =>
        isConstant(high[channel] - value, Math.max(Math.abs(value), Math.abs(high[channel]))),
      );
      if (same.every(Boolean)) constant.push(nameOf(image));
      else for (const [channel, is] of same.entries()) if (is) constantChannels[channel].push(nameOf(image));
      range[0] = Math.min(range[0], ...low);
      range[1] = Math.max(range[1], ...high);
      if (image.run.type === "uint16") statistics.largest16 = Math.max(statistics.largest16, ...high);
      statistics.looked++;
      if (isTransparent) statistics.transparent++;
    },
  };
  return statistics;
}

export function nameOf({ run, page }: FolderImage): string {
  return run.pages > 1 || run.page > 0 ? `${run.name} page ${page + 1}` : run.name;
}

export interface ReadImages {
  readonly directory: string;
  readonly images: readonly FolderImage[];
  readonly channels: 1 | 3;
  readonly whiten: boolean;
  readonly background: string;
  readonly statistics: ImageStatistics;
  /** Whether all images that have crops were looked at. */
  readonly isHeld: boolean;
  readonly classes?: readonly string[];
  /** More of what is to be said. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

export function imageReading(read: ReadImages): Reading {
  const { directory, images, channels, whiten, statistics, isHeld, classes } = read;
  const { looked, range, transparent, largest16 } = statistics;
  const types = [...new Set(images.map(({ run }) => run.type))];
  const scales: Partial<Record<PixelType, number>> = { uint8: 255, uint16: 65535 };
  const which = looked < images.length ? (isHeld ? " with crops" : " looked at") : "";
  const of = which && ` in the ${counted(looked, "image")}${which}`;
  const isGray = images.every(({ run }) => run.isGray);
  const someGray = images.some(({ run }) => run.isGray);
  const most = Math.round(largest16 * 65535);
  const isDark = most > 0 && most < 2 ** 14;
  const notes = [
    ...types.flatMap((type) => (scales[type] === undefined ? [] : [`${type} divided by ${scales[type]}`])),
    ...(channels === 1 && !isGray ? ["color converted to gray"] : []),
    ...(channels === 3 && someGray ? ["gray repeated in three channels"] : []),
    ...(isDark ? [`16-bit values up to ${most} only (${Math.ceil(Math.log2(most + 1))} bits)`] : []),
    ...traitsOf(images),
    ...(transparent > 0 ? [`${counted(transparent, "image")} with transparent points over ${read.background}`] : []),
    ...(classes === undefined
      ? []
      : [`${classes.length} ${classes.length === 1 ? "class" : "classes"} as labels (${someOf(classes, 6)})`]),
    ...read.notes,
  ];
  const kind = `${channels === 1 ? "gray" : "color"}${whiten ? ", whitened" : ""}`;
  return {
    text: `read ${counted(images.length, "image")} of ${sizesOf(images)} (${formatsOf(images)}) from ${basename(resolve(directory))}, ${[`${types.join(" and ")}, ${range.map(short).join(" .. ")}${of}, ${kind}`, ...notes].join("; ")}`,
    type: types.join(" and "),
    range,
    notes,
    warnings: [...constancyOf(statistics, channels, whiten, which), ...scaleWarnings(types), ...read.warnings],
  };
}

/** `6 bmp, 2 png`, or `12 pages of 2 tiff`. */
function formatsOf(images: readonly FolderImage[]): string {
  const files = new Map<string, Set<string>>();
  for (const { run } of images) files.set(run.format, (files.get(run.format) ?? new Set()).add(run.path));
  const total = [...files.values()].reduce((sum, { size }) => sum + size, 0);
  const list = [...files].map(([format, { size }]) => `${size} ${format}`).join(", ");
  return total < images.length ? `pages of ${list}` : list;
}

function sizesOf(images: readonly FolderImage[]): string {
  const text = ({ run: { width, height } }: FolderImage) => `${width} x ${height}`;
  const all = new Set(images.map(text));
  if (all.size <= 2) return [...all].join(" and ");
  const area = ({ run: { width, height } }: FolderImage) => width * height;
  let [smallest, largest] = [images[0], images[0]];
  for (const image of images) {
    if (area(image) < area(smallest)) smallest = image;
    if (area(image) > area(largest)) largest = image;
  }
  return `${text(smallest)} to ${text(largest)}`;
}

function traitsOf(images: readonly FolderImage[]): string[] {
  const counts = new Map<string, number>();
  for (const { run } of images) for (const trait of run.traits) counts.set(trait, (counts.get(trait) ?? 0) + 1);
  return [...counts].map(([trait, count]) => `${counted(count, "image")} ${trait}`);
}

function constancyOf(
  { constant, constantChannels, looked }: ImageStatistics,
  channels: number,
  whiten: boolean,
  which: string,
): string[] {
  const zero = whiten ? ", and zero once whitened" : "";
  const are = (count: number) => (count === 1 ? "is" : "are");
  const names = channels === 1 ? ["gray"] : ["red", "green", "blue"];
  return [
    ...(constant.length === 0
      ? []
      : [
          `${constant.length} of ${counted(looked, "image")}${which} ${are(constant.length)} constant${zero} (${someOf(constant)}).`,
        ]),
    ...constantChannels.flatMap((images, channel) =>
      images.length === 0
        ? []
        : [
            `The ${names[channel]} channel is constant${zero} in ${images.length} of ${counted(looked, "image")}${which} (${someOf(images)}).`,
          ],
    ),
  ];
}

function scaleWarnings(types: readonly PixelType[]): string[] {
  const isUnit = (type: PixelType) => type === "uint8" || type === "uint16";
  const [unit, other] = [types.filter(isUnit), types.filter((type) => !isUnit(type))];
  if (unit.length === 0 || other.length === 0) return [];
  return [
    `Images of ${unit.join(" and ")} are scaled to 0 .. 1, and those of ${other.join(" and ")} are taken as they are: check that they belong together.`,
  ];
}
