import { wasm as plain } from "../../generated/wide-plain.ts";
import { wasm as shared } from "../../generated/wide-shared.ts";

/** The kernels of wide.ts as any engine with relaxed SIMD compiles them. */
export function wide(isShared: boolean): WebAssembly.Module {
  return new WebAssembly.Module(Buffer.from(isShared ? shared : plain, "base64"));
}
