/**
 * What is computed from the values of a tensor and used again as long as they stay the same, as weights do while a data set is encoded. It is kept from the
 * second use on, so that a training step, which changes its weights in place, keeps nothing.
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Allocation, Kernels } from "./thread-pool.ts";
import type { WasmBackend } from "./wasm-memory.ts";

export interface Derived {
  /**
   * Memory for what is derived from a tensor, and whether it is there already: otherwise the caller fills it, then says so. None at the first use, or where
   * there is no memory.
   */
  of(tensor: TensorInfo, bytes: number): { readonly address: number; readonly ready: boolean } | undefined;
  filled(tensor: TensorInfo): void;
  /** Forgets what is derived from a tensor: its values change, or what was derived is of no use. */
  forget(tensor: TensorInfo): void;
}

/** What is known of a tensor that was used; tensors of another shape may have the same values. */
interface Use {
  readonly shape: string;
  memory?: Allocation;
  ready: boolean;
}

export function derivedFrom(backend: WasmBackend, kernels: Kernels): Derived {
  const uses = new Map<object, Use>();
  const forget = ({ dataId }: Pick<TensorInfo, "dataId">): void => {
    uses.get(dataId)?.memory?.free();
    uses.delete(dataId);
  };
  const dispose = backend.disposeData.bind(backend);
  backend.disposeData = (dataId: object, ...rest: never[]) => {
    const isGone = dispose(dataId, ...rest);
    if (isGone) forget({ dataId });
    return isGone;
  };
  return {
    of(tensor, bytes) {
      const shape = tensor.shape.join();
      const before = uses.get(tensor.dataId);
      if (before?.shape !== shape) {
        forget(tensor);
        uses.set(tensor.dataId, { shape, ready: false });
        return undefined;
      }
      try {
        before.memory ??= kernels.allocate(bytes);
      } catch {
        return undefined;
      }
      return { address: before.memory.address, ready: before.ready };
    },
    filled({ dataId }) {
      const use = uses.get(dataId);
      if (use?.memory !== undefined) use.ready = true;
    },
    forget,
  };
}
