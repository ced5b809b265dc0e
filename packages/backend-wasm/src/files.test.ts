import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { type PackageFile, readWasm, type WasmFile } from "./files.ts";

const folder = new URL("../wasm/", import.meta.url);
const files = readdirSync(folder) as PackageFile[];

test("every binary of the folder is found, and is WebAssembly", async () => {
  const binaries = files.filter((file): file is WasmFile => file !== "thread.js");
  expect(binaries).toHaveLength(7);
  for (const file of binaries) expect(WebAssembly.validate(await readWasm(file))).toBe(!file.startsWith("relaxed"));
});

test("what is not there, or is something else, says what to do", async () => {
  const elsewhere = readWasm("simd-plain.wasm", () => new URL("missing/simd-plain.wasm", folder));
  await expect(elsewhere).rejects.toMatchObject({ code: "backend.file", message: expect.stringContaining("locate") });
  const page = readWasm("simd-plain.wasm", () => new URL("thread.js", folder));
  await expect(page).rejects.toThrow("what is there is not WebAssembly");
});
