import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuBackend, register } from "@saeno/backend";
import { raceOf, rememberRace } from "@saeno/experiments";
import { raceMemory } from "@saeno/experiments/node";
import { findBackend, registerBackend } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startBackend } from "./start-backend.ts";

vi.mock("@saeno/backend-webgpu", () => ({
  webgpuBackend: {
    ...cpuBackend,
    kind: "webgpu",
    available: async () => ({ available: true, detail: "WebGPU on a card" }),
    init: async () => {
      await cpuBackend.init();
      registerBackend("webgpu", () => findBackend("cpu"));
    },
  },
}));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-auto-"));
  vi.stubEnv("SAENO_CACHE", folder);
  register(cpuBackend);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const each = (milliseconds: number) => ({ "SAE-FNO": milliseconds, "SAE-MLP": milliseconds });

test("auto takes webgpu only where it was measured to be faster on this adapter, and whatever the file holds", async () => {
  expect((await startBackend("auto")).name).toBe("cpu");
  await writeFile(raceMemory().file, '{"machine":');
  expect((await startBackend("auto")).name).toBe("cpu");
  await rememberRace(raceMemory(), raceOf("WebGPU on a card", { usual: each(1), challenger: each(2) }));
  expect((await startBackend("auto")).name).toBe("cpu");
  await rememberRace(raceMemory(), raceOf("WebGPU on another", { usual: each(2), challenger: each(1) }));
  expect((await startBackend("auto")).name).toBe("cpu");
  await rememberRace(raceMemory(), raceOf("WebGPU on a card", { usual: each(2), challenger: each(1) }));
  expect(await startBackend("auto")).toEqual({
    name: "webgpu",
    reason: "measured to be faster than wasm, WebGPU on a card",
  });
});
