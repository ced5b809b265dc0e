/** Every JavaScript example of a README or guide that imports from packages only runs as it stands, where the packages are installed. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const readmes = [
  "README.md",
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`),
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
];
const examples = readmes
  .flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match, i) => ({
      name: `${path}, example ${i + 1}`,
      code: match[1] as string,
    })),
  )
  .filter(({ code }) => !code.includes('from "./'));

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
