import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

function golden(folder: string): Promise<{ status: number; stdout: string }> {
  const program = new URL("../dist/golden.js", import.meta.url).pathname;
  return new Promise((resolve) => {
    execFile(process.execPath, [program, folder], (error, stdout) => {
      resolve({ status: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout });
    });
  });
}

test("golden files: within tolerance, wrong ones fail the command, unknown kinds are named", async () => {
  const fixtures = new URL("__fixtures__", import.meta.url).pathname;
  const good = await golden(fixtures);
  expect(good.stdout).toMatch(/ 0 failed, 0 not yet/);
  expect(good.status).toBe(0);
  const wrong = await mkdtemp(join(tmpdir(), "saeno-golden-"));
  const relu = JSON.parse(await readFile(join(fixtures, "activation-relu.json"), "utf8"));
  relu.outputs.y.data[3] += 0.01;
  await writeFile(join(wrong, "activation-relu.json"), JSON.stringify(relu));
  await writeFile(join(wrong, "wavelet.json"), JSON.stringify(relu));
  const bad = await golden(wrong);
  expect(bad.stdout).toMatch(/FAILED\s+activation-relu.json .* in y/);
  expect(bad.stdout).toMatch(/not yet\s+wavelet.json/);
  expect(bad.status).toBe(1);
  await rm(wrong, { recursive: true });
  expect((await golden("nowhere")).status).toBe(2);
});

const shared = new URL("../../../../shared/golden/", import.meta.url).pathname;
test.skipIf(!existsSync(shared))("all golden files agree (skipped where ../shared/golden is absent)", async () => {
  expect((await golden(shared)).status).toBe(0);
});
