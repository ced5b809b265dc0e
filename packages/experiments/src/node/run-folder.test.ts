import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { whoIsAt } from "./folder-lock.ts";
import { folderStore } from "./run-folder.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("files of a run folder are whole, lines are added and cut back", async () => {
  const place = join(folder, "a", "run");
  const run = await folderStore.edit(place);
  await run.write("config.json", "{}");
  await run.write("checkpoints/step-1/state.json", "1");
  await run.append("metrics.jsonl", { step: 1 });
  const size = await run.settle("metrics.jsonl");
  await run.append("metrics.jsonl", { step: 2 });
  expect(await readFile(join(place, "metrics.jsonl"), "utf8")).toBe('{"step":1}\n{"step":2}\n');
  await run.cut("metrics.jsonl", size);
  await run.append("metrics.jsonl", { step: 3 });
  expect(await readFile(join(place, "metrics.jsonl"), "utf8")).toBe('{"step":1}\n{"step":3}\n');
  expect((await folderStore.names(place)).sort()).toEqual(["checkpoints", "config.json", "metrics.jsonl"]);
  expect(await folderStore.names(join(place, "checkpoints"))).toEqual(["step-1"]);
  await run.remove("checkpoints");
  await run.close();
  expect((await readdir(place)).sort()).toEqual(["config.json", "metrics.jsonl"]);
});

test("a folder that one works on is refused to others, and free again afterward; an empty one goes", async () => {
  const place = join(folder, "b");
  const first = await folderStore.edit(place);
  await expect(folderStore.edit(place)).rejects.toThrow(
    new RegExp(`b is in use by process ${process.pid} on ${hostname()}, since`),
  );
  await first.close();
  expect(await readdir(folder)).not.toContain("b");
  await (await folderStore.edit(place)).close();
});

test.each([
  ["a process that is gone", { pid: 2 ** 22 + 1, host: hostname() }],
  ["a process of another that has its number now", { pid: process.pid, host: hostname(), started: "1" }],
  ["no owner in it", {}],
])("the lock of %s is taken over", async (_, owner) => {
  const place = join(folder, "stale");
  await mkdir(place, { recursive: true });
  await writeFile(join(place, "lock"), JSON.stringify({ ...owner, since: "then" }));
  const run = await folderStore.edit(place);
  expect(await whoIsAt(place)).toContain(`process ${process.pid}`);
  await run.close();
});

test("the lock of another machine holds while it gives signs of life", async () => {
  const place = join(folder, "elsewhere");
  await mkdir(place, { recursive: true });
  await writeFile(join(place, "lock"), JSON.stringify({ pid: 1, host: "node7", since: "then" }));
  await expect(folderStore.edit(place)).rejects.toThrow(/in use by process 1 on node7, since then/);
});

test("links in a folder of somebody else lead nowhere", async () => {
  const [place, own] = [join(folder, "strange"), join(folder, "own.txt")];
  await mkdir(place, { recursive: true });
  await writeFile(own, "mine");
  await symlink(own, join(place, "report.html"));
  const run = await folderStore.edit(place);
  await run.write("report.html", "theirs");
  await run.close();
  expect(await readFile(own, "utf8")).toBe("mine");
  expect(await readFile(join(place, "report.html"), "utf8")).toBe("theirs");
});
