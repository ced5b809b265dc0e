import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom, SaenoError } from "@saeno/backend";
import { type ArraySource, openHdf5 } from "@saeno/datasets";
import { workerArray } from "@saeno/datasets/node";
import * as h5wasm from "h5wasm/node";
import { mutateBytes } from "../mutations/mutate-bytes.ts";
import { expectThat, type FuzzTarget, pick } from "../target.ts";
import { scratchFolder } from "./scratch-folder.ts";

const file = "input.h5";

export const hdf5: FuzzTarget = {
  name: "hdf5",
  summary: "openHdf5, and boxes",
  share: 2,
  // A chunk may take 128 MB unpacked.
  arrayMb: 128,
  async prepare() {
    const folder = scratchFolder();
    await h5wasm.ready;
    const corpus = [
      written(folder.path, {}),
      written(folder.path, { chunks: [2, 4] }),
      written(folder.path, { chunks: [5, 4], compression: 4 }),
      written(folder.path, { dtype: "<i2" }),
    ];
    let count = 0;
    const input = (bytes: Uint8Array, changes: readonly string[]) => ({
      files: { [file]: bytes },
      changes,
      names: [folder.path],
      async read() {
        // The library knows files that it has open by their place on the disk.
        folder.remove(`${count++}`);
        const source = await open(folder.write(`${count}/${file}`, bytes));
        try {
          const size = source.shape.reduce((product, size) => product * size, 1);
          expectThat(Number.isSafeInteger(size) && size >= 0, `its shape is ${source.shape.join(" x ")}`);
          const to = size > 10_000 ? source.shape.map((size) => Math.min(size, 2)) : source.shape;
          const found = await source.read(
            source.shape.map(() => 0),
            to,
          );
          const wanted = to.reduce((product, size) => product * size, 1);
          expectThat(found.length === wanted, `${found.length} numbers of a box of ${to.join(" x ")}`);
        } catch (error) {
          throw noticed(error);
        } finally {
          await source.close?.();
        }
      },
    });
    return {
      whole: corpus.map((bytes) => input(bytes, [])),
      damaged(random) {
        const { bytes, changes } = mutateBytes(pick(corpus, random), random, corpus);
        return input(bytes, changes);
      },
      close: folder.close,
    };
  },
};

/** Whether a file has ended the library in this process; each later one is read in a thread of its own, as files are outside of tests. */
let hasEnded = false;

async function open(path: string): Promise<ArraySource> {
  if (hasEnded) return workerArray({ kind: "hdf5", path, array: "fields/u" });
  return openHdf5(h5wasm, path, "fields/u").catch((error: unknown) => Promise.reject(noticed(error)));
}

function noticed(error: unknown): unknown {
  hasEnded ||= SaenoError.isInstance(error) && error.code === "hdf5.crash";
  return error;
}

interface Storage {
  readonly dtype?: "<f4" | "<i2";
  readonly chunks?: number[];
  readonly compression?: number;
}

function written(folder: string, { dtype = "<f4", ...storage }: Storage): Uint8Array {
  const path = join(folder, "whole.h5");
  const h5 = new h5wasm.File(path, "w");
  const numbers = createRandom(12).normals(20);
  const data = dtype === "<f4" ? Float32Array.from(numbers) : Int16Array.from(numbers, (value) => 100 * value);
  const dataset = h5.create_group("fields").create_dataset({ name: "u", data, shape: [5, 4], dtype, ...storage });
  dataset.create_attribute("scale_factor", 0.5);
  h5.flush();
  h5.close();
  return new Uint8Array(readFileSync(path));
}
