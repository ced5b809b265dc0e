import { getKernel, type NamedAttrMap, registerKernel, type TensorInfo, unregisterKernel } from "@tensorflow/tfjs-core";
import type { WasmBackend } from "../runtime/wasm-memory.ts";

type Inputs<Input extends string> = Readonly<Record<Input, TensorInfo>>;

/** A call of a tfjs kernel with one output. */
export interface TfjsCall<Input extends string, Attributes extends object> {
  readonly inputs: Inputs<Input>;
  readonly attributes: Attributes;
  readonly backend: WasmBackend;
  /** The kernel that was replaced. */
  original(inputs: Inputs<Input>, attributes: Attributes): TensorInfo;
}

/** Replaces one of tfjs's kernels, whose inputs and attributes the caller knows. */
export function replaceKernel<Input extends string, Attributes extends object>(
  kernelName: string,
  kernel: (call: TfjsCall<Input, Attributes>) => TensorInfo,
): void {
  const config = getKernel(kernelName, "wasm");
  unregisterKernel(kernelName, "wasm");
  registerKernel({
    ...config,
    kernelFunc: ({ inputs, attrs, backend }) =>
      kernel({
        inputs: inputs as Inputs<Input>,
        attributes: attrs as unknown as Attributes,
        backend: backend as WasmBackend,
        original(given, attributes) {
          const result = config.kernelFunc({ inputs: given, attrs: attributes as NamedAttrMap, backend });
          return Array.isArray(result) ? result[0] : result;
        },
      }),
  });
}
