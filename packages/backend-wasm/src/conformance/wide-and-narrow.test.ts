/** Kernels with vectors of 256 bits and those without, on one thread: the same to the last bit. */
import { setFlagsFromString } from "node:v8";
import {
  analyzePoints,
  convEnergies,
  createRandom,
  encodeConvPoints,
  encodeTheta,
  encodeTopK,
  samplePoints,
  sizeOf,
  spectralEnergies,
  truncatedAnalysis,
  truncatedSynthesis,
  unrolledRows,
  useBackend,
} from "@saeno/backend";
import { matMul, type Tensor, tensor, tile } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test, vi } from "vitest";
import type { Exports } from "../runtime/kernel-instance.ts";
import { createWasmBackend } from "../wasm-backend.ts";

if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");
const held = vi.hoisted(() => ({ exports: undefined as Exports | undefined }));
vi.mock("../runtime/wide-kernels.ts", () => import("../runtime/__fixtures__/wide.ts"));
vi.mock("../runtime/kernel-instance.ts", async (original) => {
  const { instantiate } = await original<typeof import("../runtime/kernel-instance.ts")>();
  return {
    instantiate: (...given: Parameters<typeof instantiate>) => {
      held.exports = instantiate(...given);
      return held.exports;
    },
  };
});

beforeAll(async () => {
  await useBackend(createWasmBackend({ threads: 1, instructions: "wide" }));
});

const random = createRandom(5);
const normals = (...shape: number[]): Tensor => tensor(random.normals(sizeOf(shape)), shape);

/** Computes with both and compares all bytes. */
function compare(compute: () => readonly Tensor[]): void {
  const results = [1, 0].map((yes) => {
    (held.exports as Exports).useWideKernels(yes);
    return Buffer.concat(compute().map((result) => new Uint8Array(result.dataSync().slice().buffer)));
  });
  expect(results[0].some((byte) => byte !== 0)).toBe(true);
  expect(results[0].equals(results[1])).toBe(true);
}

test.each([
  [5, 12, 2048],
  [5, 9, 1025],
  [7, 31, 3000],
  [3, 12, 2100],
  [23, 129, 150],
  [61, 64, 200],
  [13, 41, 70],
  [6, 48, 33],
  [12, 17, 64],
  [2, 26, 5000],
])("products of %i x %i, sums of %i", (rows, columns, depth) => {
  const [a, b, turned] = [normals(rows, depth), normals(depth, columns), normals(columns, depth)];
  compare(() => [matMul(a, b), matMul(a, turned, false, true)]);
});

test("codes", () => {
  const given = { x: normals(37, 203), atoms: normals(517, 203), bias: normals(517) };
  compare(() => Object.values(encodeTopK(given, { k: 9 })));
});

test.each([
  { grid: [64, 64], modes: [16, 16] },
  { grid: [28, 28], modes: [14, 14] },
  { grid: [96, 33], modes: [20, 9] },
  { grid: [1024], modes: [64] },
  { grid: [16, 12, 32], modes: [5, 4, 6] },
])("transforms on $grid of $modes modes", ({ grid, modes }) => {
  const x = normals(5, ...grid);
  compare(() => {
    const { re, im } = truncatedAnalysis({ x }, { modes });
    return [re, im, truncatedSynthesis({ re, im }, { grid }).x];
  });
});

test.each([
  { grid: [64, 64], modes: [16, 16] },
  { grid: [28, 28], modes: [14, 14] },
  { grid: [24, 9], modes: [7, 4] },
  { grid: [1024], modes: [64] },
  { grid: [30], modes: [7] },
  { grid: [8, 6, 12], modes: [3, 2, 4] },
])("points on $grid of $modes modes", ({ grid, modes }) => {
  const size = sizeOf(grid);
  const spectrum = modes.map((m, axis) => (axis === modes.length - 1 ? m : 2 * m - 1));
  const encoded = {
    ...{ xRe: normals(2, 3, sizeOf(spectrum)), xIm: normals(2, 3, sizeOf(spectrum)) },
    ...{ theta: normals(4, 2, 3, ...spectrum), bias: normals(4) },
    concepts: tensor([0, 3, 1, 2], [2, 2], "int32"),
  };
  compare(() => Object.values(encodeTheta(encoded, { grid, modes, count: 6 })));
  for (const count of [1, 5, 8, 29]) {
    const taken = Array.from({ length: 4 }, () => [...random.permutation(size).slice(0, count)].sort((a, b) => a - b));
    const positions = tensor(taken, [4, count], "int32");
    const values = normals(4, count);
    compare(() => {
      const { re, im } = analyzePoints({ values, positions }, { grid, modes });
      return [re, im, samplePoints({ re, im, positions }, { grid, modes }).values];
    });
  }
});

test.each([40, 203, 256])("unrolled codes of %i concepts", (concepts) => {
  const given = { x: normals(20, 64), atoms: normals(concepts, 64), stepSize: tensor(0.01) };
  for (const threshold of [0.02, 0.15]) {
    compare(() => [unrolledRows(given, { iterations: 5, threshold, kind: "hard" }).codes]);
  }
});

for (const channels of [1, 2, 40]) {
  for (const { grid, modes } of [
    { grid: [12, 12], modes: [4, 4] },
    { grid: [28, 28], modes: [14, 14] },
    { grid: [15, 9], modes: [8, 5] },
    { grid: [16], modes: [5] },
    { grid: [7], modes: [3] },
    { grid: [6, 8, 6], modes: [2, 3, 2] },
  ]) {
    test.each([0, 1, 2, 7])(
      `energies of ${channels} channels on ${grid} of ${modes} modes, kept points: %i`,
      (count) => {
        const frequencies = modes.reduce((size, m, axis) => size * (axis === modes.length - 1 ? m : 2 * m - 1), 1);
        const concepts = 5;
        const attributes = {
          ...{ grid, modes },
          ...(count === 0 ? { kind: "rectified" as const } : { kind: "kept" as const, count }),
        };
        const atoms = { eRe: normals(concepts, channels, frequencies), eIm: normals(concepts, channels, frequencies) };
        const energies = (xRe: Tensor, xIm: Tensor) =>
          spectralEnergies({ xRe, xIm, ...atoms, bias }, attributes).energies;
        const bias = normals(concepts);
        for (const batch of [3, 9]) {
          const [xRe, xIm] = [normals(batch, channels, frequencies), normals(batch, channels, frequencies)];
          compare(() => [energies(xRe, xIm)]);
        }
        // A sample's energies do not depend on its place in the batch.
        const same = () => tile(normals(1, channels, frequencies), [9, 1, 1]);
        const [xRe, xIm] = [same(), same()];
        compare(() => {
          const result = energies(xRe, xIm);
          const values = result.dataSync();
          for (let i = 0; i < values.length; i++) expect(values[i]).toBe(values[i % concepts]);
          return [result];
        });
      },
    );
  }
}

for (const { grid, size, channels } of [
  { grid: [64, 64], size: [11, 11], channels: 1 },
  { grid: [61, 40], size: [9, 13], channels: 2 },
  { grid: [200], size: [81], channels: 1 },
  // Of radix 9 with factors, and 2.
  { grid: [162], size: [81], channels: 3 },
  { grid: [9, 14, 20], size: [5, 5, 7], channels: 1 },
]) {
  test.each(["rectified", "preactivation", "kept"] as const)(
    `%s energies of maps of kernels of ${size} on ${grid}, ${channels} channels`,
    (kind) => {
      // With 24, half of the last entry would be empty.
      for (const concepts of [16, 24, 29]) {
        const given = {
          x: normals(2, ...grid, channels),
          kernels: normals(concepts, ...size, channels),
          bias: normals(concepts),
        };
        const chosen = tensor([0, 3, 5, 11, 1, 2, 9, 14], [2, 4], "int32");
        for (const padding of ["circular", "zero"] as const) {
          compare(() => [
            convEnergies(given, { padding, kind, ...(kind === "kept" ? { count: 7 } : {}) }).energies,
            ...Object.values(encodeConvPoints({ ...given, concepts: chosen }, { padding, count: 5 })),
          ]);
        }
      }
    },
  );
}
