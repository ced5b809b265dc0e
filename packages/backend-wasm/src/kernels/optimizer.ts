/** The kernels of optimizers (assembly/optimizer.ts), registered for their contracts. */
import { adamStep, sgdStep, sizeOf } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Deferred } from "../runtime/deferred.ts";
import type { Derived } from "../runtime/derived.ts";
import { addresses } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Kernels } from "../runtime/thread-pool.ts";
import { addressOf, floatWord, type WasmBackend } from "../runtime/wasm-memory.ts";
import { type RowSum, usesOf } from "./dense.ts";

export function registerOptimizerKernels(kernels: Kernels, rowSums: Deferred<RowSum>, derived: Derived): void {
  /** The memory of a tensor, if only its owner and this call (contracts run on detached inputs) hold it; otherwise new memory. */
  const reuse = (tensor: TensorInfo, backend: WasmBackend): TensorInfo => {
    if (backend.refCount(tensor.dataId) > 2) return backend.makeOutput([...tensor.shape], "float32");
    derived.forget(tensor);
    backend.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype };
  };

  register(adamStep, (inputs, attributes, backend) => {
    const { parameter, gradient, first, second } = inputs;
    const { rate, floor, beta1, beta2, unitRows, rowMoments = false, lazy = false, inPlace = false } = attributes;
    const { shape } = parameter;
    const size = sizeOf(shape);
    const rows = shape[0] ?? 1;
    const output = (tensor: TensorInfo) =>
      inPlace ? reuse(tensor, backend) : backend.makeOutput([...tensor.shape], "float32");
    const outputs = { parameter: output(parameter), first: output(first), second: output(second) };
    if (size === 0) return outputs;
    const { parameter: to, first: toFirst, second: toSecond } = outputs;
    const [from, ...others] = addresses(backend, parameter, first, second, to, toFirst, toSecond);
    const sums = rowSums.termsOf(gradient);
    const words = [
      ...[from, sums === undefined ? addressOf(gradient, backend) : from, ...others],
      ...[rows, size / rows, unitRows ? 1 : 0],
      ...[rate, floor, beta1, beta2].map(floatWord),
      (rowMoments ? 1 : 0) + (lazy ? 2 : 0),
    ];
    if (sums === undefined) {
      kernels.run("adam", words, { operations: size * 8 });
      return outputs;
    }
    const uses = usesOf(kernels, sums, rows, backend);
    kernels.run("adamOfUses", [...words, ...uses.words], {
      scratch: 4 * (size / rows) + 64 + uses.scratch,
      operations: size * 8,
    });
    uses.free();
    return outputs;
  });

  register(sgdStep, (inputs, { rate, momentum, unitRows, inPlace = false }, backend) => {
    const { parameter, gradient, velocity } = inputs;
    const output = (tensor: TensorInfo) =>
      inPlace ? reuse(tensor, backend) : backend.makeOutput([...tensor.shape], "float32");
    const outputs = { parameter: output(parameter), velocity: output(velocity) };
    const size = sizeOf(parameter.shape);
    const rows = parameter.shape[0] ?? 1;
    if (size === 0) return outputs;
    const tensors = addresses(backend, parameter, gradient, velocity, outputs.parameter, outputs.velocity);
    const settings = [unitRows ? 1 : 0, floatWord(rate), floatWord(momentum)];
    kernels.run("sgd", [...tensors, rows, size / rows, ...settings], { operations: size * 8 });
    return outputs;
  });
}
