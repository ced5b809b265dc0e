export type Instructions = "simd" | "relaxed";

/** `(func (param v128 v128 v128) (result v128) local.get 0 local.get 1 local.get 2 f32x4.relaxed_madd)`. */
const relaxedModule = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2,
  253, 133, 2, 11,
];

/** Whether the engine has fused multiply-add: Node 22 and later do, Node 20 with `--experimental-wasm-relaxed-simd`. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(new Uint8Array(relaxedModule));
}

/** The compiled kernels for an instruction set and a kind of memory. */
export async function kernelBinary(instructions: Instructions, shared: boolean): Promise<Uint8Array> {
  const { wasm } = await load(instructions, shared);
  return Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0));
}

function load(instructions: Instructions, shared: boolean): Promise<{ readonly wasm: string }> {
  if (instructions === "relaxed") {
    return shared ? import("../generated/relaxed-shared.ts") : import("../generated/relaxed-plain.ts");
  }
  return shared ? import("../generated/simd-shared.ts") : import("../generated/simd-plain.ts");
}
