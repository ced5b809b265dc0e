import {
  createRandom,
  sizeOf,
  type UnrolledMapsAttributes,
  type UnrolledRowsAttributes,
  unrolledMapsTrace,
  unrolledRowsTrace,
  useBackend,
} from "@saeno/backend";
import { scalar, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { wasmBackend } from "../wasm-backend.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

const random = createRandom(7);
const normals = (shape: readonly number[]): Tensor => tensor(random.normals(sizeOf(shape)), [...shape]);

test.each([
  { grid: [24], modes: [9] },
  { grid: [8, 10], modes: [4, 5] },
])("steps are kept only for a gradient, and codes are the same: $grid", ({ grid, modes }) => {
  const [batch, channels, concepts] = [3, 2, 11];
  const frequencies = modes.length === 1 ? 9 : 35;
  const inputs = {
    xRe: normals([batch, channels, frequencies]),
    xIm: normals([batch, channels, frequencies]),
    dRe: normals([concepts, channels, frequencies]),
    dIm: normals([concepts, channels, frequencies]),
    stepSize: scalar(0.01),
  };
  const attributes: UnrolledMapsAttributes = { grid, modes, iterations: 5, threshold: 0.3, kind: "hard" };
  const kept = unrolledMapsTrace(inputs, attributes);
  const { codes, ...rest } = unrolledMapsTrace(inputs, { ...attributes, traced: false });
  expect(codes.dataSync()).toEqual(kept.codes.dataSync());
  expect(kept.codes.dataSync().some((value) => value !== 0)).toBe(true);
  expect(Object.values(rest).map(({ size }) => size)).toEqual([0, 0, 0, 0, 0]);
});

test("steps of vectors are kept only for a gradient, and codes are the same", () => {
  const inputs = { x: normals([7, 20]), atoms: normals([30, 20]), stepSize: scalar(0.02) };
  // Few concepts and many: those of the first go through steps together.
  for (const threshold of [0.01, 0.2]) {
    const attributes: UnrolledRowsAttributes = { iterations: 6, threshold, kind: "hard" };
    const kept = unrolledRowsTrace(inputs, attributes);
    const { codes, trace } = unrolledRowsTrace(inputs, { ...attributes, traced: false });
    expect(codes.dataSync()).toEqual(kept.codes.dataSync());
    expect([kept.trace.shape[0], trace.size]).toEqual([5, 0]);
  }
});
