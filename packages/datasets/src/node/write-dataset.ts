import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { finished } from "node:stream/promises";
import { messageOf, SaenoError, sizeOf } from "@saeno/backend";
import { stridesOf } from "../arrays/array-source.ts";
import type { Dataset } from "../dataset.ts";
import { npyHeader } from "../formats/npy.ts";
import { safetensorsHeader } from "../formats/safetensors.ts";

export interface WriteDatasetOptions {
  readonly onProgress?: (done: number, total: number) => void;
}

/** Endings of the files that are written. */
export const writtenEndings = [".npy", ".safetensors", ".zarr"] as const;

/** Bytes of a chunk of a Zarr store, about; and of samples read at a time. */
const [chunkBytes, pieceBytes] = [2 ** 20, 2 ** 24];

/**
 * Writes samples to a file, or a Zarr store, by the ending of its name: float32 `[samples, ...grid, channels]`, without an axis of channels if there is
 * only one. Samples are read as they are written, so that any number fits. The file appears when it is complete.
 *
 * @returns the shape that was written.
 * @throws SaenoError `data.ending` for another ending, `file.write`.
 */
export async function writeDataset(
  dataset: Dataset,
  file: string,
  { onProgress }: WriteDatasetOptions = {},
): Promise<number[]> {
  const ending = extname(file);
  const { size, grid, channels } = dataset;
  const last = grid.length === 0 ? ["x"] : channels > 1 ? ["channel"] : [];
  const names = ["sample", ...["z", "y", "x"].slice(3 - grid.length), ...last];
  const shape = [size, ...grid, ...last.map(() => channels)];
  const partial = join(dirname(file), `.${crypto.randomUUID()}.partial`);
  const pieces = samplePieces(dataset, ending === ".zarr" ? zarrChunk(dataset) : 1, onProgress);
  try {
    if (ending === ".npy") await writeStream(partial, npyHeader(shape), pieces);
    else if (ending === ".safetensors") {
      await writeStream(partial, safetensorsHeader([{ name: "data", shape }], { axes: names.join() }), pieces);
    } else if (ending === ".zarr") await writeZarr(partial, shape, names, zarrChunk(dataset), pieces);
    else {
      const problem = `${file}: data is written to files that end in ${writtenEndings.join(", ")}.`;
      throw new SaenoError("data.ending", problem);
    }
    await rename(partial, file);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    if (SaenoError.isInstance(cause)) throw cause;
    throw new SaenoError("file.write", `${file} cannot be written: ${messageOf(cause)}.`, { kind: "data", cause });
  }
  return shape;
}

function zarrChunk({ grid, channels }: Dataset): number {
  return Math.max(1, Math.floor(chunkBytes / (4 * sizeOf(grid) * channels)));
}

/** All samples in order, a whole number of chunks at a time. */
async function* samplePieces(
  { size, grid, channels, read }: Dataset,
  chunk: number,
  onProgress: WriteDatasetOptions["onProgress"],
): AsyncGenerator<{ readonly begin: number; readonly values: Float32Array }> {
  const step = Math.max(1, Math.floor(pieceBytes / (4 * sizeOf(grid) * channels) / chunk)) * chunk;
  for (let begin = 0; begin < size; begin += step) {
    const indices = Int32Array.from({ length: Math.min(step, size - begin) }, (_, i) => begin + i);
    yield { begin, values: await read(indices) };
    onProgress?.(begin + indices.length, size);
  }
}

type Pieces = ReturnType<typeof samplePieces>;

async function writeStream(file: string, header: Uint8Array, pieces: Pieces): Promise<void> {
  const stream = createWriteStream(file, { flags: "wx" });
  const end = finished(stream);
  // Thrown where it is awaited.
  end.catch(() => {});
  const write = async (bytes: Uint8Array) => {
    if (stream.errored === null && !stream.write(bytes)) {
      await Promise.race([new Promise<void>((resolve) => stream.once("drain", resolve)), end]);
    }
  };
  await write(header);
  for await (const { values } of pieces) {
    await write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    if (stream.errored !== null) break;
  }
  stream.end();
  await end;
}

/** Zarr 3: chunks of some samples, compressed by zstd after their bytes are sorted by significance. */
async function writeZarr(
  folder: string,
  shape: readonly number[],
  names: readonly string[],
  chunk: number,
  pieces: Pieces,
): Promise<void> {
  const { create, root, set, slice } = await import("zarrita");
  const store = {
    async set(key: string, bytes: Uint8Array) {
      const file = join(folder, key);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes);
    },
    get: async () => undefined,
  };
  const array = await create(root(store), {
    shape: [...shape],
    chunkShape: [Math.min(chunk, shape[0]), ...shape.slice(1)],
    dtype: "float32",
    dimensionNames: [...names],
    codecs: [
      { name: "bytes", configuration: { endian: "little" } },
      {
        name: "blosc",
        configuration: { typesize: 4, cname: "zstd", clevel: 3, shuffle: "shuffle", blocksize: 0 },
      },
    ],
  });
  const stride = stridesOf(shape);
  for await (const { begin, values } of pieces) {
    const count = values.length / stride[0];
    const rest = shape.slice(1).map(() => null);
    await set(array, [slice(begin, begin + count), ...rest], {
      data: values,
      shape: [count, ...shape.slice(1)],
      stride,
    });
  }
}
