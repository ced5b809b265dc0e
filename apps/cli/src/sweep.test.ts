import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@saeno/backend";
import { encodeNpy } from "@saeno/datasets";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runSaeno } from "./__fixtures__/run-saeno.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-sweep-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const saeno = (...args: string[]) => runSaeno(folder, args);
const small =
  "--data sparse-vectors:12,concepts=16,active=2 --model mlp --concepts 16 --active 2 --batch 8 --limit 64 --test 8 --steps 4";
const sweep = (flags: string) => saeno("sweep", ...small.split(" "), ...flags.split(" "));

test("combinations are trained and compared, best first; more values are added to what is there; a run is what saeno train makes", async () => {
  const first = await sweep("--vary lr=0.001,0.01 --seeds 2 --out swept --json");
  expect(first.status).toBe(0);
  const { runs, fields, report } = JSON.parse(first.stdout);
  expect([fields, runs.length]).toEqual([["lr"], 2]);
  expect(runs[0].metric.mean).toBeLessThan(runs[1].metric.mean);
  expect(runs[0].others.l0.mean).toBeLessThanOrEqual(2);
  expect(runs[0].others).toMatchObject({ stability: { count: 1 }, selective: { count: 2 }, budget: { count: 2 } });
  expect(await readdir(join(folder, "swept", "runs"))).toHaveLength(4);
  expect(await readFile(join(folder, report), "utf8")).toContain("0.01");

  const again = await saeno("train", "--config", `${runs[0].place}/config.json`, "--out", "again", "--json");
  const summary = JSON.parse(await readFile(join(folder, runs[0].place, "summary.json"), "utf8"));
  expect(JSON.parse(again.stdout).relativeError).toBe(summary.relativeError);

  const more = await sweep("--vary lr=0.001,0.01,0.02 --seeds 2 --out swept --json");
  expect(more.stderr).toContain("4 of 6 runs are there already");
  expect(JSON.parse(more.stdout).runs).toHaveLength(3);
});

test("settings that fail stand last with what went wrong, and do not stop the others", async () => {
  const { status, stdout, stderr } = await sweep("--vary batch=8,100 --out failing");
  expect(status).toBe(0);
  expect(stderr).toMatch(/batch=100,seed=0 failed: The dataset .* has 64 samples, fewer than a batch of 100/);
  expect(stdout).toMatch(/100: failed: The dataset/);
});

test.each([
  ["--vary rate=1", 2, /there is no setting "rate"/],
  ["--vary lr=0.1 --vary lr=0.2", 2, /lr is varied twice/],
  ["--vary seed=0,1", 2, /Seeds are varied by --seeds N/],
  ["--vary lr=0.1..1 --out x", 2, /is a range: say how many to draw with --random N/],
  ["--vary lr=0.1 --metric loss --out y", 2, /A run has no number "loss". It has .*relativeError/],
  ["--vary active=99 --out z", 2, /--active 99 is more than --concepts 16/],
  ["--vary lr=0.1 --metric stability --out x", 2, /--metric stability compares the seeds/],
  ["--vary lr=0.1 --seeds 0", 2, /Give a whole number of at least 1/],
  ["--vary lr=0.1 --shard 2/2 --out x", 2, /Give i\/n, such as 0\/4/],
])("%s ends with exit code %i and one line", async (flags, status, message) => {
  const outcome = await sweep(flags);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.status).toBe(status);
  expect(outcome.stderr.split("\n").filter((line) => line.startsWith("saeno:"))).toHaveLength(1);
});

test("half-made runs of a process that is gone are cleared away", async () => {
  const left = join(folder, "swept", "runs", ".fno.partial-999999999");
  await writeFile(left, "");
  await sweep("--vary lr=0.001 --out swept");
  expect(await readdir(join(folder, "swept", "runs"))).not.toContain(".fno.partial-999999999");
});

test("shards share a folder; the one that ends last writes the results", async () => {
  const shard = (index: number) => sweep(`--vary lr=0.001,0.01 --out shards --json --shard ${index}/2`);
  const first = await shard(1);
  expect([first.status, JSON.parse(first.stdout)]).toMatchObject([0, { complete: false }]);
  expect(await readdir(join(folder, "shards"))).toEqual(["runs"]);
  expect(JSON.parse((await shard(0)).stdout).runs).toHaveLength(2);
  expect(await readdir(join(folder, "shards"))).toContain("sweep.json");
});

test("a pod of the Kubernetes template makes its share", async () => {
  const guide = await readFile(new URL("../../../docs/clusters.md", import.meta.url), "utf8");
  const [, completions] = /^ {2}completions: (\d+)$/m.exec(guide) ?? [];
  const [, list = ""] = /^ {10}args:\s*\[([^\]]*)\]/m.exec(guide) ?? [];
  const words = list.split(",").map((word) => word.trim().replace(/^"(.*)"$/, "$1"));
  expect(words).toContain(`$(JOB_COMPLETION_INDEX)/${completions}`);
  await mkdir(join(folder, "sweeps"));
  await writeFile(
    join(folder, "sweeps", "fields.npy"),
    encodeNpy({ shape: [32, 16], values: createRandom(0).normals(512) }),
  );
  // Kubernetes puts the variable in; and as little work as possible.
  const args = words
    .filter((word) => word !== "")
    .map((word) => word.replace("$(JOB_COMPLETION_INDEX)", "0").replace("/sweeps", join(folder, "sweeps")))
    .map((word) => (word === "100" ? "2" : word));
  const few = ["--steps", "2", "--limit", "24", "--test", "8", "--batch", "8", "--json"];
  const pod = await runSaeno(folder, [...args, ...few]);
  expect([pod.status, JSON.parse(pod.stdout)]).toMatchObject([0, { complete: false }]);
  expect(await readdir(join(folder, "sweeps", "rates", "runs"))).toHaveLength(1);
});
