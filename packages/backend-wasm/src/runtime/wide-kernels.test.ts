import { setFlagsFromString } from "node:v8";
import { isMainThread } from "node:worker_threads";
import { createRandom } from "@saeno/backend";
import { expect, test } from "vitest";
import { GROUP_PANELS, PANEL_COLUMNS, PANEL_ROWS } from "../../assembly/layout.ts";
import { wide } from "./__fixtures__/wide.ts";
import { comparedBytes, compileWideKernels, joinsVectors } from "./wide-kernels.ts";

const node = Number.parseInt(process.versions.node, 10);
if (node < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");

const [rows, columns] = [PANEL_ROWS, GROUP_PANELS * PANEL_COLUMNS];
type Kernel = (a: number, b: number, depth: number, c: number, stride: number) => void;

/** A module on a memory of its own, with a left panel, a group of right ones of it, and sums in rows that are further apart than long. */
function started(module: WebAssembly.Module, depth: number) {
  const memory = new WebAssembly.Memory({ initial: 2 });
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<string, Kernel>;
  const [a, b] = [1024, 1024 + 4 * depth * rows];
  const [c, stride] = [b + 4 * depth * columns, 4 * (columns + 4)];
  const half = rows / 2;
  const run = (name: string) => {
    for (const row of [0, half]) kernels[name](a + 4 * row, b, depth, c + row * stride, stride);
  };
  return { memory, kernels, a, b, c, stride, run };
}

test.each([1, 2, 7, 300])("tiles of floats are those in vectors of 128 bits, to the last bit: depth %i", (depth) => {
  const { memory, kernels, a, b, c, stride, run } = started(wide(false), depth);
  const random = createRandom(depth);
  new Float32Array(memory.buffer, a, depth * rows).set(random.normals(depth * rows));
  new Float32Array(memory.buffer, b, depth * columns).set(random.normals(depth * columns));
  const row = (i: number, length: number) =>
    new Float32Array(memory.buffer.slice(c + i * stride, c + i * stride + 4 * length));
  const all = (length: number) => Array.from({ length: rows }, (_, i) => [...row(i, length)]);
  const right = new Float32Array(memory.buffer, b, depth * columns);
  const narrow = new Float32Array(memory.buffer, 65_536, depth * 8);
  narrow.set(Array.from(narrow, (_, i) => right[columns * Math.floor(i / 8) + (i % 8)]));
  kernels.narrowFloatTile(a, narrow.byteOffset, depth, c, stride);
  const expected = all(8);
  run("floatTile");
  const whole = all(columns + 4);
  expect(whole.map((values) => values.slice(0, 8))).toEqual(expected);
  expect(whole.every((values) => values.slice(columns).every((value) => value === 0))).toBe(true);
  expect(whole.every((values) => values.slice(0, columns).every((value) => value !== 0))).toBe(true);
  run("addedFloatTile");
  all(columns).forEach((values, i) => {
    for (const [j, value] of values.entries()) expect(value).toBeCloseTo(2 * whole[i][j], 3);
  });
});

test.each([1, 2, 7, 300])("tiles of integers are exact: depth %i", (depth) => {
  const { memory, a, b, c, stride, run } = started(wide(false), depth);
  const random = createRandom(depth);
  const [left, right] = [
    new Int16Array(memory.buffer, a, 2 * depth * rows),
    new Int16Array(memory.buffer, b, 2 * depth * columns),
  ];
  for (const panel of [left, right]) panel.set(Array.from(panel, () => random.integer(2001) - 1000));
  const found = () =>
    Array.from({ length: rows }, (_, i) => [...new Int32Array(memory.buffer, c + i * stride, columns)]);
  const expected = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => {
      let sum = 0;
      for (let k = 0; k < depth; k++) {
        for (const half of [0, 1]) sum += left[2 * (k * rows + i) + half] * right[2 * (k * columns + j) + half];
      }
      return sum;
    }),
  );
  run("integerTile");
  expect(found()).toEqual(expected);
  run("addedIntegerTile");
  expect(found()).toEqual(expected.map((values) => values.map((value) => 2 * value)));
});

test.skipIf(node < 24 || node > 26 || process.arch !== "x64" || !isMainThread)(
  "this version of Node compiles them (Node 24 to 26 on x64), and times them in the memory that is asked for",
  async () => {
    const module = await compileWideKernels(false);
    const memory = new WebAssembly.Memory({ initial: 2 });
    const bytes = new Uint8Array(memory.buffer);
    bytes.fill(255, 64 + comparedBytes);
    joinsVectors(module as WebAssembly.Module, memory, 64);
    expect(bytes.subarray(64 + comparedBytes).every((byte) => byte === 255)).toBe(true);
  },
);

test("a program that is started with flags for WebAssembly keeps them", async () => {
  const before = process.execArgv;
  process.execArgv = ["--no-liftoff"];
  try {
    expect(await compileWideKernels(false)).toBeUndefined();
  } finally {
    process.execArgv = before;
  }
});
