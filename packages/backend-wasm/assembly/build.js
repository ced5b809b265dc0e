/**
 * Compiles the kernels, for engines with and without relaxed SIMD and for shared and plain memory,
 * and puts each, and the binaries of tfjs, into the folder wasm, from which pages load them. The smallest set that runs is written to
 * src/generated too, as modules: for bundlers that leave files behind. Kernels for vectors of 256 bits are there alone: only Node has them.
 */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = fileURLToPath(new URL("../src/generated/", import.meta.url));
const folder = fileURLToPath(new URL("../wasm/", import.meta.url));
const { resolve } = createRequire(import.meta.url);
const compiler = join(resolve("assemblyscript/package.json"), "../bin/asc.js");
const tfjs = join(resolve("@tensorflow/tfjs-backend-wasm/package.json"), "../dist");
const common = "--runtime stub --noAssert -O3 --noExportMemory --importMemory --initialMemory 1".split(" ");
// Static data lies in the first 1024 bytes, which Emscripten leaves to nobody: memory is that of tfjs, whose own data begin there.
const memoryBase = { index: 64, wide: 512 };
const features = ["simd", "threads", "bulk-memory"];

rmSync(target, { recursive: true, force: true });
mkdirSync(target);
await Promise.all(
  ["plain", "shared"].flatMap((memory) => [
    ...["simd", "relaxed"].map((level) => compile("index", level, memory, join(folder, `${level}-${memory}.wasm`))),
    compile("wide", "relaxed", memory, join(target, `wide-${memory}.wasm`)),
  ]),
);
for (const name of ["tfjs-backend-wasm", "tfjs-backend-wasm-simd", "tfjs-backend-wasm-threaded-simd"]) {
  copyFileSync(join(tfjs, `${name}.wasm`), join(folder, `${name}.wasm`));
}
for (const name of ["simd-plain", "tfjs-backend-wasm-simd"]) writeBinary(name, folder);
for (const name of ["wide-plain", "wide-shared"]) {
  writeBinary(name, target);
  rmSync(join(target, `${name}.wasm`));
}
writeModule("thread", "source", readFileSync(join(folder, "thread.js"), "utf8"));

async function compile(entry, level, memory, file) {
  const enabled = [...features, ...(level === "relaxed" ? ["relaxed-simd"] : [])].flatMap((name) => ["--enable", name]);
  const shared = memory === "shared" ? ["--sharedMemory", "--maximumMemory", "65536"] : [];
  try {
    await promisify(execFile)(process.execPath, [
      compiler,
      join(here, `${entry}.ts`),
      ...common,
      "--memoryBase",
      `${memoryBase[entry]}`,
      ...enabled,
      ...shared,
      "--outFile",
      file,
    ]);
  } catch (error) {
    throw new Error(`The kernels do not compile (${entry}, ${level}, ${memory}):\n${error.stderr ?? error.message}`);
  }
}

function writeBinary(name, from) {
  writeModule(name, "wasm", readFileSync(join(from, `${name}.wasm`)).toString("base64"));
}

function writeModule(file, name, text) {
  writeFileSync(join(target, `${file}.ts`), `export const ${name}: string =\n  ${JSON.stringify(text)};\n`);
}
