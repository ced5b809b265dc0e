import { getKernel, registerKernel, type TensorInfo, unregisterKernel, zeros } from "@tensorflow/tfjs-core";

let registered = false;

/** tfjs's wasm transpose divides by zero for a tensor without entries, as an empty batch is. */
export function registerTranspose(): void {
  if (registered) return;
  registered = true;
  const config = getKernel("Transpose", "wasm");
  unregisterKernel("Transpose", "wasm");
  registerKernel({
    ...config,
    kernelFunc: (call) => {
      const { x } = call.inputs as { x: TensorInfo };
      if (!x.shape.includes(0)) return config.kernelFunc(call);
      const { perm } = call.attrs as unknown as { perm: number[] };
      return zeros(
        perm.map((axis) => x.shape[axis]),
        x.dtype as "float32",
      );
    },
  });
}
