/** `pnpm dispatches`: what a training step on WebGPU asks of the GPU, and how often it waits for it, with kernels of our own and without. */
import { disposeCodes } from "@saeno/activations";
import { useBackend } from "@saeno/backend";
import { createWebgpuBackend } from "@saeno/backend-webgpu";
import { adam, prepareTraining, trainStep } from "@saeno/training";
import { Command, Option } from "commander";
import { selectConfigurations } from "./configurations.ts";
import { buildModel, randomBatch } from "./measure-configuration.ts";

const { only, kernels } = new Command("dispatches")
  .description(
    "Counts dispatches and reads of values of a training step on WebGPU, the second one of each configuration, at 8 samples.\n" +
      "A software adapter does, and takes seconds for each.",
  )
  .option("--only <names>", "these configurations", "mlp-small,fno-mnist")
  .addOption(new Option("--kernels <which>").choices(["own", "none"]).default("own"))
  .parse()
  .opts<{ only: string; kernels: "own" | "none" }>();

await useBackend(createWebgpuBackend({ kernels }));
const count = { dispatches: 0, reads: 0 };
const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
GPUComputePassEncoder.prototype.dispatchWorkgroups = function (this: GPUComputePassEncoder, ...groups) {
  count.dispatches++;
  return dispatchWorkgroups.apply(this, groups);
};
const { mapAsync } = GPUBuffer.prototype;
GPUBuffer.prototype.mapAsync = function (this: GPUBuffer, ...how) {
  count.reads++;
  return mapAsync.apply(this, how);
};

for (const selected of selectConfigurations(only)) {
  // What is counted depends on the batch only where energies are taken a few samples at a time.
  const configuration = { ...selected, batch: 8 };
  const model = buildModel(configuration);
  const x = randomBatch(configuration);
  const parameters = prepareTraining(model, x);
  const optimizer = adam();
  for (let step = 0; step < 2; step++) {
    Object.assign(count, { dispatches: 0, reads: 0 });
    const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate: 1e-3 });
    const counted = { ...count };
    await loss.data();
    loss.dispose();
    disposeCodes(codes);
    if (step === 1) {
      const { dispatches, reads } = counted;
      process.stdout.write(`${configuration.name}: ${dispatches} dispatches, ${reads} reads before the loss is read\n`);
    }
  }
  optimizer.dispose();
  x.dispose();
  model.dispose();
}
process.exit(0);
