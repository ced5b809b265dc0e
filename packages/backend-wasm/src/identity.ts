import { type KernelBackend, registerKernel, type TensorInfo, unregisterKernel } from "@tensorflow/tfjs-core";

/**
 * A clone that shares its values, as in tfjs's other backends: the wasm one copies, and the gradient tape clones every tensor
 * that it keeps.
 */
export function registerIdentity(): void {
  unregisterKernel("Identity", "wasm");
  registerKernel({
    kernelName: "Identity",
    backendName: "wasm",
    kernelFunc: ({ inputs, backend }) => {
      const { dataId, shape, dtype } = inputs.x as TensorInfo;
      (backend as KernelBackend).incRef(dataId);
      return { dataId, shape, dtype };
    },
  });
}
