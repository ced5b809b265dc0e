/** `pnpm golden FOLDER`: every golden file of a folder through the public API. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { cpuBackend, register, SaenoError, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { tidy } from "@tensorflow/tfjs-core";
import { goldenCases } from "./golden-cases.ts";
import { deviation, type GoldenFile, readGoldenFile } from "./golden-file.ts";

const tolerance = 1e-4;

async function main(folder: string | undefined): Promise<number> {
  if (folder === undefined)
    throw new SaenoError("golden.usage", "Usage: pnpm golden FOLDER (a folder of golden .json files).");
  register(cpuBackend);
  register(wasmBackend);
  await useBackend(process.env.SAENO_BACKEND ?? "auto");
  const names = goldenNames(folder);
  let [failed, waiting] = [0, 0];
  for (const name of names) {
    const run = caseFor(name);
    if (run === undefined) {
      waiting++;
      console.log(`not yet  ${name}`);
      continue;
    }
    const worst = worstDeviation(readGoldenFile(join(folder, name)), run);
    const ok = worst.value <= tolerance;
    if (!ok) failed++;
    console.log(
      `${ok ? "ok     " : "FAILED "}  ${name}  ${worst.value.toExponential(1)}${ok ? "" : ` in ${worst.output}`}`,
    );
  }
  console.log(`${names.length - failed - waiting} within ${tolerance}, ${failed} failed, ${waiting} not yet`);
  return failed > 0 ? 1 : 0;
}

function goldenNames(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort();
  } catch (cause) {
    throw new SaenoError("golden.folder", `${folder} is not a folder that can be read.`, { cause });
  }
  if (names.length === 0)
    throw new SaenoError("golden.folder", `${folder} holds no golden .json files.`, { kind: "data" });
  return names;
}

function caseFor(name: string): (typeof goldenCases)[string] | undefined {
  const [prefix] = Object.keys(goldenCases)
    .filter((start) => name.startsWith(start))
    .sort((a, b) => b.length - a.length);
  return prefix === undefined ? undefined : goldenCases[prefix];
}

function worstDeviation(file: GoldenFile, run: (typeof goldenCases)[string]): { value: number; output: string } {
  let worst = { value: 0, output: "" };
  tidy(() => {
    const computed = run(file);
    for (const [output, expected] of Object.entries(file.outputs)) {
      const found = computed[output];
      const value = found === undefined ? Number.POSITIVE_INFINITY : deviation(found, expected);
      if (!(value <= worst.value)) worst = { value, output };
    }
  });
  return worst;
}

main(process.argv[2]).then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(SaenoError.isInstance(error) ? `saeno: ${error.message}` : error);
    process.exit(SaenoError.isInstance(error) && error.kind === "usage" ? 2 : 1);
  },
);
