/**
 * What is computed from the values of a tensor and used again as long as they stay the same, as weights do while a data set is encoded. It is kept from the
 * second use on, so that a training step, which changes its weights in place, keeps nothing.
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Allocation, Kernels } from "./thread-pool.ts";
import type { WasmBackend } from "./wasm-memory.ts";

export interface Derived {
  /** Memory for what is derived from a tensor, and whether it is there already; the caller fills it otherwise. None at the first use. */
  of(tensor: TensorInfo, bytes: number): { readonly address: number; readonly ready: boolean } | undefined;
  /** Forgets what is derived from a tensor: its values change, or what was derived is of no use. */
  forget(tensor: TensorInfo): void;
}

export function derivedFrom(backend: WasmBackend, kernels: Kernels): Derived {
  /** Without memory for tensors that were used once. Tensors of another shape may have the same values. */
  const used = new Map<object, { readonly shape: string; readonly memory?: Allocation }>();
  const forget = ({ dataId }: Pick<TensorInfo, "dataId">): void => {
    used.get(dataId)?.memory?.free();
    used.delete(dataId);
  };
  const dispose = backend.disposeData.bind(backend);
  backend.disposeData = (dataId: object, ...rest: never[]) => {
    const isGone = dispose(dataId, ...rest);
    if (isGone) forget({ dataId });
    return isGone;
  };
  return {
    of(tensor, bytes) {
      const { dataId } = tensor;
      const shape = tensor.shape.join();
      const before = used.get(dataId);
      if (before?.shape !== shape) {
        forget(tensor);
        used.set(dataId, { shape });
        return undefined;
      }
      const memory = before.memory ?? kernels.allocate(bytes);
      used.set(dataId, { shape, memory });
      return { address: memory.address, ready: before.memory !== undefined };
    },
    forget,
  };
}
