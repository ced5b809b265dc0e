/** The kernels of sparse codes (assembly/sparse-codes.ts), registered for their contracts. */
import {
  accumulateCodes,
  type Contract,
  decodeCodes,
  dotCodes,
  type Kernel,
  registerKernel,
  type Tensors,
} from "@saeno/backend";
import { type TensorInfo, tidy, util } from "@tensorflow/tfjs-core";
import { addresses, allocate } from "./outputs.ts";
import type { Kernels } from "./thread-pool.ts";
import type { WasmBackend } from "./wasm-memory.ts";

/** Where more than this share of the codes is not zero, products of whole matrices cost less. */
const sparse = 1 / 6;

export function registerSparseCodeKernels(kernels: Kernels): void {
  whereSparse(kernels, decodeCodes, (active, { codes, atoms }, backend) => {
    const [batch, conceptCount] = codes.shape as [number, number];
    const inputs = atoms.shape[1];
    const outputs = allocate(backend, { x: [batch, inputs] });
    kernels.run("codeDecoding", [...addresses(backend, codes, atoms, outputs.x), batch, conceptCount, inputs], {
      scratch: 8 * conceptCount,
      operations: active * inputs,
    });
    return outputs;
  });

  whereSparse(kernels, dotCodes, (active, { x, codes, atoms }, backend) => {
    const [batch, conceptCount] = codes.shape as [number, number];
    const inputs = atoms.shape[1];
    const outputs = allocate(backend, { values: [batch, conceptCount] });
    kernels.run(
      "codeCorrelation",
      [...addresses(backend, x, codes, atoms, outputs.values), batch, conceptCount, inputs],
      { operations: active * inputs },
    );
    return outputs;
  });

  whereSparse(kernels, accumulateCodes, (active, { x, codes }, backend) => {
    const [batch, conceptCount] = codes.shape as [number, number];
    const inputs = x.shape[1];
    const outputs = allocate(backend, { atoms: [conceptCount, inputs] });
    kernels.run("codeAccumulation", [...addresses(backend, x, codes, outputs.atoms), batch, conceptCount, inputs], {
      scratch: 16 * (8 * batch + 4),
      operations: (active + conceptCount) * inputs,
    });
    return outputs;
  });
}

/** Registers a kernel for sparse codes; dense ones go to the composite. */
function whereSparse<Input extends string, Output extends string>(
  kernels: Kernels,
  contract: Contract<Input | "codes", Output, object>,
  kernel: (
    active: number,
    inputs: Readonly<Record<Input | "codes", TensorInfo>>,
    backend: WasmBackend,
  ) => ReturnType<Kernel<Input, Output, object>>,
): void {
  registerKernel(contract, "wasm", (inputs, attributes, anyBackend) => {
    const backend = anyBackend as WasmBackend;
    const size = util.sizeFromShape(inputs.codes.shape);
    const [from] = addresses(backend, inputs.codes) as [number];
    const active = kernels.compute("nonZeros", from, size);
    if (active <= size * sparse) return kernel(active, inputs, backend);
    return tidy(() => contract.definition.composite(inputs as unknown as Tensors<Input | "codes">, attributes));
  });
}
