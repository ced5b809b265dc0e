import { type Contract, registerKernel, type Tensors } from "@saeno/backend";
import { type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import type { WasmBackend } from "./wasm-memory.ts";

/**
 * Registers a kernel of the wasm backend for a contract. `composite` computes the outputs from tfjs operations instead, for the inputs where
 * those are faster.
 */
export function register<Input extends string, Output extends string, Attributes extends object>(
  contract: Contract<Input, Output, Attributes>,
  kernel: (
    inputs: Readonly<Record<Input, TensorInfo>>,
    attributes: Attributes,
    backend: WasmBackend,
    composite: () => Readonly<Record<Output, TensorInfo>>,
  ) => Readonly<Record<Output, TensorInfo>>,
): void {
  registerKernel(contract, "wasm", (inputs, attributes, backend) =>
    // tfjs hands over the tensors themselves, of the backend that is registered under this name.
    kernel(inputs, attributes, backend as WasmBackend, () =>
      tidy(() => contract.definition.composite(inputs as unknown as Tensors<Input>, attributes)),
    ),
  );
}
