import { SaenoError, sizeOf } from "@saeno/backend";
import { type Dataset, type Reading, remembered } from "@saeno/datasets";
import { type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { Network } from "../network.ts";
import { checkInput, preprocess } from "../preprocessing.ts";

export interface MapsOptions {
  /** Images that go through the network at a time. Default 8. */
  readonly batch?: number;
  /** Megabytes of computed maps to keep. Default 512. */
  readonly cache?: number;
}

/** Maps that are looked at first, for the range of their values. */
const looked = 4;

/**
 * The activations of a layer for a dataset of images, as a dataset: computed when they are read, and kept as far as the cache goes. The network
 * stays the caller's.
 *
 * @throws SaenoError `network.input` for images that the network does not take, `network.layer` for a layer without maps on a grid.
 */
export async function mapsOf(
  network: Network,
  layerText: string,
  images: Dataset,
  { batch = 8, cache = 512 }: MapsOptions = {},
): Promise<Dataset> {
  checkInput(images.grid, images.channels, network.preprocessing);
  const layer = network.layerName(layerText);
  const run = async (indices: readonly number[]): Promise<{ values: Float32Array; shape: readonly number[] }> => {
    const x = await readInput(network, images, indices);
    const maps = await network.activations(x, layer);
    x.dispose();
    try {
      return { values: await maps.data<"float32">(), shape: maps.shape };
    } finally {
      maps.dispose();
    }
  };
  const first = await run(Array.from({ length: Math.min(looked, images.size) }, (_, i) => i));
  const [, ...shape] = first.shape;
  const [grid, channels] = [shape.slice(0, -1), shape[shape.length - 1]];
  if (grid.length === 0 || sizeOf(grid) === 1) {
    const found = `its activations have the shape (${shape.join(", ")})`;
    throw new SaenoError("network.layer", `${network.name}: ${layer} has no maps on a grid; ${found}.`);
  }
  const sample = sizeOf(shape);
  const { at: _, truth: __, reading, ...shared } = images;
  const maps: Dataset = {
    ...shared,
    name: `maps of ${layer} for ${images.name}`,
    grid,
    channels,
    images: {
      dataset: images,
      receptiveField: async () =>
        (await network.layers(images.grid)).find(({ name }) => name === layer)?.receptiveField,
    },
    reading: readingOf(first.values, { layer, network, grid, channels }, reading),
    async read(indices) {
      const asked = Array.from(indices);
      const result = new Float32Array(asked.length * sample);
      for (let begin = 0; begin < asked.length; begin += batch) {
        result.set((await run(asked.slice(begin, begin + batch))).values, begin * sample);
      }
      return result;
    },
  };
  return remembered(maps, cache);
}

/** Some images as a network takes them. The caller disposes of the tensor. */
export async function readInput(network: Network, images: Dataset, indices: ArrayLike<number>): Promise<Tensor> {
  const values = await images.read(indices);
  return tidy(() =>
    preprocess(tensor(values, [indices.length, ...images.grid, images.channels]), network.preprocessing),
  );
}

function readingOf(
  values: Float32Array,
  { layer, network, grid, channels }: Pick<Dataset, "grid" | "channels"> & { layer: string; network: Network },
  images: Reading | undefined,
): Reading {
  const range: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const dead = new Uint8Array(channels).fill(1);
  for (let i = 0; i < values.length; i++) {
    range[0] = Math.min(range[0], values[i]);
    range[1] = Math.max(range[1], values[i]);
    if (values[i] !== 0) dead[i % channels] = 0;
  }
  const none = dead.reduce((sum, is) => sum + is, 0);
  const short = (value: number) => String(Number(value.toPrecision(3)));
  const [low, high] = images?.range ?? [0, 1];
  return {
    text: `maps of ${layer} of ${network.name}: ${grid.join(" x ")}, ${channels} channels, ${range.map(short).join(" .. ")} in the first${images === undefined ? "" : `; ${images.text}`}`,
    type: "float32",
    range,
    notes: [...(none > 0 ? [`${none} channels are zero in the first maps`] : []), ...(images?.notes ?? [])],
    warnings: [
      ...(low < 0 || high > 1
        ? [
            `The images have values of ${short(low)} to ${short(high)}, and the network is given ${network.preprocessing.range} for 0 to 1: give images as they are, without whitening.`,
          ]
        : []),
      ...(images?.warnings ?? []),
    ],
  };
}
