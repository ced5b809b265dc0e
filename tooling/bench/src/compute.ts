/** The process that computes codes and gradients of one configuration and writes them to a file: a task as JSON, its last argument. */
import { writeFileSync } from "node:fs";
import type { SparseCodes } from "@saeno/activations";
import { detach, useBackend } from "@saeno/backend";
import { createWasmBackend, type WasmOptions } from "@saeno/backend-wasm";
import { meanSquaredError } from "@saeno/core";
import { keep, type Tensor, variableGrads } from "@tensorflow/tfjs-core";
import type { ComputeTask } from "./compare-kernels.ts";
import { buildModel, randomBatch } from "./measure-configuration.ts";

async function main({ configuration, kernels, file }: ComputeTask): Promise<void> {
  const options: WasmOptions = kernels === "own" ? {} : { instructions: "none" };
  await useBackend(createWasmBackend(options));
  const model = buildModel(configuration);
  const x = randomBatch(configuration);
  const parameters = model.parameters().filter(({ frozen }) => frozen !== true);
  const results: Record<string, Tensor> = {};
  const { grads } = variableGrads(
    () => {
      const { codes, reconstruction } = model.forward(x);
      const tensors = codes.kind === "sparse" ? sparse(codes) : { values: codes.values };
      for (const [name, tensor] of Object.entries(tensors)) results[name] = keep(detach(tensor));
      return meanSquaredError(x, reconstruction);
    },
    parameters.map(({ variable }) => variable),
  );
  for (const { name, variable } of parameters) results[`gradient of ${name}`] = grads[variable.name];
  const arrays = Object.entries(results).map(([name, tensor]) => ({
    name,
    values: Float32Array.from(tensor.dataSync()),
  }));
  writeFileSync(file, Buffer.concat(arrays.map(({ values }) => Buffer.from(values.buffer))));
  process.stdout.write(`${JSON.stringify(arrays.map(({ name, values }) => ({ name, length: values.length })))}\n`);
}

function sparse({ values, concepts, positions }: SparseCodes): Record<string, Tensor> {
  return { values, concepts, positions };
}

main(JSON.parse(process.argv.at(-1) ?? "") as ComputeTask).then(
  () => process.stdout.write("", () => process.exit(0)),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
