import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeWhole } from "./write-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a file is replaced, a symbolic link is not followed, and nothing else is left behind", async () => {
  await writeFile(join(folder, "mine"), "mine");
  await symlink(join(folder, "mine"), join(folder, "report.html"));
  await writeWhole(join(folder, "report.html"), "one");
  await writeWhole(join(folder, "report.html"), "two");
  expect(await readFile(join(folder, "report.html"), "utf8")).toBe("two");
  expect(await readFile(join(folder, "mine"), "utf8")).toBe("mine");
  await expect(writeWhole(join(folder, "none", "file"), "x")).rejects.toThrow(
    /none\/file cannot be written: there is no such file or folder/,
  );
  expect((await readdir(folder)).sort()).toEqual(["mine", "report.html"]);
});
