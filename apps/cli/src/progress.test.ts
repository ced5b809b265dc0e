/** What a command tells while it works, who reads it, and what another process sees of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runSaeno } from "./__fixtures__/run-saeno.ts";
import { globalFlags } from "./flags/global-flags.ts";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const tiny = "train --data sparse-functions --modes 3 --concepts 4 --active 1 --steps 4 --batch 8 --limit 16 --test 8";

let folder: string;
const saeno = (line: string) => runSaeno(folder, line.split(" "));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a run goes on to its end where nobody reads the rest of what it says", async () => {
  const child = spawn(process.execPath, [main, ...tiny.split(" "), "--out", "half-read"], { cwd: folder });
  const ended = once(child, "exit");
  await once(child.stderr, "data");
  child.stderr.destroy();
  child.stdout.destroy();
  expect(await ended).toEqual([0, null]);
  expect(await readdir(join(folder, "half-read"))).toEqual(expect.arrayContaining(["summary.json", "report.html"]));
});

test("with --progress json each line of stderr is an object; --tensorboard writes an event file", async () => {
  const { status, stderr } = await saeno(`${tiny} --out told --tensorboard --progress json`);
  expect(status).toBe(0);
  const events = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const numbers = expect.objectContaining({ step: 4, loss: expect.any(Number), recoveryError: expect.any(Number) });
  expect(events[0]).toEqual({ time, event: "message", message: expect.stringMatching(/^backend/) });
  expect(events).toContainEqual(
    expect.objectContaining({ time, event: "progress", done: 4, total: 4, eta: 0, numbers }),
  );
  expect(await readdir(join(folder, "told", "tensorboard"))).toEqual([
    expect.stringMatching(/^events\.out\.tfevents\.\d{10}\.\d{3}$/),
  ]);
  // What was begun is gone on with.
  expect((await saeno("resume told --steps 5 --progress none")).stderr).toBe("");
  expect(await readdir(join(folder, "told", "tensorboard"))).toHaveLength(2);
  const failed = await saeno("eval nowhere --progress=json");
  expect(failed).toMatchObject({ status: 2, stdout: "" });
  expect(JSON.parse(failed.stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({ event: "error" });
  expect(() => globalFlags(["--progress", "dots"])).toThrow(/--progress must be bar, lines, json or none; got "dots"/);
});

test("watch says how runs are doing, and ends with 1 where they did not finish", async () => {
  await mkdir(join(folder, "all", "runs"), { recursive: true });
  await cp(join(folder, "told"), join(folder, "all", "runs", "one"), { recursive: true });
  const one = { run: "all/runs/one", state: "finished", step: 5, steps: 5, loss: expect.any(Number) };
  const { status, stdout } = await saeno("watch all --once --json");
  expect([status, JSON.parse(stdout)]).toEqual([0, { runs: [expect.objectContaining(one)] }]);
  await writeFile(join(folder, "all", "runs", "one", "summary.json"), '{ "interrupted": true }');
  const unfinished = await saeno("watch all/runs/one");
  expect(unfinished).toMatchObject({ status: 1, stdout: expect.stringMatching(/one +interrupted/) });
  expect(unfinished.stderr).toMatch(/1 of 1 runs did not finish: all\/runs\/one \(interrupted, step 5\)/);
});

test("watch waits for a run that begins later, and ends with it", async () => {
  const child = spawn(process.execPath, [main, "watch", "later"], { cwd: folder });
  let [told, said] = ["", ""];
  child.stdout.on("data", (chunk) => {
    told += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    said += String(chunk);
  });
  const ended = once(child, "close");
  await once(child.stderr, "data");
  await cp(join(folder, "told"), join(folder, "later"), { recursive: true });
  expect(await ended).toEqual([0, null]);
  expect(said).toMatch(/^later is waiting: nothing is written yet\n[\s\S]*later is finished at step 5\n$/);
  expect(told).toMatch(/later +finished +5 +5 .*[▁▂▃▄▅▆▇█]{5}\n/);
});
