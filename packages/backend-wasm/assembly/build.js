/**
 * Compiles the kernels four times, for engines with and without relaxed SIMD and for shared and plain memory,
 * and writes each, and the binaries of tfjs, as a module of base64 to src/generated, so that no bundler or server has to find a file.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = fileURLToPath(new URL("../src/generated/", import.meta.url));
const { resolve } = createRequire(import.meta.url);
const compiler = join(resolve("assemblyscript/package.json"), "../bin/asc.js");
const tfjs = join(resolve("@tensorflow/tfjs-backend-wasm/package.json"), "../dist");
const common = "--runtime stub --noAssert -O3 --noExportMemory --importMemory --initialMemory 1".split(" ");
const features = ["simd", "threads", "bulk-memory"];

const temporary = mkdtempSync(join(tmpdir(), "saeno-kernels-"));
mkdirSync(target, { recursive: true });
try {
  await Promise.all(
    ["simd", "relaxed"].flatMap((level) => ["plain", "shared"].map((memory) => compile(level, memory))),
  );
  for (const name of ["tfjs-backend-wasm", "tfjs-backend-wasm-simd", "tfjs-backend-wasm-threaded-simd"]) {
    writeModule(name, join(tfjs, `${name}.wasm`));
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

async function compile(level, memory) {
  const file = join(temporary, `${level}-${memory}.wasm`);
  const enabled = [...features, ...(level === "relaxed" ? ["relaxed-simd"] : [])].flatMap((name) => ["--enable", name]);
  const shared = memory === "shared" ? ["--sharedMemory", "--maximumMemory", "65536"] : [];
  try {
    await promisify(execFile)(process.execPath, [
      compiler,
      join(here, "index.ts"),
      ...common,
      ...enabled,
      ...shared,
      "--outFile",
      file,
    ]);
  } catch (error) {
    throw new Error(`The kernels do not compile (${level}, ${memory}):\n${error.stderr ?? error.message}`);
  }
  writeModule(`${level}-${memory}`, file);
}

function writeModule(name, file) {
  const text = readFileSync(file).toString("base64");
  writeFileSync(join(target, `${name}.ts`), `export const wasm: string =\n  "${text}";\n`);
}
