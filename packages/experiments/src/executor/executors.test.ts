import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuBackend, useBackend } from "@saeno/backend";
import { memory } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveRunConfig } from "../configuration/run-config.ts";
import { childProcessExecutor } from "../node/child-process-executor.ts";
import { folderStore } from "../node/run-folder.ts";
import { readSummary } from "../runs/load-run.ts";
import { runSet } from "../runs/run-set.ts";
import { memoryStore, type RunStore } from "../runs/run-store.ts";
import type { Executor, PlannedRun } from "./executor.ts";
import { inProcessExecutor } from "./in-process-executor.ts";
import { serveRuns, workerExecutor } from "./worker-executor.ts";

let folder: string;
beforeAll(async () => {
  await useBackend(cpuBackend);
  folder = await mkdtemp(join(tmpdir(), "saeno-executor-"));
  await writeFile(join(folder, "saeno.mjs"), command);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A command that makes what `saeno train` would, as far as a set of runs looks at it. */
const command = `
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
const config = JSON.parse(readFileSync(0, "utf8"));
if (config.training.batchSize > config.data.limit) {
  console.error("train 1/4\\nsaeno: fewer than a batch of " + config.training.batchSize + "\\n");
  process.exit(2);
}
if (config.training.steps > 1000) await new Promise((resolve) => setTimeout(resolve, 60000));
const place = process.argv[process.argv.indexOf("--out") + 1];
mkdirSync(place, { recursive: true });
writeFileSync(place + "/summary.json", JSON.stringify({ relativeError: config.training.learningRate, args: process.argv.slice(2) }));
`;

const settings = { data: "sparse-vectors:8,concepts=12", model: "mlp", concepts: 12, active: 2, limit: 16, test: 4 };
const planned = (own: object, name = "run"): PlannedRun => ({
  name,
  config: resolveRunConfig({ ...settings, steps: 3, batch: 4, ...own }),
});

const executors: Record<
  string,
  () => { readonly store: RunStore; readonly executor: Executor; readonly root: string }
> = {
  inProcess() {
    const store = memoryStore();
    return { store, executor: inProcessExecutor({ store }), root: "runs" };
  },
  worker() {
    const store = memoryStore();
    const start = () => {
      const { port1, port2 } = new MessageChannel();
      serveRuns(port2);
      return { port: port1, terminate: () => port1.close() };
    };
    return { store, executor: workerExecutor({ start, parallel: 2, store }), root: "runs" };
  },
  childProcess: () => ({
    store: folderStore,
    executor: childProcessExecutor({ command: [process.execPath, join(folder, "saeno.mjs")], parallel: 2 }),
    root: join(folder, "runs"),
  }),
};

describe.each(Object.keys(executors))("%s", (kind) => {
  it("makes runs, names what fails, and finds again what is finished", async () => {
    const { store, executor, root } = executors[kind]();
    const before = memory().numTensors;
    const lines: string[] = [];
    const reporter = { say: (line: string) => lines.push(line), progress: () => ({ update() {}, stop() {} }) };
    const runs = [planned({ lr: 0.01 }), planned({ batch: 99 }, "large batch"), planned({ lr: 0.02 })];
    const outcomes = await runSet(runs, { folder: root, label: "set", store, executor, reporter });
    expect(outcomes.map(({ summary }) => summary !== undefined)).toEqual([true, false, true]);
    expect(outcomes[1].error).toMatch(/fewer than a batch of 99/);
    expect(lines).toContainEqual(expect.stringMatching(/large batch failed: .*fewer than a batch/));
    expect(await readSummary(store, outcomes[0].run.place)).toEqual(outcomes[0].summary);
    const again = await runSet([runs[2], planned({ lr: 0.02, backend: "cpu" })], {
      folder: root,
      label: "set",
      store,
      executor,
      reporter,
    });
    expect(lines).toContain("set: 1 of 1 runs are there already");
    expect(again.map(({ run }) => run.place)).toEqual([outcomes[2].run.place, outcomes[2].run.place]);
    if (kind !== "childProcess") expect(memory().numTensors).toBe(before);
  });

  it("ends what is under way when it is aborted, and starts no more", async () => {
    const { store, executor, root } = executors[kind]();
    const controller = new AbortController();
    const runs = [planned({ steps: 3000, lr: 0.03 }), planned({ lr: 0.04 }), planned({ steps: 3000, lr: 0.05 })];
    const progress = () => ({ update() {}, stop() {} });
    setTimeout(() => controller.abort(), 300);
    const set = runSet(runs, {
      folder: root,
      label: "set",
      store,
      executor,
      reporter: { say() {}, progress },
      signal: controller.signal,
    });
    await expect(set).rejects.toThrow(/Interrupted after [01] of 3 runs. Re-run the command to resume/);
  });
});

it("a child process is told its threads, the plugins and --tensorboard, and a command that is not there is an error", async () => {
  const executor = childProcessExecutor({
    command: [process.execPath, join(folder, "saeno.mjs")],
    threads: 3,
    plugins: ["./mine.js"],
    tensorboard: true,
  });
  const run = { ...planned({ lr: 0.06 }), place: join(folder, "told") };
  expect(await executor.run([run])).toEqual([{ run }]);
  expect((await readSummary(folderStore, run.place))?.args).toEqual([
    "--threads",
    "3",
    "--plugin",
    "./mine.js",
    "train",
    "--config",
    "-",
    "--out",
    run.place,
    "--json",
    "--tidy",
    "--pages",
    "0",
    "--tensorboard",
  ]);
  const [missing] = await childProcessExecutor({ command: [join(folder, "none")] }).run([run]);
  expect(missing.error).toMatch(/none cannot be started: there is no such file/);
});
