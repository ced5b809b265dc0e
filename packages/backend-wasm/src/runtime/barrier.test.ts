/** Threads that wait for each other and fall asleep, in code of V8's baseline compiler: there a barrier once let go early (assembly/parallel.ts). */
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { createRandom, sizeOf, unrolledMapsGradient, unrolledMapsTrace, useBackend } from "@saeno/backend";
import { dispose, scalar, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { createWasmBackend } from "../wasm-backend.ts";

test("threads wait at a barrier until all are there, however long that takes", async () => {
  for (const flag of ["liftoff-only", "no-wasm-tier-up", "no-wasm-dynamic-tiering"]) setFlagsFromString(`--${flag}`);
  await useBackend(createWasmBackend({ threads: 2 }));
  const random = createRandom(3);
  const normals = (...shape: number[]): Tensor => tensor(random.normals(sizeOf(shape)), shape);
  const [batch, channels, concepts, kept] = [32, 8, 12, 15 * 8];
  const inputs = {
    xRe: normals(batch, channels, kept),
    xIm: normals(batch, channels, kept),
    dRe: normals(concepts, channels, kept),
    dIm: normals(concepts, channels, kept),
    stepSize: scalar(1e-5),
  };
  const attributes = { grid: [16, 16], modes: [8, 8], iterations: 15, threshold: 1e-3, kind: "hard" } as const;
  const { codes, ...trace } = unrolledMapsTrace(inputs, attributes);
  const upstream = normals(...codes.shape);
  const gradient = () => {
    const outputs = unrolledMapsGradient({ ...inputs, ...trace, codes, upstream }, attributes);
    const values = outputs.dRe.dataSync<"float32">().slice();
    dispose({ ...outputs });
    return values;
  };
  const first = gradient();
  expect(first.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
  // While others want the cores, threads come late.
  const others = Array.from({ length: 6 }, () => new Worker("for (;;);", { eval: true }));
  try {
    for (let i = 0; i < 60; i++) expect(gradient().every((value, j) => value === first[j])).toBe(true);
  } finally {
    await Promise.all(others.map((other) => other.terminate()));
  }
});
