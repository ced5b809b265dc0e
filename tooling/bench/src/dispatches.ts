/** `pnpm dispatches`: what a training step on WebGPU asks of the GPU, how often it waits for it, and where its time goes. */
import { disposeCodes } from "@saeno/activations";
import { SaenoError, useBackend } from "@saeno/backend";
import { createWebgpuBackend } from "@saeno/backend-webgpu";
import { adam, prepareTraining, trainStep } from "@saeno/training";
import { backend, env } from "@tensorflow/tfjs-core";
import { Command, InvalidArgumentError, Option } from "commander";
import { type Configuration, selectConfigurations } from "./configurations.ts";
import { createGpuTimer } from "./gpu-timer.ts";
import { buildModel, penaltiesOf, randomBatch } from "./measure-configuration.ts";
import { summarize } from "./statistics.ts";

interface Flags {
  readonly only: string;
  readonly kernels: "own" | "none";
  readonly batch: number | "full";
  readonly times?: boolean;
  readonly host?: boolean;
  readonly steps?: number;
  readonly together?: number;
}

const { only, kernels, batch, times, host, steps, together } = new Command("dispatches")
  .description(
    "Counts dispatches and reads of values of a training step on WebGPU, at 8 samples: a software adapter does, and takes seconds for each.\n" +
      "With --times also how long the host takes to encode it, how long until it is done, and the GPU for each program; for the last,\n" +
      "SAENO_DAWN=disable-dawn-features=timestamp_quantization keeps Dawn from rounding times to 0.1 ms.\n" +
      "With --host the host's share alone, without a GPU: Dawn's null backend computes nothing. What does not fit into its memory is left out, and\n" +
      "models whose kernels take more workgroup memory than it has run others, with more dispatches.",
  )
  .option("--only <names>", "these configurations, or all", "mlp-small,fno-mnist")
  .addOption(new Option("--kernels <which>").choices(["own", "none"]).default("own"))
  .option("--batch <n>", "samples, or full: those of the configuration", samples, 8)
  .option("--times", "measure as well, a JSON document on a line for each configuration")
  .addOption(new Option("--host", "measure the host's part of steps at full size, without a GPU").conflicts("times"))
  .option("--steps <n>", "steps to take medians of (default: 10 with --times, 1000 with --host)", samples)
  .option("--together <n>", "dispatches to submit at a time (default: the backend's choice)", samples)
  .parse()
  .opts<Flags>();

const chosen = configurationsOf(only);
if (host) process.env.SAENO_DAWN = "backend=null";
const plugin = createWebgpuBackend({ kernels });
// This makes the prototypes known.
await plugin.available();
if (host) readZeros();
const count = { dispatches: 0, reads: 0, submits: 0, writes: 0, bindGroups: 0, buffers: 0 };
counting(GPUComputePassEncoder.prototype, "dispatchWorkgroups", "dispatches");
counting(GPUBuffer.prototype, "mapAsync", "reads");
counting(GPUQueue.prototype, "submit", "submits");
counting(GPUQueue.prototype, "writeBuffer", "writes");
counting(GPUDevice.prototype, "createBindGroup", "bindGroups");
counting(GPUDevice.prototype, "createBuffer", "buffers");
await useBackend(plugin);
if (together !== undefined) env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", together);
const { device } = backend() as unknown as { readonly device: GPUDevice };
const timer = times && device.features.has("timestamp-query") ? createGpuTimer(device) : undefined;

for (const selected of chosen) {
  try {
    // What is counted depends on the batch only where energies are taken a few samples at a time.
    await examine(batch === "full" || host ? selected : { ...selected, batch });
  } catch (error) {
    if (!host || !SaenoError.isInstance(error)) throw error;
    console.error(`dispatches: ${selected.name} is left out: ${error.message.split("\n")[0]}`);
    process.exitCode = 1;
  }
}
process.exit();

function configurationsOf(names: string): readonly Configuration[] {
  try {
    return selectConfigurations(names === "all" ? undefined : names);
  } catch (error) {
    console.error(`dispatches: ${(error as Error).message}`);
    process.exit(2);
  }
}

async function examine(configuration: Configuration): Promise<void> {
  const model = buildModel(configuration);
  const x = randomBatch(configuration);
  const parameters = prepareTraining(model, x);
  const optimizer = adam();
  const penalties = penaltiesOf(configuration);
  const step = async () => {
    Object.assign(count, { dispatches: 0, reads: 0, submits: 0, writes: 0, bindGroups: 0, buffers: 0 });
    const started = performance.now();
    const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate: 1e-3, penalties });
    const [counted, encoded] = [{ ...count }, performance.now()];
    await loss.data();
    const done = performance.now();
    loss.dispose();
    disposeCodes(codes);
    return { counted, hostMs: encoded - started, totalMs: done - started };
  };
  await step();
  let { counted } = await step();
  const { name } = configuration;
  const taken: Awaited<ReturnType<typeof step>>[] = [];
  if (host) {
    for (let i = 0; i < (steps ?? 1000); i++) taken.push(await step());
    const { dispatches, bindGroups } = taken.at(-1)?.counted ?? counted;
    const { median, p10, p90 } = summarize(taken.slice(taken.length >> 1).map((one) => one.totalMs));
    const [ms, from, to] = [median, p10, p90].map((value) => value.toFixed(2));
    process.stdout.write(
      `${name}: median ${ms} ms (p10 ${from}, p90 ${to}), ${dispatches} dispatches, ${bindGroups} new bind groups\n`,
    );
  } else if (times) {
    for (let warm = 0; warm < 3; warm++) await step();
    // By now what can be kept from step to step is.
    counted = (await step()).counted;
    for (let i = 0; i < (steps ?? 10); i++) taken.push(await step());
    timer?.start();
    await step();
    const programs = (await timer?.stop()) ?? [];
    const hostMs = summarize(taken.map((one) => one.hostMs)).median;
    const totalMs = summarize(taken.map((one) => one.totalMs)).median;
    const gpuMs = programs.reduce((sum, { microseconds }) => sum + microseconds, 0) / 1000;
    process.stdout.write(`${JSON.stringify({ name, ...counted, hostMs, totalMs, gpuMs, programs })}\n`);
  } else {
    const { dispatches, reads } = counted;
    process.stdout.write(`${name}: ${dispatches} dispatches, ${reads} reads before the loss is read\n`);
  }
  optimizer.dispose();
  x.dispose();
  model.dispose();
}

/** The null backend leaves memory as it was. */
function readZeros(): void {
  const mapped = GPUBuffer.prototype.getMappedRange;
  GPUBuffer.prototype.getMappedRange = function (...given) {
    const range = mapped.apply(this, given);
    new Uint8Array(range).fill(0);
    return range;
  };
}

function counting<Name extends string>(
  prototype: Record<Name, (...given: never[]) => unknown>,
  method: Name,
  counter: keyof typeof count,
): void {
  const original = prototype[method];
  prototype[method] = function (this: unknown, ...given: never[]) {
    count[counter]++;
    return original.apply(this, given);
  };
}

function samples(text: string): number | "full" {
  if (text === "full") return text;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number of at least 1.");
  return value;
}
