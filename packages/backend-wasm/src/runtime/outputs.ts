import { nanError } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { FOUND_NAN } from "../../assembly/layout.ts";
import { addressOf, type WasmBackend } from "./wasm-memory.ts";

/** Allocates the outputs of a kernel. Look up addresses after it: allocation may move memory, never a tensor in it. */
export function allocate<Name extends string>(
  backend: WasmBackend,
  shapes: Readonly<Record<Name, readonly number[]>>,
  integers: readonly NoInfer<Name>[] = [],
): Record<Name, TensorInfo> {
  const outputs = {} as Record<Name, TensorInfo>;
  for (const name in shapes) {
    outputs[name] = backend.makeOutput([...shapes[name]], integers.includes(name) ? "int32" : "float32");
  }
  return outputs;
}

/** The addresses of tensors, in order. */
export function addresses(backend: WasmBackend, ...tensors: readonly TensorInfo[]): number[] {
  return tensors.map((tensor) => addressOf(tensor, backend));
}

/**
 * Frees the outputs of a kernel that met a NaN where it had to select.
 *
 * @throws SaenoError `nanError` if it did.
 */
export function failOnNan(status: number, backend: WasmBackend, outputs: Readonly<Record<string, TensorInfo>>): void {
  if ((status & FOUND_NAN) === 0) return;
  for (const output of Object.values(outputs)) backend.disposeData(output.dataId);
  throw nanError();
}
