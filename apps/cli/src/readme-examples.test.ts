/** Every JavaScript example of a README or guide that imports from packages only runs as it stands, where the packages are installed. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runSaeno } from "./__fixtures__/run-saeno.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const readmes = [
  "README.md",
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`),
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const examples = readmes
  .flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match, i) => ({
      name: `${path}, example ${i + 1}`,
      code: match[1],
    })),
  )
  .filter(({ code }) => code.includes("import ") && !code.includes('from "./'));

describe("examples", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "saeno-examples-"));
    symlinkSync(join(root, "apps/cli/node_modules"), join(folder, "node_modules"), "junction");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(examples)("$name", ({ code }) => {
    execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd: folder, stdio: "pipe" });
  });
});

/** Shell examples of the command's README that name nothing of the reader's own, such as DIR. */
const shellExamples = [...readFileSync(join(root, "apps/cli/README.md"), "utf8").matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  .map((match) => match[1].trim().split("\n"))
  .filter((lines) => lines.every((line) => line.startsWith("saeno ") && !/\b[A-Z]{3,}\b/.test(line)));

describe("examples of the command line", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "saeno-examples-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(shellExamples.map((lines) => ({ lines, name: lines[0] })))("$name ..", async ({ lines }) => {
    for (const line of lines) {
      const { status, stderr } = await runSaeno(folder, line.split(/\s+/).slice(1));
      expect({ line, status, stderr: status === 0 ? "" : stderr }).toEqual({ line, status: 0, stderr: "" });
    }
  });
});
