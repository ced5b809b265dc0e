import { getKernel, registerKernel, type TensorInfo, tensor, util } from "@tensorflow/tfjs-core";
import type { WasmBackend } from "../runtime/wasm-memory.ts";

/** The kernel behind the gradient of `tf.gather`, which tfjs's wasm backend lacks. Negative segment ids are dropped. */
export function registerUnsortedSegmentSum(): void {
  if (getKernel("UnsortedSegmentSum", "wasm") != null) return;
  registerKernel({
    kernelName: "UnsortedSegmentSum",
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
      const { numSegments } = attrs as unknown as { numSegments: number };
      const rest = x.shape.slice(segmentIds.shape.length);
      const size = util.sizeFromShape(rest);
      const wasm = backend as WasmBackend;
      const [values, ids] = [wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(segmentIds)];
      const sums = new Float32Array(numSegments * size);
      for (let row = 0; row < ids.length; row++) {
        const id = ids[row];
        if (id < 0) continue;
        for (let i = 0; i < size; i++) {
          sums[id * size + i] = sums[id * size + i] + values[row * size + i];
        }
      }
      return tensor(sums, [numSegments, ...rest]);
    },
  });
}
