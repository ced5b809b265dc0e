import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { fill, getKernel, registerKernel, type TensorInfo, unregisterKernel, util } from "@tensorflow/tfjs-core";

type Result = TensorInfo | TensorInfo[];

/** What tfjs's backend gets wrong: tensors without entries (divisions by zero, buffers that WebGPU refuses) and some invalid WGSL. */
export function repairKernels(backend: WebGPUBackend): void {
  // A buffer without bytes cannot be bound.
  const { bufferManager } = backend;
  const acquire = bufferManager.acquireBuffer.bind(bufferManager);
  bufferManager.acquireBuffer = (size, ...rest) => acquire(Math.max(size, 4), ...rest);
  for (const kernelName of ["Sum", "Any"]) reduceEmpty(kernelName);
  scatterNothing();
  repairPrograms(backend);
}

/** Over nothing, a sum is 0 and `any` is false. */
function reduceEmpty(kernelName: string): void {
  replaceKernel(kernelName, ({ x }, attributes, original) => {
    if (sizeOf(x) > 0) return original();
    const { axis, keepDims } = attributes as { axis: number | number[]; keepDims: boolean };
    const axes = util.parseAxisParam(axis, x.shape);
    const shape = x.shape.flatMap((length, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [length]));
    return fill(shape, 0, kernelName === "Any" ? "bool" : x.dtype === "bool" ? "int32" : x.dtype);
  });
}

/** tfjs gives the result the type of the indices. */
function scatterNothing(): void {
  replaceKernel("ScatterNd", ({ updates }, attributes, original) =>
    sizeOf(updates) > 0 ? original() : fill((attributes as { shape: number[] }).shape, 0, updates.dtype),
  );
}

/** Of programs that tfjs writes for integers, and for five or six axes, some are invalid. Kernels that reduce transpose as well. */
function repairPrograms(backend: WebGPUBackend): void {
  const run = backend.runWebGPUProgram.bind(backend);
  backend.runWebGPUProgram = (program, inputs, ...rest) => {
    // The type in memory may be another than the tensor's.
    const inFloats = ({ dataId }: TensorInfo) => backend.tensorMap.get(dataId).dtype === "float32";
    if (program.shaderKey.startsWith("transpose_") && !inputs.every(inFloats)) {
      rewrite(program, (code) => code.replace("setOutputAtIndex(", "setOutputAtIndexI32("));
    }
    if (program.shaderKey.startsWith("binary_") && program.outputShape.length > 4) {
      // Their coordinates are a struct.
      rewrite(program, (code) => code.replace(/coords\[(\d)\]/, (_, axis) => `coords.${"xyzwuv"[axis]}`));
    }
    return run(program, inputs, ...rest);
  };
}

function rewrite(program: { getUserCode(): string }, change: (code: string) => string): void {
  const code = program.getUserCode.bind(program);
  program.getUserCode = () => change(code());
}

/** The kernel of tfjs's backend for one of its operations, which may leave a call to the original. */
export function replaceKernel(
  kernelName: string,
  kernel: (inputs: Record<string, TensorInfo>, attributes: unknown, original: () => Result) => Result,
): void {
  const config = getKernel(kernelName, "webgpu");
  unregisterKernel(kernelName, "webgpu");
  registerKernel({
    ...config,
    kernelFunc: (call) => kernel(call.inputs as Record<string, TensorInfo>, call.attrs, () => config.kernelFunc(call)),
  });
}

function sizeOf({ shape }: TensorInfo): number {
  return util.sizeFromShape(shape);
}
