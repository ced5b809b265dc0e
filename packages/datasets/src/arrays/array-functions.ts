import { type Random, SaenoError, sizeOf } from "@saeno/backend";
import { description, finite, type GenericSchema, number, optional, pipe } from "valibot";
import { arrayDataset } from "../array-dataset.ts";
import { count } from "../components/option-schemas.ts";
import type { Dataset, Labels, Reading } from "../dataset.ts";
import { type DataReporter, delayedProgress } from "../reporter.ts";
import { windowedOrder } from "../shuffle.ts";
import { type ArraySource, transposed } from "./array-source.ts";
import { type ArrayStatistics, arrayStatistics, counted, short } from "./array-statistics.ts";
import { type AxesRead, type LayoutOptions, layoutSchemas, readAxes } from "./layout.ts";
import type { Numbers } from "./numbers.ts";

export interface FunctionsOptions extends LayoutOptions {
  /** Replaces NaN; without it, NaN is an error. */
  readonly missing?: number | undefined;
  /** MB of memory that samples may take, default 512. Samples that fit are held; otherwise a quarter of it is a cache, and samples are read as needed. */
  readonly memory?: number | undefined;
  readonly labels?: Labels | undefined;
  readonly reporter?: DataReporter | undefined;
}

/** Options of every kind of data that is an array, besides its place. */
export const functionsSchemas: typeof layoutSchemas & {
  readonly missing: GenericSchema<number | undefined, number | undefined>;
  readonly memory: GenericSchema<unknown, number | undefined>;
} = {
  ...layoutSchemas,
  missing: optional(
    pipe(
      number("must be a number"),
      finite("must be a number"),
      description("what stands for NaN (default: an error)"),
    ),
  ),
  memory: optional(
    pipe(
      count,
      description(
        "MB for samples: those that fit are held, else a quarter of it is kept and the rest read as needed (default: 512)",
      ),
    ),
  ),
};

/** Bytes read at a time where all is read, and where a part is looked at. */
const [pieceBytes, lookBytes] = [2 ** 24, 2 ** 21];
/** Places looked at in data that is not read whole. */
const lookPlaces = 16;
/** What an order that takes blocks one after another mixes, if it fits: so many samples, or so many bytes of small ones. */
const [mixedSamples, mixedBytes] = [2048, 2 ** 24];

/**
 * A dataset of the functions in an array: samples, channels and grid by {@link readAxes}. Arrays that fit in memory are read at once and checked whole.
 * Larger ones are sampled at a few places and read when they are needed, and their `order` takes stored chunks one after another.
 *
 * @throws SaenoError as `readAxes`; `data.nan`, `data.range` and `data.precision` for numbers that are not numbers in float32, at once or when
 *   they are read.
 */
export async function functionsOf(source: ArraySource, options: FunctionsOptions = {}): Promise<Dataset> {
  const { memory = 512, reporter, labels } = options;
  const { name } = source;
  const axes = readAxes(source.shape, options, name, source.axes);
  const shape = sampleShape(source, axes);
  const channels = shape.at(-1) ?? 1;
  const sample = sizeOf(shape);
  const size = sizeOf(axes.samples.map((axis) => source.shape[axis]));
  if (labels !== undefined) checkLabels(labels, size, name);
  const statistics = arrayStatistics(channels);
  const parts: Parts = { source, axes, sample, statistics, missing: options.missing, replaced: 0 };
  const isHeld = size * sample * 4 <= memory * 2 ** 20;
  const opened = isHeld ? await held(parts, size, shape, reporter) : await streamed(parts, size, shape, memory);
  const reading = readingOf(opened, parts, isHeld);
  return { ...opened, ...(labels === undefined ? {} : { labels }), reading };
}

interface Parts {
  readonly source: ArraySource;
  readonly axes: AxesRead;
  /** Entries of a sample. */
  readonly sample: number;
  readonly statistics: ArrayStatistics;
  readonly missing: number | undefined;
  /** How many values were missing until now. */
  replaced: number;
  /** How many samples the statistics are of. */
  looked?: number;
  /** How many samples are mixed where the order takes chunks one after another. */
  mixed?: number;
}

function sampleShape({ shape }: ArraySource, { grid, channel }: AxesRead): number[] {
  return [...grid.map((axis) => shape[axis]), channel === undefined ? 1 : shape[channel]];
}

/** The samples of a box of sample indices, `[...samples, ...grid, channels]`, in the precision of the file. */
async function readBox({ source, axes }: Parts, from: readonly number[], to: readonly number[]): Promise<Numbers> {
  const { samples, grid, channel, fixed } = axes;
  const begin = source.shape.map((_, axis) => fixed.get(axis) ?? from[samples.indexOf(axis)] ?? 0);
  const end = source.shape.map((size, axis) => {
    const index = fixed.get(axis);
    return index === undefined ? (to[samples.indexOf(axis)] ?? size) : index + 1;
  });
  const order = [...samples, ...fixed.keys(), ...grid, ...(channel === undefined ? [] : [channel])];
  return transposed(
    await source.read(begin, end),
    end.map((size, axis) => size - begin[axis]),
    order,
  );
}

/** As float32, checked. */
function toFloat32(numbers: Numbers, parts: Parts, indexOf: (row: number) => number): Float32Array {
  const { source, sample, missing } = parts;
  const values = numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const found = numbers[i];
    const where = `${source.name}: sample ${indexOf(Math.floor(i / sample))} holds ${found}`;
    if (Number.isNaN(found) && missing !== undefined) {
      values[i] = missing;
      parts.replaced++;
    } else if (Number.isFinite(found)) {
      const problem = `${where}, beyond the largest number of float32, 3.4e38. Scale the data first.`;
      throw new SaenoError("data.range", problem, { kind: "data" });
    } else {
      const remedy = Number.isNaN(found) ? ", or say what stands for missing values, such as missing=0" : "";
      const problem = `${where} at its entry ${i % sample}. Remove or repair such samples first${remedy}.`;
      throw new SaenoError("data.nan", problem, { kind: "data" });
    }
  }
  return values;
}

/** All samples, read at once. */
async function held(
  parts: Parts,
  size: number,
  shape: readonly number[],
  reporter: DataReporter | undefined,
): Promise<Dataset> {
  const { source, axes, sample, statistics } = parts;
  const [first, ...others] = axes.samples.map((axis) => source.shape[axis]);
  const inRow = sizeOf(others);
  const chunk = source.chunks?.[axes.samples[0]] ?? 1;
  const step = Math.max(1, Math.round(pieceBytes / (4 * inRow * sample) / chunk)) * chunk;
  const values = new Float32Array(size * sample);
  const progress = reporter && delayedProgress(reporter, `read ${source.name}`);
  try {
    for (let begin = 0; begin < first; begin += step) {
      const end = Math.min(first, begin + step);
      const numbers = await readBox(parts, [begin, ...others.map(() => 0)], [end, ...others]);
      statistics.add(numbers);
      values.set(
        toFloat32(numbers, parts, (row) => begin * inRow + row),
        begin * inRow * sample,
      );
      if (step < first) progress?.update(end, first);
    }
  } finally {
    progress?.stop();
    await source.close?.();
  }
  statistics.checkPrecision(source.name);
  return arrayDataset({ name: source.name, values, shape: [size, ...shape] });
}

/** Samples that are read when they are asked for. */
async function streamed(parts: Parts, size: number, shape: readonly number[], memory: number): Promise<Dataset> {
  const { source, axes, sample, statistics } = parts;
  const sizes = axes.samples.map((axis) => source.shape[axis]);
  const cacheBytes = (memory * 2 ** 20) / 4;
  const blocks = blocksOf(parts, sizes, cacheBytes);
  const cache = lruCache<Float32Array>(cacheBytes, ({ byteLength }) => byteLength);
  const readBlock = async (block: number) => {
    const [from, to] = blocks.boxOf(block);
    return toFloat32(await readBox(parts, from, to), parts, (row) => blocks.sampleOf(block, row));
  };
  const look = Math.max(1, Math.floor(lookBytes / (4 * sample * blocks.samples)));
  const stride = Math.max(look, Math.floor((blocks.count - look) / (lookPlaces - 1)));
  let looked = 0;
  for (let place = 0; place < blocks.count; place += stride) {
    for (let block = place; block < Math.min(blocks.count, place + look); block++) {
      const numbers = await readBox(parts, ...blocks.boxOf(block));
      statistics.add(numbers);
      toFloat32(numbers.slice(), parts, (row) => blocks.sampleOf(block, row));
      looked += numbers.length / sample;
    }
  }
  statistics.checkPrecision(source.name);
  if (looked < size) parts.looked = looked;
  parts.replaced = 0;
  const windowBytes = Math.min(cacheBytes / 2, Math.max(mixedSamples * 4 * sample, mixedBytes));
  const open = Math.max(1, Math.floor(windowBytes / (4 * sample * blocks.samples)));
  if (blocks.samples > 1) parts.mixed = Math.min(size, open * blocks.samples);
  return {
    name: source.name,
    size,
    grid: shape.slice(0, -1),
    channels: shape.at(-1) ?? 1,
    close: async () => source.close?.(),
    async read(indices) {
      const result = new Float32Array(indices.length * sample);
      const rows = new Map<number, number[]>();
      for (let row = 0; row < indices.length; row++) {
        const block = blocks.blockOf(indices[row]);
        const known = rows.get(block);
        if (known === undefined) rows.set(block, [row]);
        else known.push(row);
      }
      const wanted = [...rows].map(async ([block, its]) => {
        // A single sample is not kept: it is as cheap to read again.
        const values = await (blocks.samples === 1 ? readBlock(block) : cache.get(block, () => readBlock(block)));
        for (const row of its) {
          const at = blocks.rowOf(indices[row]) * sample;
          result.set(values.subarray(at, at + sample), row * sample);
        }
        cache.taken(block, its.length, values.length / sample);
      });
      await Promise.all(wanted);
      return result;
    },
    ...(blocks.samples > 1
      ? {
          order: (random: Random) =>
            windowedOrder(size, { blocks: blocks.count, open, blockOf: blocks.blockOf }, random),
        }
      : {}),
  };
}

/** Samples that are read together: those of a chunk, or where any can be read one by one, single ones. */
interface Blocks {
  readonly count: number;
  /** In each, but for those at the end of an axis. */
  readonly samples: number;
  blockOf(sample: number): number;
  /** Which of its block's samples it is. */
  rowOf(sample: number): number;
  sampleOf(block: number, row: number): number;
  boxOf(block: number): [from: number[], to: number[]];
}

function blocksOf({ source, axes, sample }: Parts, sizes: readonly number[], cacheBytes: number): Blocks {
  const leads = axes.samples.every((axis, i) => axis === i);
  const most = Math.max(1, Math.floor(cacheBytes / 4 / (4 * sample)));
  const block = axes.samples.map((axis) => Math.min(source.chunks?.[axis] ?? 1, source.shape[axis]));
  // Where samples are not on the first axis of contiguous numbers, many are as cheap to read as one.
  if (source.chunks === undefined && !leads) block[block.length - 1] = Math.min(sizes.at(-1) ?? 1, 1024);
  for (let axis = 0; axis < block.length; axis++) {
    while (sizeOf(block) > most && block[axis] > 1) block[axis] = Math.ceil(block[axis] / 2);
  }
  const counts = sizes.map((size, axis) => Math.ceil(size / block[axis]));
  const fromFlat = (flat: number, of: readonly number[]) => {
    const index = of.map(() => 0);
    let rest = flat;
    for (let axis = of.length - 1; axis >= 0; axis--) {
      index[axis] = rest % of[axis];
      rest = Math.floor(rest / of[axis]);
    }
    return index;
  };
  const toFlat = (index: readonly number[], of: readonly number[]) =>
    index.reduce((flat, i, axis) => flat * of[axis] + i, 0);
  const boxOf = (at: number): [number[], number[]] => {
    const from = fromFlat(at, counts).map((i, axis) => i * block[axis]);
    return [from, from.map((start, axis) => Math.min(sizes[axis], start + block[axis]))];
  };
  const blockOf = (flat: number) =>
    toFlat(
      fromFlat(flat, sizes).map((i, axis) => Math.floor(i / block[axis])),
      counts,
    );
  const common = { count: sizeOf(counts), samples: sizeOf(block), boxOf };
  if (sizes.length === 1) {
    const [length] = block;
    return {
      ...common,
      blockOf: (flat) => Math.floor(flat / length),
      rowOf: (flat) => flat % length,
      sampleOf: (at, row) => at * length + row,
    };
  }
  return {
    ...common,
    blockOf,
    rowOf(flat) {
      const [from, to] = boxOf(blockOf(flat));
      const within = fromFlat(flat, sizes).map((i, axis) => i - from[axis]);
      return toFlat(
        within,
        to.map((end, axis) => end - from[axis]),
      );
    },
    sampleOf(at, row) {
      const [from, to] = boxOf(at);
      const within = fromFlat(
        row,
        to.map((end, axis) => end - from[axis]),
      );
      return toFlat(
        within.map((i, axis) => i + from[axis]),
        sizes,
      );
    },
  };
}

/** What was read last, up to a number of bytes. What is being read is read once. */
function lruCache<T>(bytes: number, bytesOf: (value: T) => number) {
  const entries = new Map<number, Promise<T>>();
  const sizes = new Map<number, number>();
  const parts = new Map<number, number>();
  let total = 0;
  const drop = (key: number) => {
    total -= sizes.get(key) ?? 0;
    for (const map of [entries, sizes, parts]) map.delete(key);
  };
  return {
    /** Of an entry with so many parts some were taken. One of which all were is done with, as training takes each once. */
    taken(key: number, count: number, of: number): void {
      const sum = (parts.get(key) ?? 0) + count;
      if (sum >= of) drop(key);
      else parts.set(key, sum);
    },
    get(key: number, make: () => Promise<T>): Promise<T> {
      const known = entries.get(key);
      entries.delete(key);
      const entry = known ?? make();
      entries.set(key, entry);
      if (known === undefined) {
        entry.then(
          (value) => {
            sizes.set(key, bytesOf(value));
            total += bytesOf(value);
            for (const oldest of entries.keys()) {
              if (total <= bytes || oldest === key) break;
              drop(oldest);
            }
          },
          () => entries.delete(key),
        );
      }
      return entry;
    },
  };
}

function checkLabels({ values }: Labels, size: number, name: string): void {
  if (values.length === size) return;
  throw new SaenoError("data.labels", `${name} has ${size} samples and ${values.length} labels.`, { kind: "data" });
}

function sizeText(bytes: number): string {
  return bytes >= 2 ** 30 ? `${short(bytes / 2 ** 30)} GB` : `${short(bytes / 2 ** 20)} MB`;
}

function readingOf({ size, grid, channels }: Dataset, parts: Parts, isHeld: boolean): Reading {
  const { source, axes, statistics, looked, mixed, replaced, sample } = parts;
  const range = statistics.range;
  const withChannels = channels > 1 || axes.channel !== undefined ? ` with ${counted(channels, "channel")}` : "";
  const notes = [
    ...(source.notes ?? []),
    ...(replaced > 0 ? [`${counted(replaced, "missing value")} replaced by ${parts.missing}`] : []),
    ...(isHeld ? [] : [`read as needed (${sizeText(size * sample * 4)} as float32)`]),
    ...(mixed === undefined ? [] : [`shuffled within ${counted(mixed, "sample")} at a time`]),
  ];
  const of = looked === undefined ? "" : ` in ${counted(looked, "sample")} looked at`;
  const constant = statistics.constantChannels();
  const named = constant.slice(0, 8).map(({ channel, value }) => `${channel} (${short(value)})`);
  const more = constant.length > named.length ? ", .." : "";
  return {
    text: `read ${counted(size, "function")} on ${grid.length === 1 ? `${grid[0]} points` : grid.join(" x ")}${withChannels} (${axes.words}) from ${[`${source.name}, ${source.type}, ${range.map(short).join(" .. ")}${of}`, ...notes].join("; ")}`,
    type: source.type,
    range,
    notes,
    warnings:
      constant.length === 0
        ? []
        : [
            `${counted(constant.length, "channel")} of ${channels} ${constant.length === 1 ? "is" : "are"} constant${of}: ${named.join(", ")}${more}.`,
          ],
  };
}
