import { convCorrelate, convEnergies, createRandom, type Grid, mapEnergies, sizeOf, useBackend } from "@saeno/backend";
import { abs, add, max, reshape, sub, type Tensor, tensor, transpose } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { wasmBackend } from "../wasm-backend.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

const random = createRandom(5);
const normals = (shape: readonly number[]): Tensor => tensor(random.normals(sizeOf(shape)), [...shape]);

interface Case {
  readonly name: string;
  readonly batch: number;
  readonly grid: Grid;
  readonly size: Grid;
  readonly channels: number;
  readonly concepts: number;
}

/** Sizes at which energies are computed by transforms and maps are not. */
const cases: readonly Case[] = [
  { name: "images", batch: 5, grid: [64, 64], size: [11, 11], channels: 1, concepts: 12 },
  { name: "lengths with factors 2 to 7", batch: 2, grid: [42, 40], size: [13, 9], channels: 3, concepts: 9 },
  { name: "prime lengths", batch: 3, grid: [37, 41], size: [15, 13], channels: 2, concepts: 8 },
  { name: "volumes", batch: 3, grid: [12, 10, 15], size: [7, 5, 7], channels: 1, concepts: 3 },
  { name: "kernels longer than the grid", batch: 2, grid: [6, 70], size: [9, 71], channels: 1, concepts: 4 },
  { name: "more kernels than fit at a time", batch: 1, grid: [64, 64], size: [9, 9], channels: 64, concepts: 72 },
  { name: "more samples than fit at a time", batch: 20, grid: [64, 64], size: [9, 9], channels: 64, concepts: 8 },
];

describe.each(cases)("energies of $name", ({ batch, grid, size, channels, concepts }) => {
  test.each(["circular", "zero"] as const)("are those of the maps, %s", (padding) => {
    const x = normals([batch, ...grid, channels]);
    const kernels = normals([concepts, ...size, channels]);
    const bias = normals([concepts]);
    const maps = add(convCorrelate({ x, kernels }, { padding }).a, bias);
    const rows = reshape(transpose(reshape(maps, [batch, -1, concepts]), [0, 2, 1]), [batch * concepts, -1]);
    for (const kind of ["preactivation", "rectified", "kept"] as const) {
      const attributes = { kind, count: 9 };
      const { energies } = convEnergies({ x, kernels, bias }, { padding, ...attributes });
      const expected = reshape(mapEnergies({ maps: rows }, attributes).energies, [batch, concepts]);
      const scale = max(expected).dataSync()[0];
      expect(max(abs(sub(energies, expected))).dataSync()[0] / scale).toBeLessThan(1e-5);
    }
  });
});
