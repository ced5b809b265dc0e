import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { tensor } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { fromRows, toRows } from "./channels.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

test("every channel becomes a row, and comes back to its place", () => {
  for (const shape of [
    [2, 5, 1],
    [3, 4, 2],
    [2, 3, 2, 3],
    [1, 2, 3, 2, 4],
    [0, 4, 2],
  ]) {
    const size = shape.reduce((product, n) => product * n, 1);
    const x = tensor(createRandom(1).normals(size), shape);
    const channels = shape.at(-1) as number;
    const rows = toRows(x);
    expect(rows.shape).toEqual([shape[0] * channels, ...shape.slice(1, -1)]);
    expect(fromRows(rows, channels).shape).toEqual(shape);
    expect([...fromRows(rows, channels).dataSync()]).toEqual([...x.dataSync()]);
  }
  expect([...toRows(tensor([1, 2, 3, 4, 5, 6], [1, 3, 2])).dataSync()]).toEqual([1, 3, 5, 2, 4, 6]);
});
