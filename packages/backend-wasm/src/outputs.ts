import type { TensorInfo } from "@tensorflow/tfjs-core";
import { addressOf, type WasmBackend } from "./wasm-memory.ts";

/** Allocates the outputs of a kernel, then looks up where everything is: allocation may move memory, never a tensor in it. */
export function allocate<Name extends string>(
  backend: WasmBackend,
  shapes: Readonly<Record<Name, readonly number[]>>,
  integers: readonly NoInfer<Name>[] = [],
): Record<Name, TensorInfo> {
  const entries = Object.entries(shapes) as [Name, readonly number[]][];
  return Object.fromEntries(
    entries.map(([name, shape]) => [
      name,
      backend.makeOutput([...shape], integers.includes(name) ? "int32" : "float32"),
    ]),
  ) as Record<Name, TensorInfo>;
}

/** The addresses of tensors, in order. */
export function addresses(backend: WasmBackend, ...tensors: readonly TensorInfo[]): number[] {
  return tensors.map((tensor) => addressOf(tensor, backend));
}
