/** The maps of a layer in a sharded store: safetensors files with one tensor each, and a description next to them. */
import { parseJson, SaenoError, sizeOf } from "@saeno/backend";
import { type DataConfig, type Dataset, encodeSafetensors, type SampleOrigin } from "@saeno/datasets";
import * as v from "valibot";
import type { Network } from "../network.ts";
import { mapsOf } from "./maps-of.ts";

/** A folder, wherever it is. */
export interface HarvestStore {
  read(name: string): Promise<Uint8Array | undefined>;
  /** Whole or not at all: what is named is complete. */
  write(name: string, bytes: Uint8Array): Promise<void>;
}

export interface HarvestOptions {
  /** How numbers are stored. Default `F16`, to the nearest. */
  readonly type?: "F16" | "F32";
  /** Approximate size of a shard in bytes. Default 64 MiB. */
  readonly shardBytes?: number;
  /** Images that go through the network at a time. Default 8. */
  readonly batch?: number;
  /** What to call the images. Default their name. */
  readonly source?: string;
  /** How many samples, at the end, are held out. */
  readonly test?: number;
  /** How the images can be opened again: those to train on, then those held out. */
  readonly images?: { readonly data: DataConfig; readonly seed: number };
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the harvest after a shard, with its reason as the error; the same call continues there. */
  readonly signal?: AbortSignal;
}

const description = "harvest.json";
const shardSchema = v.object({
  file: v.string(),
  samples: v.number(),
  sums: v.array(v.number()),
  squares: v.array(v.number()),
});
const harvestSchema = v.looseObject({
  settings: v.looseObject({}),
  shards: v.array(shardSchema),
  complete: v.boolean(),
});

type Shard = v.InferOutput<typeof shardSchema>;

/** What `harvest.json` says. */
export interface Harvest {
  readonly format: "saeno-harvest";
  readonly settings: {
    readonly network: string;
    readonly layer: string;
    readonly preprocessing: Network["preprocessing"];
    readonly source: string;
    readonly samples: number;
    /** How many of them, at the end, are held out. */
    readonly test: number;
    readonly shape: readonly number[];
    readonly type: "F16" | "F32";
    readonly samplesInShard: number;
  };
  /** Sums over samples and points by channel, of the numbers before they were rounded. */
  readonly shards: readonly Shard[];
  readonly complete: boolean;
  /** Of all samples, by channel. */
  readonly mean?: readonly number[];
  readonly deviation?: readonly number[];
  /** Where each sample comes from, if that is known. */
  readonly origins?: readonly SampleOrigin[];
  /** How the images can be opened again. */
  readonly images?: { readonly data: DataConfig; readonly seed: number };
  /** Points of an image that a point of the map sees, on each axis. */
  readonly receptiveField?: readonly number[];
}

/**
 * Streams the maps of a layer into a store that `safetensors:FOLDER` reads: one shard is in memory at a time. An interrupted harvest continues after its
 * last whole shard, and ends as the same store, byte for byte.
 *
 * @throws SaenoError `harvest.other` for a store that holds something else, `harvest.range` for numbers beyond half precision, and as `mapsOf`.
 */
export async function harvest(
  network: Network,
  layerText: string,
  images: Dataset,
  store: HarvestStore,
  options: HarvestOptions = {},
): Promise<Harvest> {
  const { type = "F16", shardBytes = 2 ** 26, batch = 8, source = images.name, test = 0, onProgress, signal } = options;
  const layer = network.layerName(layerText);
  const { receptiveField } = (await network.layers(images.grid)).find(({ name }) => name === layer) ?? {};
  const maps = await mapsOf(network, layer, images, { batch, cache: 0 });
  const { size, channels } = maps;
  const shape = [...maps.grid, channels];
  const bytes = sizeOf(shape) * (type === "F16" ? 2 : 4);
  const samplesInShard = Math.max(1, Math.floor(shardBytes / bytes));
  const { preprocessing, name } = network;
  const settings = { network: name, layer, preprocessing, source, samples: size, test, shape, type, samplesInShard };
  const shards = [...(await shardsThere(store, settings))];
  const write = (rest: Partial<Harvest>): Promise<void> =>
    store.write(
      description,
      new TextEncoder().encode(
        `${JSON.stringify({ format: "saeno-harvest", settings, shards, complete: false, ...rest }, null, 1)}\n`,
      ),
    );
  let done = shards.reduce((sum, { samples }) => sum + samples, 0);
  if (shards.length === 0) await write({});
  onProgress?.(done, size);
  while (done < size) {
    signal?.throwIfAborted();
    const count = Math.min(samplesInShard, size - done);
    const values = new Float32Array(count * sizeOf(shape));
    for (let begin = 0; begin < count; begin += batch) {
      const some = Int32Array.from({ length: Math.min(batch, count - begin) }, (_, i) => done + begin + i);
      values.set(await maps.read(some), begin * sizeOf(shape));
      onProgress?.(done + begin + some.length, size);
    }
    if (type === "F16") checkHalf(values, layer);
    const file = `maps-${String(shards.length).padStart(5, "0")}.safetensors`;
    const axes = ["sample", ...["z", "y", "x"].slice(3 - maps.grid.length), "channel"].join();
    await store.write(file, encodeSafetensors({ maps: { dtype: type, shape: [count, ...shape], values } }, { axes }));
    shards.push({ file, samples: count, ...channelSums(values, channels) });
    done += count;
    if (done < size) await write({});
  }
  const result: Harvest = {
    format: "saeno-harvest",
    settings,
    shards,
    complete: true,
    ...statistics(shards, size * sizeOf(maps.grid)),
    ...(images.origin === undefined
      ? {}
      : { origins: Array.from({ length: size }, (_, i) => images.origin?.(i) ?? { file: "" }) }),
    ...(options.images === undefined ? {} : { images: options.images }),
    ...(receptiveField === undefined ? {} : { receptiveField }),
  };
  await write(result);
  return result;
}

/** The shards of a harvest that was begun with the same settings. */
async function shardsThere(store: HarvestStore, settings: Harvest["settings"]): Promise<readonly Shard[]> {
  const bytes = await store.read(description);
  if (bytes === undefined) return [];
  const found = v.safeParse(harvestSchema, parseJson(bytes, description));
  const [before, now] = [found.success ? found.output.settings : {}, settings].map((each) => JSON.stringify(each));
  if (found.success && before === now) return found.output.shards;
  const what = Object.entries(settings).find(
    ([key, value]) => found.success && JSON.stringify(found.output.settings[key]) !== JSON.stringify(value),
  );
  const problem = what === undefined ? "cannot be read" : `was made with another ${what[0]}`;
  throw new SaenoError(
    "harvest.other",
    `The store holds a harvest that ${problem}: name another folder, or remove it.`,
    {
      kind: "data",
    },
  );
}

/** The largest half-precision number. */
const largestHalf = 65504;

/** @throws SaenoError `harvest.range` for what half precision cannot hold. */
function checkHalf(values: Float32Array, layer: string): void {
  const large = values.find((value) => !(Math.abs(value) <= largestHalf));
  if (large === undefined) return;
  const problem = `${layer} holds ${large}, and F16 no more than ${largestHalf}`;
  throw new SaenoError("harvest.range", `${problem}: store F32.`, { kind: "data" });
}

function channelSums(values: Float32Array, channels: number): Pick<Shard, "sums" | "squares"> {
  const [sums, squares] = [new Float64Array(channels), new Float64Array(channels)];
  for (let i = 0; i < values.length; i++) {
    sums[i % channels] += values[i];
    squares[i % channels] += values[i] ** 2;
  }
  return { sums: Array.from(sums), squares: Array.from(squares) };
}

function statistics(shards: readonly Shard[], count: number): Pick<Harvest, "mean" | "deviation"> {
  const total = (of: (shard: Shard) => readonly number[]) =>
    of(shards[0]).map((_, channel) => shards.reduce((sum, shard) => sum + of(shard)[channel], 0) / count);
  const mean = total(({ sums }) => sums);
  const deviation = total(({ squares }) => squares).map((square, c) => Math.sqrt(Math.max(0, square - mean[c] ** 2)));
  return { mean, deviation };
}
