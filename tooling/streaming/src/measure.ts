/** The process that trains on one source, at the sizes of the benchmark's `fno-img`: `measure SOURCE STEPS`, a line of JSON out. */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { register, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeFno } from "@saeno/core";
import { openDataset, parseDataSource } from "@saeno/datasets";
import { nodeDatasetComponents } from "@saeno/datasets/node";
import { train } from "@saeno/training";
import type { Measured } from "./streaming.ts";

/** Steps before the clock starts: memory is set up, the first chunks are read. */
const warmUps = 5;

const [source, steps] = process.argv.slice(2);
if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");
await useBackend(wasmBackend);
register(...nodeDatasetComponents);
const { train: dataset, all } = await openDataset({ ...parseDataSource(source), test: 64 });
const model = saeFno({
  channels: 1,
  concepts: 256,
  modes: [16, 16],
  active: 16,
  domain: { count: 64 },
});
let started = 0;
let seconds = 0;
let before = process.cpuUsage();
await train({
  model,
  dataset,
  steps: warmUps + Number(steps),
  batchSize: 32,
  learningRate: 1e-3,
  onStep({ step }) {
    if (step === warmUps) [started, before] = [performance.now(), process.cpuUsage()];
    seconds = (performance.now() - started) / 1000;
  },
});
const status = readFileSync("/proc/self/status", "utf8");
const { user, system } = process.cpuUsage(before);
const measured: Measured = {
  stepsPerSecond: Number(steps) / seconds,
  cpuSecondsPerStep: (user + system) / 1e6 / Number(steps),
  residentMb: Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024,
  reading: all.reading?.text ?? "",
};
process.stdout.write(`${JSON.stringify(measured)}\n`);
process.exit(0);
