/** The kernels of dense dictionaries (assembly/encode.ts, assembly/dense-rows.ts), registered for their contracts. */
import { accumulateRows, decodeRows, dotRows, encodeTopK, nanError, registerKernel } from "@saeno/backend";
import { panel, registerThreadedMatMul } from "./mat-mul.ts";
import { addresses, allocate } from "./outputs.ts";
import type { Kernels } from "./thread-pool.ts";
import type { WasmBackend } from "./wasm-memory.ts";

const foundNan = 1;

/** Bytes of candidates that all threads keep together, at most, where a batch allows it. */
const candidateBytes = 2 ** 26;

/** Packed strips of atoms take at most so many entries, and at most so many atoms. */
const stripSize = 2 ** 20;
const widestStrip = 128;

export function registerDenseKernels(kernels: Kernels): void {
  registerThreadedMatMul(kernels);

  registerKernel(encodeTopK, "wasm", (inputs, { k }, anyBackend) => {
    const backend = anyBackend as WasmBackend;
    const { x, atoms, bias } = inputs;
    const [batch, depth] = x.shape as [number, number];
    const conceptCount = atoms.shape[0];
    const outputs = allocate(backend, { concepts: [batch, k], values: [batch, k] }, ["concepts"]);
    const at = addresses(backend, x, atoms, bias, outputs.concepts, outputs.values);
    const [fromX, fromAtoms, fromBias, toConcepts, toValues] = at as [number, number, number, number, number];

    // Several strips for each thread, of whole groups of 16.
    const share = Math.min(stripSize / depth, conceptCount / (4 * kernels.threads), widestStrip);
    const width = 16 * Math.max(1, Math.ceil(share / 16));
    const capacity = Math.max(2 * k, k + 32) + width;
    const rowBytes = kernels.threads * (16 + 8 * capacity);
    const rows = Math.max(60, Math.floor(candidateBytes / rowBytes / 60) * 60);
    const scratch = kernels.compute("encodeScratch", depth, k, width, capacity, kernels.threads);
    let status = 0;
    for (let row = 0; row < batch; row += rows) {
      const count = Math.min(rows, batch - row);
      const packed = 4 * panel.rows * Math.ceil(count / panel.rows) * depth;
      const memory = kernels.allocate(packed + count * rowBytes);
      status |= kernels.run(
        "encodeTopK",
        [
          fromX + 4 * row * depth,
          fromAtoms,
          fromBias,
          toConcepts + 4 * row * k,
          toValues + 4 * row * k,
          memory.address,
          memory.address + packed,
          ...[count, depth, conceptCount, k, width, capacity],
        ],
        { scratch, operations: (count * depth * conceptCount) / 20 },
      );
      memory.free();
    }
    if ((status & foundNan) !== 0) {
      for (const output of Object.values(outputs)) backend.disposeData(output.dataId);
      throw nanError();
    }
    return outputs;
  });

  registerKernel(decodeRows, "wasm", ({ values, concepts, atoms }, _, anyBackend) => {
    const backend = anyBackend as WasmBackend;
    const [batch, chosen] = concepts.shape as [number, number];
    const inputs = atoms.shape[1];
    const outputs = allocate(backend, { x: [batch, inputs] });
    const at = addresses(backend, values, concepts, atoms, outputs.x);
    kernels.run("rowDecoding", [...at, batch, chosen, inputs], { operations: batch * (chosen + 1) * inputs });
    return outputs;
  });

  registerKernel(dotRows, "wasm", ({ x, concepts, atoms }, _, anyBackend) => {
    const backend = anyBackend as WasmBackend;
    const [batch, chosen] = concepts.shape as [number, number];
    const inputs = atoms.shape[1];
    const outputs = allocate(backend, { values: [batch, chosen] });
    const at = addresses(backend, x, concepts, atoms, outputs.values);
    kernels.run("rowCorrelation", [...at, batch, chosen, inputs], { operations: batch * chosen * inputs });
    return outputs;
  });

  registerKernel(accumulateRows, "wasm", ({ values, concepts, x }, { conceptCount }, anyBackend) => {
    const backend = anyBackend as WasmBackend;
    const [batch, chosen] = concepts.shape as [number, number];
    const inputs = x.shape[1];
    const count = batch * chosen;
    const outputs = allocate(backend, { atoms: [conceptCount, inputs] });
    const memory = kernels.allocate(4 * (count + conceptCount + 1));
    const [uses, starts] = [memory.address, memory.address + 4 * count];
    const [fromValues, fromConcepts, fromX, toAtoms] = addresses(backend, values, concepts, x, outputs.atoms);
    kernels.compute("listUses", fromConcepts, count, conceptCount, starts, uses);
    kernels.run("rowAccumulation", [fromValues, uses, starts, fromX, toAtoms, chosen, inputs, conceptCount], {
      scratch: 8 * count,
      operations: (count + conceptCount) * inputs,
    });
    memory.free();
    return outputs;
  });
}
