/** Sweeps and reproductions on Slurm, small and of scripts, and a real one where there is one: tooling/slurm/cluster.sh starts it. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeSlurm } from "../../../packages/experiments/src/node/slurm/__fixtures__/fake-slurm.ts";
import { runSaeno } from "./__fixtures__/run-saeno.ts";

let folder: string;
let fake: ReturnType<typeof fakeSlurm>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-slurm-"));
  fake = fakeSlurm(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

// As many as leave time to ask a run to end.
const steps = 1500;
const small = `--data sparse-vectors:12,concepts=16,active=2 --model mlp --concepts 16 --active 2 --batch 8 --limit 64 --test 8 --steps ${steps}`;
const saeno = (line: string, env = {}) => runSaeno(folder, line.split(" "), env);

/**
 * Sweeps, asks the last of the runs to end when it has begun, and compares the results with those of processes here. In Slurm that task has the
 * number of the whole array.
 */
async function sweepAndEndOne(
  name: string,
  vary: string,
  env: object,
  end: (task: string) => Promise<void>,
): Promise<number> {
  const flags = `${small} ${vary} --show l0`;
  const sweep = saeno(`sweep ${flags} --out ${name} --on slurm --time 00:10:00 --max-parallel 2`, env);
  const array = join(folder, name, "slurm", "array-1");
  await until(async () => existsSync(join(array, "job")));
  const task = readdirSync(join(array, "tasks")).length - 1;
  const [place] = (await readFile(join(array, "tasks", String(task)), "utf8")).split("\n", 1);
  const job = await readFile(join(array, "job"), "utf8");
  await until(async () => (await stat(join(place, "metrics.jsonl")).catch(() => undefined))?.size !== undefined);
  await end(`${job}_${task}`);
  const { runs } = JSON.parse((await saeno(`sweep status ${name} --json`, env)).stdout);
  expect(runs).toContainEqual(expect.objectContaining({ job, task, place }));

  const { status: code, stderr } = await sweep;
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  const log = await readFile(join(array, "logs", `${task}.log`), "utf8");
  expect(log).toMatch(/--- start 1[\s\S]*--- start 2[\s\S]*going on after step \d+ of /);
  await saeno(`sweep ${flags} --out ${name}-here`);
  expect(summaries(name)).toEqual(summaries(`${name}-here`));
  return summaries(name).size;
}

/** summary.json of all runs, without how long they took. */
function summaries(name: string): Map<string, unknown> {
  const runs = join(folder, name, "runs");
  const own = (key: string, value: unknown) => (/second|memory/i.test(key) ? undefined : value);
  return new Map(
    readdirSync(runs).map((run) => [run, JSON.parse(readFileSync(join(runs, run, "summary.json"), "utf8"), own)]),
  );
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

test("a run on Slurm that is asked to end goes on from its checkpoint, to the results of the same sweep here", async () => {
  const end = async (task: string) =>
    void execFileSync("scancel", ["--signal=TERM", task], { env: { ...process.env, ...fake } });
  expect(await sweepAndEndOne("fake", "--vary lr=0.001,0.01", fake, end)).toBe(2);
});

test("the same of six runs on a real Slurm", async ({ skip }) => {
  if (process.env.SLURM_CONF === undefined) return skip("there is no Slurm: tooling/slurm/cluster.sh start");
  const slurm = (command: string, ...args: readonly string[]) => execFileSync(command, args, { encoding: "utf8" });
  const end = async (task: string) => {
    // Of the task as a whole, Slurm 22 passes the signal on and says that it cannot.
    slurm("scancel", "--signal=TERM", `${task}.0`);
    await until(async () => slurm("squeue", "--noheader", `--jobs=${task}`, "--format=%T").trim() === "PENDING");
    // It would wait for two minutes, until what the node holds of its first start is over. In the second in which that ended
    // the node still takes the new start for the old one ("Job credential revoked") and the job is lost, so not at once.
    slurm("scontrol", "update", `JobId=${task}`, "StartTime=now+2");
  };
  expect(await sweepAndEndOne("real", "--vary lr=0.001,0.005,0.01 --seeds 2", {}, end)).toBe(6);
}, 600_000);

/** A figure of two models. */
const recipe = {
  figure: "1",
  title: "A small figure",
  claim: "More concepts do better.",
  setup: ["Known vectors."],
  rule: "Holds if they do.",
  base: { data: "sparse-vectors:12,concepts=16,active=2", model: "mlp", concepts: 16, limit: 64, test: 8, batch: 8 },
  scales: { quick: { steps: 5 }, full: { steps: 10 } },
  measures: { atoms: true },
  runs: {
    two: { name: "SAE-MLP, 2", settings: { active: 2 } },
    four: { name: "SAE-MLP, 4", settings: { active: 4 } },
  },
  settings: [{ name: "as it is" }],
  checks: [
    { id: "better", says: "Four over two", value: { ratio: ["four:relativeError", "two:relativeError"] }, atMost: 1 },
  ],
};

test("a figure is reproduced on Slurm with the results of here", async () => {
  await mkdir(join(folder, "recipes", "one"), { recursive: true });
  await writeFile(join(folder, "recipes", "one", "recipe.json"), JSON.stringify(recipe));
  const there = await saeno("reproduce 1 --recipes recipes --json --out figure --on slurm", fake);
  expect(there).toMatchObject({ status: 0 });
  expect(readdirSync(join(folder, "figure", "slurm", "array-1", "tasks"))).toHaveLength(2);
  const { runs } = JSON.parse((await saeno("sweep status figure --json", fake)).stdout);
  expect(runs).toMatchObject([{ state: "finished" }, { state: "finished" }]);
  const here = await saeno("reproduce 1 --recipes recipes --json --out figure-here");
  expect(JSON.parse(there.stdout)).toEqual(JSON.parse(here.stdout));
  expect(summaries("figure")).toEqual(summaries("figure-here"));
});

test.each([
  ["sweep --vary lr=0.1 --on slurm", 2, /Name the folder with --out/],
  ["sweep --vary lr=0.1 --out x --max-parallel 2", 2, /--max-parallel goes with --on slurm/],
  ["sweep --vary lr=0.1 --out x --slurm-config bad.json --on slurm", 1, /bad.json does not hold settings for Slurm/],
  ["sweep status none", 2, /Nothing was submitted from none/],
])("%s ends with exit code %i and a line", async (line, status, message) => {
  await writeFile(join(folder, "bad.json"), '{ "cores": 2 }');
  const outcome = await saeno(line, fake);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.status).toBe(status);
});
