/** The thread that reads a stored array, so that unpacking goes on beside whatever else is computed, and a damaged file can do no more than end it. */
import { stat } from "node:fs/promises";
import { parentPort } from "node:worker_threads";
import { messageOf, SaenoError, sizeOf } from "@saeno/backend";
import type { ArraySource } from "../arrays/array-source.ts";
import { openHdf5 } from "../arrays/hdf5.ts";
import { bytesOf } from "../arrays/numbers.ts";
import { openZarr } from "../arrays/zarr.ts";
import { urlZarrStore, type ZarrStore } from "../arrays/zarr-store.ts";
import { zipZarrStore } from "../arrays/zarr-zip.ts";
import { isUrl } from "../bytes/byte-source.ts";
import { folderZarrStore } from "./folder-store.ts";
import { fileBytes } from "./node-files.ts";
import type { ArrayRequest, ArrayResponse, StoredArray } from "./worker-array.ts";

/** Bytes of WebAssembly memory to open a file in; beyond that as much as its chunks can need: what is packed and unpacked, and a copy. */
const [base, copies] = [2 ** 26, 3];
let mostMemory: number = 2 * base;

// The memory of this thread's modules: a small chunk may claim to unpack to gigabytes.
const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 2 ** 16 > mostMemory)
    throw new RangeError("the memory for this array is used up");
  return grow.call(this, pages);
};

let source: ArraySource | undefined;

async function respond(request: ArrayRequest): Promise<[ArrayResponse, ArrayBuffer[]]> {
  if ("kind" in request) {
    source = await open(request);
    const { name, shape, type, chunks, axes, notes } = source;
    return [
      { opened: { name, shape, type, ...(chunks && { chunks }), ...(axes && { axes }), ...(notes && { notes }) } },
      [],
    ];
  }
  if (source === undefined) throw new Error("nothing is open");
  const { from, to } = request;
  const width = bytesOf(source.type);
  const box = width * sizeOf(to.map((end, axis) => end - from[axis]));
  const chunk = width * sizeOf(source.chunks ?? []);
  mostMemory = Math.max(mostMemory, base + box + copies * chunk);
  const numbers = await source.read(from, to);
  return [{ numbers }, numbers.buffer instanceof ArrayBuffer ? [numbers.buffer] : []];
}

async function open({ kind, path, array }: StoredArray): Promise<ArraySource> {
  if (kind === "hdf5") {
    await (await fileBytes(path)).close?.();
    const library = await load("h5wasm", "HDF5 files are", () => import("h5wasm/node"));
    return openHdf5(library, path, array);
  }
  const library = await load("zarrita", "Zarr stores are", () => import("zarrita"));
  return openZarr(library, await storeAt(path), array);
}

async function storeAt(path: string): Promise<ZarrStore> {
  if (isUrl(path)) return urlZarrStore(path);
  const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === "ENOENT" ? "there is no such file" : cause.message;
    throw new SaenoError("file.missing", `${path} cannot be read: ${reason}.`, { kind: "data", cause });
  });
  return stats.isDirectory() ? folderZarrStore(path) : zipZarrStore(await fileBytes(path));
}

async function load<T>(name: string, what: string, importIt: () => Promise<T>): Promise<T> {
  try {
    return await importIt();
  } catch (cause) {
    throw new SaenoError(
      `data.${name}`,
      `${what} read by the package ${name}, which is not installed here or does not start: npm install ${name}. (${messageOf(cause).split("\n", 1)[0]})`,
      { cause },
    );
  }
}

// One after another: what is asked for ahead waits here.
let last: Promise<void> = Promise.resolve();
parentPort?.on("message", (request: ArrayRequest) => {
  last = last.then(async () => {
    try {
      parentPort?.postMessage(...(await respond(request)));
    } catch (error) {
      const { code, kind } = error instanceof SaenoError ? error : { code: undefined, kind: undefined };
      const response: ArrayResponse = { error: { message: messageOf(error), code, kind } };
      parentPort?.postMessage(response);
    }
  });
});
