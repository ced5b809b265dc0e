/** The kernels of sparse codes (assembly/sparse-codes.ts), registered for their contracts. */
import { accumulateCodes, type Contract, decodeCodes, dotCodes } from "@saeno/backend";
import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { addresses, allocate } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Kernels } from "../runtime/thread-pool.ts";
import type { WasmBackend } from "../runtime/wasm-memory.ts";

/** If more than this share of the codes is not zero, products of whole matrices cost less. */
const sparse = 1 / 6;

export function registerSparseCodeKernels(kernels: Kernels): void {
  whereSparse(kernels, decodeCodes, (active, { codes, atoms }, backend) => {
    const [batch, conceptCount] = codes.shape;
    const inputs = atoms.shape[1];
    const outputs = allocate(backend, { x: [batch, inputs] });
    kernels.run("codeDecoding", [...addresses(backend, codes, atoms, outputs.x), batch, conceptCount, inputs], {
      scratch: 8 * conceptCount,
      operations: active * inputs,
    });
    return outputs;
  });

  whereSparse(kernels, dotCodes, (active, { x, codes, atoms }, backend) => {
    const [batch, conceptCount] = codes.shape;
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
    const [batch, conceptCount] = codes.shape;
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
  ) => Readonly<Record<Output, TensorInfo>>,
): void {
  register(contract, (inputs, _, backend, composite) => {
    const size = util.sizeFromShape(inputs.codes.shape);
    const active = kernels.compute("nonZeros", ...addresses(backend, inputs.codes), size);
    return active <= size * sparse ? kernel(active, inputs, backend) : composite();
  });
}
