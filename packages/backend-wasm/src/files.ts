/**
 * The files of this package that are not modules: binaries, and the script of a thread. Pages load them by their addresses, which bundlers know
 * from `new URL(.., import.meta.url)`. This file stands as deep in `src` as what is built of it in `dist`.
 */
import { messageOf, SaenoError } from "@saeno/backend";

/** A WebAssembly binary of this package's folder `wasm`. */
export type WasmFile =
  | `${"relaxed" | "simd"}-${"plain" | "shared"}.wasm`
  | `tfjs-backend-wasm${"" | "-simd" | "-threaded-simd"}.wasm`;

/** Where each is; a bundler replaces each address by where it puts the file. */
const addresses: Readonly<Record<WasmFile, () => URL>> = {
  "relaxed-plain.wasm": () => new URL("../wasm/relaxed-plain.wasm", import.meta.url),
  "relaxed-shared.wasm": () => new URL("../wasm/relaxed-shared.wasm", import.meta.url),
  "simd-plain.wasm": () => new URL("../wasm/simd-plain.wasm", import.meta.url),
  "simd-shared.wasm": () => new URL("../wasm/simd-shared.wasm", import.meta.url),
  "tfjs-backend-wasm.wasm": () => new URL("../wasm/tfjs-backend-wasm.wasm", import.meta.url),
  "tfjs-backend-wasm-simd.wasm": () => new URL("../wasm/tfjs-backend-wasm-simd.wasm", import.meta.url),
  "tfjs-backend-wasm-threaded-simd.wasm": () =>
    new URL("../wasm/tfjs-backend-wasm-threaded-simd.wasm", import.meta.url),
};

/** A file of this package's folder `wasm`: a binary, or the script of a thread. */
export type PackageFile = WasmFile | "thread.js";

/** Where a file of the folder `wasm` is served: an address, relative to the page if it is not whole. */
export type Locate = (file: PackageFile) => string | URL;

/** The bytes of a binary. @throws SaenoError `backend.file` if they are not at its address. */
export async function readWasm(file: WasmFile, locate?: Locate): Promise<Uint8Array<ArrayBuffer>> {
  const address = locate === undefined ? addresses[file]() : absolute(locate(file));
  try {
    const bytes = address.protocol === "file:" ? fromDisk(address) : await fromServer(address);
    // Servers of one-page sites answer with the page where there is no such file.
    if (new TextDecoder().decode(bytes.subarray(0, 4)) !== "\0asm") throw new Error("what is there is not WebAssembly");
    return bytes;
  } catch (cause) {
    const remedy =
      "Serve the folder wasm of @saeno/backend-wasm and say where: createWasmBackend({ locate: (file) => '/wasm/' + file })";
    throw new SaenoError("backend.file", `${file} cannot be loaded from ${address}: ${messageOf(cause)}. ${remedy}.`, {
      cause,
    });
  }
}

/** A worker of a browser that runs the script of a thread. */
export function threadWorker(locate?: Locate): Worker {
  return locate === undefined
    ? new Worker(new URL("../wasm/thread.js", import.meta.url), { type: "module" })
    : new Worker(absolute(locate("thread.js")), { type: "module" });
}

function absolute(address: string | URL): URL {
  return new URL(address, globalThis.document?.baseURI ?? globalThis.location?.href ?? import.meta.url);
}

async function fromServer(address: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

function fromDisk(address: URL): Uint8Array<ArrayBuffer> {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs");
  if (fs === undefined) throw new Error("a page cannot read files of the disk");
  return new Uint8Array(fs.readFileSync(address));
}
