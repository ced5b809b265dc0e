/** What long trainings cost beside their steps: the memory that they keep, the time that their checkpoints take. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { useBackend } from "@saeno/backend";
import { createWasmBackend } from "@saeno/backend-wasm";
import { type CheckpointOptions, type RunRecord, resolveRunConfig, runInto, type Settings } from "@saeno/experiments";
import { folderStore, garbageCollector } from "@saeno/experiments/node";
import { memory } from "@tensorflow/tfjs-core";
import { Command } from "commander";
import { mean, median } from "d3-array";
import { markdownTable } from "markdown-table";

/** Trains into a run folder that is removed afterwards, and looks at it before. Ends before anything is evaluated. */
async function trainInto(
  settings: Settings,
  steps: number,
  checkpoints: CheckpointOptions,
  onRecord: (record: RunRecord) => void,
  look?: (run: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "saeno-endurance-"));
  const run = join(folder, "run");
  const controller = new AbortController();
  const collect = garbageCollector();
  try {
    await runInto(folderStore, run, resolveRunConfig({ ...settings, steps: steps + 1 }), {
      checkpoints,
      signal: controller.signal,
      onRecord(record) {
        onRecord(record);
        collect();
        if (record.step === steps) controller.abort();
      },
    }).catch((error) => {
      if (error.code !== "run.interrupted") throw error;
    });
    await look?.(run);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Vectors, a batch of 8, dead concepts that AuxK teaches: small steps, so that what each leaves behind shows. */
const small: Settings = {
  data: "sparse-vectors:12,concepts=16,active=2",
  ...{ model: "mlp", concepts: 32, active: 2, batch: 8, limit: 64, test: 8, auxiliary: 1 },
};

const mb = (bytes: number) => (bytes / 1e6).toFixed(1);

/** Others, of the young generation alone, come many times a second. */
const fullCollection = constants.NODE_PERFORMANCE_GC_MAJOR;

/** Resident memory as training goes on, and what of the heap is left by V8's full collections, which V8 times itself. */
async function memoryOf(steps: number): Promise<string> {
  const rows: string[][] = [];
  const every = steps / 20;
  let live = Number.NaN;
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some((entry) => Reflect.get(Reflect.get(entry, "detail"), "kind") === fullCollection))
      live = getHeapStatistics().used_heap_size;
  });
  observer.observe({ entryTypes: ["gc"] });
  await trainInto(small, steps, { every: 200 }, ({ step, deadConcepts }) => {
    if (step % every !== 0) return;
    const { rss, external, arrayBuffers } = process.memoryUsage();
    const { numTensors } = memory();
    rows.push([step, mb(rss), mb(live), mb(external), mb(arrayBuffers), numTensors, deadConcepts].map(String));
  });
  observer.disconnect();
  const head = ["step", "resident", "heap after collection", "external", "array buffers", "tensors", "dead concepts"];
  return markdownTable([head, ...rows], { align: head.map(() => "r") });
}

/** The sizes of `fno-img` and `mlp-large` (see the README), as runs. */
const timed: Readonly<Record<string, { readonly settings: Settings; readonly inWindow: number }>> = {
  "fno-img": {
    settings: {
      data: "sparse-functions:64x64,channels=1,concepts=16,kernel=9",
      ...{ model: "fno", concepts: 256, modes: 16, active: 16, count: 64, batch: 32, limit: 64, test: 4 },
    },
    inWindow: 8,
  },
  "mlp-large": {
    settings: {
      data: "sparse-vectors:768,concepts=1000,active=20",
      ...{ model: "mlp", concepts: 16384, active: 32, batch: 1024, limit: 2048, test: 4 },
    },
    inWindow: 1,
  },
};

/** Seconds between checkpoints at least, and how many times as long as the last one took (run-checkpoints.ts of `@saeno/experiments`). */
const [leastSeconds, times] = [60, 50];

/**
 * One training in windows of a few steps, every other of which begins with a checkpoint: what it takes longer than the one after it is what the
 * checkpoint costs, steps that it slows down included.
 */
async function checkpointCost(name: string, pairs: number): Promise<string[]> {
  const { settings, inWindow } = timed[name] ?? { settings: {}, inWindow: 1 };
  const seconds: number[] = [];
  let bytes = 0;
  const steps = inWindow * (2 * pairs + 2);
  await trainInto(
    settings,
    steps,
    { every: 2 * inWindow },
    ({ step, seconds: since }) => {
      seconds[step] = since;
    },
    async (run) => {
      const [last] = await readdir(join(run, "checkpoints"));
      const files = await readdir(join(run, "checkpoints", last));
      const sizes = await Promise.all(files.map((file) => stat(join(run, "checkpoints", last, file))));
      bytes = sizes.reduce((total, { size }) => total + size, 0);
    },
  );
  const windows = Array.from({ length: pairs }, (_, pair) => {
    const [from, middle, to] = [2, 3, 4].map((k) => seconds[(2 * pair + k) * inWindow]);
    return { withOne: middle - from, without: to - middle };
  });
  const cost = median(windows, ({ withOne, without }) => withOne - without) ?? Number.NaN;
  const step = (mean(windows, ({ without }) => without) ?? Number.NaN) / inWindow;
  const share = cost / (cost + Math.max(leastSeconds, times * cost));
  return [name, (1000 * step).toFixed(0), mb(bytes), cost.toFixed(2), `${(100 * share).toFixed(2)} %`];
}

const program = new Command("endurance");
program
  .command("memory")
  .description(
    "resident memory, heap and tensors of a training of many steps, with AuxK, metrics and a checkpoint every 200",
  )
  .option("--steps <n>", "steps", Number, 20_000)
  .action(async ({ steps }: { readonly steps: number }) => {
    await useBackend(createWasmBackend({ threads: 1 }));
    console.log(await memoryOf(steps));
  });
program
  .command("checkpoints")
  .description("what a checkpoint costs, and which share of the time at the defaults, with and without in turn")
  .option("--only <names>", "some of them", (text) => text.split(","), Object.keys(timed))
  .option("--pairs <n>", "windows with and without", Number, 8)
  .action(async ({ only, pairs }: { readonly only: readonly string[]; readonly pairs: number }) => {
    await useBackend(createWasmBackend());
    const rows: string[][] = [];
    for (const name of only) rows.push(await checkpointCost(name, pairs));
    const head = ["", "ms a step", "MB", "seconds", "share at the defaults"];
    console.log(markdownTable([head, ...rows], { align: ["l", "r", "r", "r", "r"] }));
  });
await program.parseAsync();
process.exit(0);
