import { wasm as plain } from "../../generated/wide-plain.ts";
import { wasm as shared } from "../../generated/wide-shared.ts";

/** A section without meaning: V8 hands out what it compiled before for the same bytes, flags or not. */
const section = [0, 5, 4, ...Buffer.from("test")];

/** The kernels of wide.ts as any engine with relaxed SIMD compiles them. */
export function wide(isShared: boolean): WebAssembly.Module {
  return new WebAssembly.Module(Buffer.concat([Buffer.from(isShared ? shared : plain, "base64"), Buffer.from(section)]));
}

// In the place of wide-kernels.ts: these kernels, whatever the engine makes of them.
export const compileWideKernels = async (shared: boolean): Promise<WebAssembly.Module> => wide(shared);
export const joinsVectors = (): boolean => true;
export const comparedBytes = 0;
