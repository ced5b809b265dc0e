import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveRunConfig } from "../../configuration/run-config.ts";
import type { PlannedRun } from "../../executor/executor.ts";
import { runSet } from "../../runs/run-set.ts";
import { folderStore } from "../run-folder.ts";
import { fakeSlurm } from "./__fixtures__/fake-slurm.ts";
import { type SlurmOptions, slurmExecutor } from "./slurm-executor.ts";
import { parseSlurmSettings } from "./slurm-settings.ts";
import { cancelSlurmRuns, slurmRuns } from "./slurm-status.ts";

let folder: string;
const before = { ...process.env };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-slurm-"));
  Object.assign(process.env, fakeSlurm(folder));
  await writeFile(join(folder, "saeno.mjs"), command);
});
afterAll(async () => {
  Object.assign(process.env, before);
  await rm(folder, { recursive: true, force: true });
});

/** Makes what `saeno train` would, as far as a set of runs looks at it; long ones wait for SIGTERM, and end when they are continued. */
const command = `
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
const config = JSON.parse(readFileSync(0, "utf8"));
const place = process.argv[process.argv.indexOf("--out") + 1];
if (config.training.batchSize > config.data.limit) {
  console.error("saeno: fewer than a batch of " + config.training.batchSize);
  process.exit(2);
}
mkdirSync(place, { recursive: true });
if (config.training.steps > 1000 && !existsSync(place + "/checkpoint")) {
  process.on("SIGTERM", () => {
    writeFileSync(place + "/checkpoint", "");
    process.exit(143);
  });
  writeFileSync(place + "/config.json", "{}");
  await new Promise((resolve) => setTimeout(resolve, 60000));
}
writeFileSync(place + "/summary.json", JSON.stringify({ relativeError: config.training.learningRate, args: process.argv.slice(2) }));
`;

const settings = { data: "sparse-vectors:8,concepts=12", model: "mlp", concepts: 12, active: 2, limit: 16, test: 4 };
const planned = (own: object, name: string): PlannedRun => ({
  name,
  config: resolveRunConfig({ ...settings, steps: 3, batch: 4, ...own }),
});
const quick = planned({ lr: 0.01 }, "quick");
const long = planned({ lr: 0.02, steps: 2000 }, "long");

/** A set in a folder of its own, and what was said. */
function set(name: string, own: Partial<SlurmOptions> = {}) {
  const root = join(folder, name);
  const said: string[] = [];
  const reporter = { say: (line: string) => said.push(line), progress: () => ({ update() {}, stop() {} }) };
  const executor = slurmExecutor({
    command: [process.execPath, join(folder, "saeno.mjs")],
    folder: join(root, "slurm"),
    lookEvery: 0.2,
    settings: parseSlurmSettings(),
    reporter,
    ...own,
  });
  const run = (runs: readonly PlannedRun[], signal?: AbortSignal) =>
    runSet(runs, { folder: join(root, "runs"), store: folderStore, executor, reporter, signal });
  return { root, jobs: join(root, "slurm"), said, run };
}

/** Waits for what a job does. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("It did not happen.");
}

test("runs are made as one job array; one that fails says why, and is submitted again by itself", async () => {
  const { jobs, said, run } = set("all at once 100%", { maxParallel: 2, plugins: ["./it's mine.js"] });
  const runs = [quick, planned({ batch: 99 }, "large batch"), planned({ lr: 0.03 }, "third")];
  const outcomes = await run(runs);
  expect(outcomes.map(({ summary }) => summary?.relativeError)).toEqual([0.01, undefined, 0.03]);
  expect(outcomes[0].summary?.args).toEqual([
    "--threads",
    "1",
    "--plugin",
    "./it's mine.js",
    "train",
    "--config",
    "-",
    "--json",
    "--tidy",
    "--pages",
    "0",
    "--out",
    outcomes[0].run.place,
  ]);
  expect(outcomes[1].error).toMatch(/^fewer than a batch of 99 \(.*1\.log\)$/);
  expect(said).toContainEqual(expect.stringMatching(/submitted 3 runs to Slurm as job \d+; logs are in/));
  await run(runs);
  expect(await readFile(join(jobs, "array-2", "tasks", "0"), "utf8")).toContain("large_batch");
  expect((await slurmRuns(jobs)).map(({ state }) => state)).toEqual(["ended", "finished", "finished"]);
});

test("an interrupt leaves the jobs, the same set comes back to them, and a job that is asked to end goes on later", async () => {
  const { root, jobs, said, run } = set("left");
  const controller = new AbortController();
  const first = run([long, quick], controller.signal);
  const places = async () => (await slurmRuns(jobs)).map(({ name, state }) => `${name.slice(0, 4)} ${state}`);
  await until(async () => existsSync(join(jobs, "array-1", "job")) && (await places()).includes("quic finished"));
  controller.abort();
  await expect(first).rejects.toThrow(
    /Stopped waiting after [01] of 2 runs; Slurm continues.*saeno sweep cancel .*left\.$/,
  );
  await until(async () => (await places()).includes("long running"));

  const again = run([long, quick]);
  await until(() => said.includes("1 of 1 runs are in Slurm's queue already"));
  const [{ job, task, place }] = await slurmRuns(jobs);
  await until(() => existsSync(join(place, "config.json")));
  execFileSync("scancel", ["--signal=TERM", `${job}_${task}`]);
  expect((await again).map(({ summary }) => summary?.relativeError)).toEqual([0.02, 0.01]);
  expect(existsSync(join(jobs, "array-2"))).toBe(false);
  expect(await readFile(join(root, "slurm", "array-1", "logs", "0.log"), "utf8")).toMatch(
    /--- start 1[\s\S]*--- start 2/,
  );
});

test("jobs are canceled, which is no reason to start them again", async () => {
  const { jobs, run } = set("canceled");
  const running = run([long]);
  await until(async () => (await slurmRuns(jobs).catch(() => []))[0]?.state === "running");
  expect((await cancelSlurmRuns(jobs)).map(({ state }) => state)).toEqual(["running"]);
  const [{ error }] = await running;
  expect(error).toMatch(/ended|queue/);
  expect(await cancelSlurmRuns(jobs)).toEqual([]);
});

test("what Slurm refuses leaves nothing; an array that another command submits is not submitted again", async () => {
  const refused = set("refused", { partition: "none" });
  await expect(refused.run([quick])).rejects.toThrow(/sbatch failed: .*invalid partition specified: none/);
  expect(existsSync(join(refused.jobs, "array-1"))).toBe(false);
  const other = set("other");
  await mkdir(join(other.jobs, "array-1"), { recursive: true });
  await expect(other.run([quick])).rejects.toThrow(/Another command is submitting .*array-1: wait for it/);
});

test("settings of a cluster become options of its jobs; what is none is named", async () => {
  const { jobs, run } = set("settings", {
    partition: "cpu",
    time: "01:00:00",
    settings: parseSlurmSettings(
      JSON.stringify({ account: "lab", cpusPerTask: 4, mem: "4G", sbatch: ["--exclude=node7"], setup: ["export A=1"] }),
    ),
  });
  await run([quick]);
  const script = await readFile(join(jobs, "array-1", "batch.sh"), "utf8");
  for (const line of ['--account="lab"', "--cpus-per-task=4", '--mem="4G"', "--exclude=node7", '--time="01:00:00"'])
    expect(script).toContain(`\n#SBATCH ${line}\n`);
  expect(script).toMatch(/\nexport A=1\n[\s\S]*--threads 4 /);
  expect(() => parseSlurmSettings('{ "cores": 4, "mem": 3 }', "slurm.json")).toThrow(
    /slurm.json does not hold settings for Slurm: .*mem.*cores.*It may have account, /,
  );
});

test("without Slurm the error says where to go", async () => {
  process.env.PATH = folder;
  await expect(set("none").run([quick])).rejects.toThrow(/There is no squeue here: run this where Slurm takes jobs/);
});
