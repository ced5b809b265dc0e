/** Runs that are killed, interrupted, or out of disk, as runs of the command. SAENO_KILLS says how often to kill; 8 where it does not. */
import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@saeno/backend";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mainFile, type Outcome, runSaeno } from "./__fixtures__/run-saeno.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-survive-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const small = "--data shapes --limit 96 --test 8 --batch 8 --concepts 16 --active 3".split(" ");
const train = (out: string, steps: number, ...more: readonly string[]) => [
  ...["train", ...small, "--steps", String(steps), "--out", out],
  ...more,
];

interface Started {
  readonly pid: number;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Outcome & { readonly signal: NodeJS.Signals | null }>;
  /** Once it has said this. */
  readonly said: (text: RegExp) => Promise<void>;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, [mainFile, ...args], { cwd: folder, env: { ...process.env, ...env } });
  let [stdout, stderr] = ["", ""];
  const listeners = new Set<() => void>();
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<Outcome & { readonly signal: NodeJS.Signals | null }>((resolve) => {
    child.on("close", (status, signal) => resolve({ status: status ?? -1, signal, stdout, stderr }));
  });
  const heard = (text: RegExp) =>
    new Promise<void>((resolve) => {
      const check = () => text.test(stderr) && resolve();
      listeners.add(check);
      check();
    });
  return {
    pid: child.pid ?? -1,
    kill: (signal) => child.kill(signal),
    ended,
    said: (text) => Promise.race([heard(text), ended.then(() => {})]),
  };
}

const weightsOf = (run: string) => readFile(join(folder, run, "model.safetensors"));
async function metricsOf(run: string): Promise<string> {
  const text = await readFile(join(folder, run, "metrics.jsonl"), "utf8");
  return text.replaceAll(/,"seconds":[^,}]*/g, "");
}

/** Until metrics.jsonl of a run has so many lines. */
async function atStep(run: string, step: number): Promise<void> {
  for (;;) {
    const text = await readFile(join(folder, run, "metrics.jsonl"), "utf8").catch(() => "");
    if (text.split("\n").length > step) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const kills = Number(process.env.SAENO_KILLS ?? 8);

test(
  `a run that is killed at ${kills} random moments ends in the same weights and metrics`,
  async () => {
    const steps = 60;
    expect(await runSaeno(folder, train("whole", steps))).toMatchObject({ status: 0 });
    const [weights, metrics] = [await weightsOf("whole"), await metricsOf("whole")];
    const random = createRandom(7);
    let [killed, finished] = [0, 0];
    while (killed < kills) {
      const run = start(train("killed", steps, "--checkpoint-every", "3"));
      const timer = setTimeout(() => run.kill("SIGKILL"), 900 + 1800 * random.uniform());
      const { status, signal } = await run.ended;
      clearTimeout(timer);
      if (signal === "SIGKILL") killed++;
      else expect(status).toBe(0);
      if (signal === "SIGKILL" && killed < kills) continue;
      expect(await runSaeno(folder, train("killed", steps))).toMatchObject({ status: 0 });
      expect((await weightsOf("killed")).equals(weights)).toBe(true);
      expect(await metricsOf("killed")).toBe(metrics);
      expect((await readdir(join(folder, "killed"), { recursive: true })).join()).not.toMatch(/partial/);
      await rm(join(folder, "killed"), { recursive: true });
      finished++;
    }
    expect(finished).toBeGreaterThan(0);
  },
  60_000 + 6_000 * kills,
);

test.each([
  ["SIGINT", []],
  ["SIGTERM", []],
  ["SIGHUP", []],
  ["SIGUSR1", ["--stop-signal", "usr1"]],
] as const)("%s ends training after the step, with a checkpoint; saeno resume goes on", async (signal, flags) => {
  const run = start(train(signal, 300, ...flags));
  await atStep(signal, 5);
  run.kill(signal);
  const { status, stderr } = await run.ended;
  expect(status).toBe(128 + constants.signals[signal]);
  const [, step] = /Interrupted after step (\d+) of 300. Continue with: saeno resume/.exec(stderr) ?? [];
  expect((await readdir(join(folder, signal))).sort()).toEqual(["checkpoints", "config.json", "metrics.jsonl"]);
  expect(await readdir(join(folder, signal, "checkpoints"))).toEqual([`step-${step}`]);
  // It can be looked at as it is, and finished as it is.
  expect(JSON.parse((await runSaeno(folder, ["eval", signal, "--json"])).stdout)).toMatchObject({ interrupted: true });
  const resumed = await runSaeno(folder, ["resume", signal, "--steps", String(Number(step) + 2), "--json"]);
  expect(JSON.parse(resumed.stdout)).toMatchObject({ steps: Number(step) + 2, interrupted: false });
});

test("Ctrl-C during evaluation keeps the model; the same command again evaluates it", async () => {
  const command = train("evaluated", 4, "--grids", "64,96,128,160,192", "--test", "64");
  const run = start(command);
  await run.said(/train SAE-FNO 4\/4/);
  run.kill("SIGINT");
  const { status, stderr } = await run.ended;
  expect(stderr).toContain("the model is trained and kept");
  expect(status).toBe(130);
  const weights = await weightsOf("evaluated");
  expect(existsSync(join(folder, "evaluated", "summary.json"))).toBe(false);
  expect(await runSaeno(folder, command)).toMatchObject({ status: 0 });
  expect(await weightsOf("evaluated")).toEqual(weights);
  // And once more does nothing.
  const again = await runSaeno(folder, command);
  expect(again).toMatchObject({ status: 0 });
  expect(again.stderr).toContain("evaluated is finished; nothing was done");
});

test("without --out, the same command goes on with the run that it began", async () => {
  const command = train("", 200).filter((arg, i, all) => arg !== "--out" && all[i - 1] !== "--out");
  const run = start(command);
  await atStep("runs/fno-shapes-1", 4);
  run.kill("SIGTERM");
  await run.ended;
  const again = await runSaeno(folder, [...command.filter((arg) => arg !== "200"), "200", "--json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({ run: "runs/fno-shapes-1", steps: 200 });
});

test("a second program on the same run, and a second sweep in the same folder, are told who is at work", async () => {
  const run = start(train("busy", 2000));
  await atStep("busy", 2);
  const second = await runSaeno(folder, train("busy", 2000));
  expect(second).toMatchObject({ status: 1 });
  expect(second.stderr).toMatch(/busy is in use by process \d+ on /);
  run.kill("SIGTERM");
  await run.ended;
  const args = ["sweep", ...small, "--steps", "2000", "--vary", "lr=0.01,0.02", "--out", "swept"];
  const sweep = start(args);
  await sweep.said(/2 settings/);
  const other = await runSaeno(folder, args);
  expect(other.stderr).toMatch(/swept is in use by process \d+ on /);
  sweep.kill("SIGTERM");
  expect((await sweep.ended).status).toBe(143);
  // What was under way has a checkpoint.
  const left = await readdir(join(folder, "swept", "runs"), { recursive: true });
  expect(left.some((name) => name.endsWith("state.json"))).toBe(true);
  expect(left.join()).not.toMatch(/summary.json/);
});

/** The processes that a process has started; none where the system does not list them in files. */
async function childrenOf(parent: number): Promise<number[]> {
  const names = (await readdir("/proc").catch((): string[] => [])).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(names.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  // `12 (name) S 11 ..`
  return names.filter((_, i) => Number(stats[i].split(") ").at(-1)?.split(" ")[1]) === parent).map(Number);
}

test("a sweep that is killed, again and again, ends with the runs of one that is not, each made once", async () => {
  const args = (out: string) => [
    "sweep",
    ...small,
    "--steps",
    "40",
    "--vary",
    "lr=0.01,0.02",
    "--seeds",
    "2",
    "--out",
    out,
    "--json",
  ];
  const whole = JSON.parse((await runSaeno(folder, args("swept-whole"))).stdout);
  for (const delay of [2500, 4000]) {
    const sweep = start(args("swept-killed"));
    await new Promise((resolve) => setTimeout(resolve, delay));
    const children = await childrenOf(sweep.pid);
    sweep.kill("SIGKILL");
    await sweep.ended;
    // Its runs end with it.
    const alive = () => children.filter((pid) => existsSync(`/proc/${pid}`));
    for (let i = 0; i < 200 && alive().length > 0; i++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(alive()).toEqual([]);
  }
  const killed = JSON.parse((await runSaeno(folder, args("swept-killed"))).stdout);
  const results = ({ runs }: { runs: readonly { settings: object; seeds: number; metric: object }[] }) =>
    runs.map(({ settings, seeds, metric }) => ({ settings, seeds, metric }));
  expect(results(killed)).toEqual(results(whole));
  for (const run of await readdir(join(folder, "swept-killed", "runs"))) {
    const lines = (await metricsOf(join("swept-killed", "runs", run))).trim().split("\n");
    expect(lines).toHaveLength(40);
  }
});

/** A small file system of its own; `undefined` where that is not allowed. */
async function smallDisk(name: string, size: string): Promise<string | undefined> {
  const place = join(folder, name);
  await mkdir(place);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", place], { stdio: "ignore" });
    return place;
  } catch {
    return undefined;
  }
}

test("a full disk ends a run with its last checkpoint whole, and it goes on when there is room; a read-only one is named", async (context) => {
  const disk = await smallDisk("disk", "600k");
  if (disk === undefined) return context.skip("file systems cannot be mounted here");
  try {
    const command = train(join(disk, "run"), 60, "--checkpoint-every", "5");
    await writeFile(join(disk, "filler"), Buffer.alloc(100_000));
    const full = await runSaeno(folder, command);
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(/run cannot be written: .*the disk is full/);
    expect(full.stderr).not.toMatch(/bug in saeno/);
    execFileSync("mount", ["-o", "remount,size=50m", disk]);
    expect(await runSaeno(folder, command)).toMatchObject({ status: 0 });
    expect((await readFile(join(disk, "run", "model.safetensors"))).equals(await weightsOf("whole"))).toBe(true);
    execFileSync("mount", ["-o", "remount,ro", disk]);
    const readOnly = await runSaeno(folder, train(join(disk, "other"), 60));
    expect(readOnly.status).toBe(1);
    expect(readOnly.stderr).toMatch(/other cannot be (written|made): .*read-only/);
  } finally {
    execFileSync("umount", [disk]);
  }
});

/** Runs the command under a limit of the shell. */
function underLimit(limit: string, args: readonly string[]): Promise<Outcome> {
  const command = `ulimit ${limit}; exec "${process.execPath}" "${mainFile}" ${args.join(" ")}`;
  return new Promise((resolve) => {
    execFile("sh", ["-c", command], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

test("too few file handles are named", async () => {
  const { status, stderr } = await underLimit("-n 64", train("few", 3));
  if (status !== 0) expect(stderr).toMatch(/open files|ulimit/);
  expect(stderr).not.toMatch(/bug in saeno/);
});

test("where wasm gets no memory, a run says that it goes on many times slower, or ends if wasm was asked for", async () => {
  const tiny = "--data sparse-vectors:8,concepts=12 --model mlp --limit 32 --test 8 --batch 8 --concepts 8 --active 2";
  const run = (out: string, ...more: readonly string[]) =>
    underLimit("-v 8000000", ["train", ...tiny.split(" "), "--steps", "2", "--out", out, ...more]);
  const problem = /WebAssembly cannot get memory from the system: .*ulimit -v/;
  const slow = await run("slow", "--progress", "none");
  expect([slow.status, slow.stderr]).toEqual([0, expect.stringMatching(problem)]);
  expect(slow.stderr).toMatch(/^warning: The backend wasm does not start: .* Everything runs on cpu instead/m);
  const asked = await run("asked", "--backend", "wasm");
  expect([asked.status, asked.stderr]).toEqual([1, expect.stringMatching(problem)]);
});
