/**
 * Crops of images that are decoded when they are needed. What is kept of an image is the smaller of itself and its crops. Where all of that fits in
 * memory, any order of samples is cheap; otherwise samples are ordered so that few images are needed at a time.
 */
import type { Random } from "@saeno/backend";
import type { Dataset, Labels } from "../../dataset.ts";
import { windowedOrder } from "../../shuffle.ts";
import type { ImageRun } from "./image-header.ts";

export interface FolderImage {
  readonly run: ImageRun;
  /** Of the file. */
  readonly page: number;
  /** Of its class. */
  readonly label?: number;
}

/** Where a sample lies. */
export interface CropPlace {
  /** Its number among the images. */
  readonly image: number;
  readonly top: number;
  readonly left: number;
}

/** Crops keep this far from the border, where whitening meets the other side, if the image is large enough. */
const margin = 8;

/** Random places, in images that are as likely as each other. */
export function drawPlaces(images: readonly FolderImage[], crop: number, count: number, random: Random): CropPlace[] {
  return Array.from({ length: count }, () => {
    const image = random.integer(images.length);
    const { height, width } = images[image].run;
    return { image, top: placeOn(height, crop, random), left: placeOn(width, crop, random) };
  });
}

function placeOn(size: number, crop: number, random: Random): number {
  const around = Math.min(margin, Math.floor((size - crop) / 2));
  return around + random.integer(size - crop - 2 * around + 1);
}

/** Images that are decoded together: some pages of a file, or one image. */
export interface ImageBlock {
  readonly images: readonly FolderImage[];
  /** The samples in each image. */
  readonly samples: readonly (readonly number[])[];
  /** Of what is kept. */
  readonly bytes: number;
}

/** Pages are decoded together up to so many bytes, since each opening of a file goes through the pages before. */
const blockBytes = 2 ** 24;

/** The blocks that have samples. */
export function blocksOf(
  images: readonly FolderImage[],
  places: readonly CropPlace[],
  crop: number,
  channels: number,
): ImageBlock[] {
  const samples: number[][] = images.map(() => []);
  for (const [sample, { image }] of places.entries()) samples[image].push(sample);
  const blocks: ImageBlock[] = [];
  for (let first = 0; first < images.length; ) {
    const { run, page } = images[first];
    const most = run.isTurned ? 1 : Math.max(1, Math.floor(blockBytes / (4 * run.height * run.width)));
    let end = first + 1;
    while (end - first < most && images[end]?.run === run && images[end].page === page + end - first) end++;
    const its = samples.slice(first, end);
    const pointsOf = (count: number) => Math.min(run.height * run.width, count * crop * crop);
    const bytes = its.reduce((sum, { length }) => sum + 4 * channels * pointsOf(length), 0);
    if (bytes > 0) blocks.push({ images: images.slice(first, end), samples: its, bytes });
    first = end;
  }
  return blocks;
}

/** What is kept of an image: itself, or its crops one below the other. */
interface Kept {
  readonly values: Float32Array;
  readonly width: number;
  readonly isCut: boolean;
}

/** Blocks that were read last, up to a number of bytes. */
export interface BlockStore {
  get(block: ImageBlock, make: () => Promise<Kept[]>): Promise<Kept[]>;
  clear(): void;
}

export function blockStore(bytes: number): BlockStore {
  const entries = new Map<ImageBlock, Promise<Kept[]>>();
  let total = 0;
  const drop = (block: ImageBlock) => {
    if (entries.delete(block)) total -= block.bytes;
  };
  return {
    get(block, make) {
      const known = entries.get(block);
      if (known !== undefined) {
        // The latest comes last.
        entries.delete(block);
        entries.set(block, known);
        return known;
      }
      for (const oldest of entries.keys()) {
        if (total + block.bytes <= bytes) break;
        drop(oldest);
      }
      const made = make();
      entries.set(block, made);
      total += block.bytes;
      made.catch(() => drop(block));
      return made;
    },
    clear() {
      entries.clear();
      total = 0;
    },
  };
}

export interface CropsOptions {
  readonly blocks: readonly ImageBlock[];
  readonly places: readonly CropPlace[];
  readonly crop: number;
  readonly channels: number;
  readonly store: BlockStore;
  /** How many blocks are mixed where not all fit in memory. */
  readonly open?: number;
  readonly labels?: Labels;
  /** All images of a block, `[height, width, channels]`. */
  decode(block: ImageBlock): Promise<Float32Array[]>;
}

/** @returns the dataset, and what decodes a block of it ahead. */
export function cropsDataset(options: CropsOptions): { dataset: Dataset; load(block: ImageBlock): Promise<void> } {
  const { blocks, places, crop, channels, store, open, labels, decode } = options;
  const [row, size] = [crop * channels, crop * crop * channels];
  const blockOf = new Int32Array(places.length);
  /** Which image of the block, and which sample of the image. */
  const [within, rank] = [new Int32Array(places.length), new Int32Array(places.length)];
  for (const [number, { samples }] of blocks.entries()) {
    for (const [image, its] of samples.entries()) {
      for (const [i, sample] of its.entries()) {
        blockOf[sample] = number;
        within[sample] = image;
        rank[sample] = i;
      }
    }
  }

  const copy = (kept: Kept, sample: number, to: Float32Array, at: number) => {
    const { top, left } = kept.isCut ? { top: rank[sample] * crop, left: 0 } : places[sample];
    for (let line = 0; line < crop; line++) {
      const from = ((top + line) * kept.width + left) * channels;
      to.set(kept.values.subarray(from, from + row), at + line * row);
    }
  };
  const keep = (values: Float32Array, { run: { height, width } }: FolderImage, samples: readonly number[]): Kept => {
    if (samples.length * crop * crop >= height * width) return { values, width, isCut: false };
    const cut = new Float32Array(samples.length * size);
    for (const [i, sample] of samples.entries()) copy({ values, width, isCut: false }, sample, cut, i * size);
    return { values: cut, width: crop, isCut: true };
  };
  const load = (block: ImageBlock) =>
    store.get(block, async () => {
      const decoded = await decode(block);
      return decoded.map((values, i) => keep(values, block.images[i], block.samples[i]));
    });

  const dataset: Dataset = {
    name: "images",
    size: places.length,
    grid: [crop, crop],
    channels,
    ...(labels === undefined ? {} : { labels }),
    async read(indices) {
      const result = new Float32Array(indices.length * size);
      const rows = new Map<number, number[]>();
      for (let i = 0; i < indices.length; i++) {
        const block = blockOf[indices[i]];
        const known = rows.get(block);
        if (known === undefined) rows.set(block, [i]);
        else known.push(i);
      }
      // One after another, so that no more than one image beyond the store is in memory.
      for (const [block, its] of rows) {
        const images = await load(blocks[block]);
        for (const i of its) copy(images[within[indices[i]]], indices[i], result, i * size);
      }
      return result;
    },
    ...(open === undefined
      ? {}
      : {
          close: async () => store.clear(),
          order: (random: Random) =>
            windowedOrder(places.length, { blocks: blocks.length, open, blockOf: (sample) => blockOf[sample] }, random),
        }),
  };
  return {
    dataset,
    load: async (block) => {
      await load(block);
    },
  };
}
