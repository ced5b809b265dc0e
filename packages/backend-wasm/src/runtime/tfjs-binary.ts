import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

/**
 * Provides the binary that tfjs is about to load. In browsers it would look next to the page's scripts, where bundlers do not put it;
 * in Node it finds the file itself.
 */
export async function bringTfjsBinary(simd: boolean, threads: boolean): Promise<void> {
  if (globalThis.process?.versions?.node !== undefined) return;
  const { wasm } = await load(simd, threads);
  const url = `data:application/wasm;base64,${wasm}`;
  setWasmPaths({
    "tfjs-backend-wasm.wasm": url,
    "tfjs-backend-wasm-simd.wasm": url,
    "tfjs-backend-wasm-threaded-simd.wasm": url,
  });
}

function load(simd: boolean, threads: boolean): Promise<{ readonly wasm: string }> {
  if (!simd) return import("../generated/tfjs-backend-wasm.ts");
  return threads
    ? import("../generated/tfjs-backend-wasm-threaded-simd.ts")
    : import("../generated/tfjs-backend-wasm-simd.ts");
}
