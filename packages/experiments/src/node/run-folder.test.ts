import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folderStore } from "./run-folder.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a run folder appears whole or not at all", async () => {
  const place = join(folder, "a", "run");
  const run = await folderStore.create(place);
  await run.write("config.json", "{}");
  await run.append("metrics.jsonl", { step: 1 });
  await run.append("metrics.jsonl", { step: 2 });
  expect(await readdir(join(folder, "a"))).not.toContain("run");
  await run.commit();
  expect(await readFile(join(place, "metrics.jsonl"), "utf8")).toBe('{"step":1}\n{"step":2}\n');
  expect(await readdir(join(folder, "a"))).toEqual(["run"]);
});

test("an abandoned run leaves nothing, and a place that is taken is refused before anything is written", async () => {
  const place = join(folder, "b");
  const run = await folderStore.create(place);
  await run.write("model.safetensors", new Uint8Array(3));
  await run.abandon();
  expect(await readdir(folder)).not.toContain("b");
  const first = await folderStore.create(place);
  await first.commit();
  await expect(folderStore.create(place)).rejects.toThrow(
    /exists already; nothing was changed. Name another with --out/,
  );
});
