/** Of the kernels: SIMD, fused multiply-add with it, and that with vectors of 256 bits for those that gain. */
export type Instructions = "simd" | "relaxed" | "wide";

/** `(func (param v128 v128 v128) (result v128) local.get 0 local.get 1 local.get 2 f32x4.relaxed_madd)`. */
const relaxedModule = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2,
  253, 133, 2, 11,
];

/** Whether the engine has fused multiply-add: Node 22 and later do, Node 20 with `--experimental-wasm-relaxed-simd`. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(new Uint8Array(relaxedModule));
}
