import { type Grid, register, SaenoError, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { array, description, number, optional, pipe, strictObject, string } from "valibot";
import { beforeAll, describe, expect, it, test } from "vitest";
import {
  arrayDataset,
  asVectors,
  type DataConfig,
  dataSourceText,
  dataSourceUsage,
  datasetOn,
  defineDataset,
  findDataset,
  openDataset,
  parseDataSource,
  resampleDataset,
  rotateFunctions,
} from "../index.ts";

/** Samples whose values are all their index, on any grid: of a stranger, asynchronous. */
const numbered = defineDataset({
  kind: "numbered",
  summary: "samples whose values are their index",
  schema: strictObject({
    place: pipe(string(), description("where they are")),
    size: optional(number(), 10),
    points: optional(number(), 4),
    channelCount: optional(number(), 1),
    offset: optional(number(), 0),
    labels: optional(array(string())),
  }),
  shorthand: { option: "place", rest: true },
  async open({ size, points, channelCount, offset }) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const values = Float32Array.from(
      { length: size * points * channelCount },
      (_, i) => offset + Math.floor(i / (points * channelCount)),
    );
    return arrayDataset({ name: "numbered", values, shape: [size, points, channelCount] });
  },
});

beforeAll(async () => {
  await useBackend(wasmBackend);
  register(numbered);
});

const firsts = async (source: string | DataConfig) => {
  const { train, test } = await openDataset(source);
  return [await train.read([0, train.size - 1]), await test.read([0, test.size - 1])].map((values) => [
    values[0],
    values.at(-1),
  ]);
};

describe("the shorthand", () => {
  it.each([
    [
      "sparse-functions:16x8,kernel=3,amplitude-std=0.5",
      { kind: "sparse-functions", grid: "16x8", kernel: 3, amplitudeStd: 0.5 },
    ],
    ["sparse-vectors:concepts=20", { kind: "sparse-vectors", concepts: 20 }],
    ["sparse-vectors:16", { kind: "sparse-vectors", n: 16 }],
    ["sparse-vectors:", { kind: "sparse-vectors" }],
    ["flow", { kind: "flow" }],
    ["numbered:a,b=c/d,e", { kind: "numbered", place: "a,b=c/d,e" }],
    ["numbered:C:\\data,x,channel-count=2,size=5", { kind: "numbered", place: "C:\\data,x", channelCount: 2, size: 5 }],
    ["numbered:2024", { kind: "numbered", place: "2024" }],
  ])("%s is read", (text, config) => {
    expect(parseDataSource(text)).toEqual(config);
    expect(parseDataSource(config)).toBe(config);
    expect(parseDataSource(dataSourceText(config))).toEqual(config);
  });

  it.each([
    [
      "sparse-vectors:8,concept=3",
      /has no option "concept"\. Did you mean "concepts"\? .* a name of n, concepts, active, amplitude, amplitude-std/,
    ],
    ["sparse-vectors:8,9", /cannot read "9"\. Write name=value/],
    ["sparse-vectors:8,=3", /has no option ""/],
    ["sparse-vectors:8,concepts=", /concepts: must be a whole number of at least 1; got ""/],
    ["sparse-vectors:8,concepts=many", /concepts: must be a whole number of at least 1; got "many"/],
    ["sparse-vectors:8,concepts=1=2", /got "1=2"/],
    [
      "sparse-functions:8x8x8",
      /grid: must be a number of points, or one for each of 2 axes such as 64x48; got "8x8x8"/,
    ],
    ["numbered", /data "numbered" needs its place: write numbered:PLACE\.$/],
    ["sparse-vector:8", /There is no dataset "sparse-vector"\. Did you mean "sparse-vectors"\?/],
  ])("%s is refused with what would be right", (text, message) => {
    expect(() => parseDataSource(text)).toThrow(message);
    expect(() => parseDataSource(text)).toThrow(SaenoError);
  });

  it("leaves out what is the default", () => {
    const config = { kind: "sparse-functions", grid: [16, 16], channels: 8, kernel: 3 };
    expect(dataSourceText(config)).toBe("sparse-functions:kernel=3");
    expect(dataSourceText({ ...config, grid: [16, 8] })).toBe("sparse-functions:16x8,kernel=3");
    expect(["flow", "sparse-vectors", "numbered"].map((kind) => dataSourceUsage(findDataset(kind)))).toEqual([
      "flow[:GRID,..]",
      "sparse-vectors[:N,..]",
      "numbered:PLACE,..",
    ]);
  });
});

describe("samples to train on and to hold out", () => {
  const data = { kind: "numbered", place: "here", size: 30 };

  it.each([
    [
      {},
      [
        [0, 26],
        [27, 29],
      ],
    ],
    [
      { limit: 20 },
      [
        [0, 19],
        [20, 29],
      ],
    ],
    [
      { test: 10 },
      [
        [0, 19],
        [20, 29],
      ],
    ],
    [
      { limit: 5, test: 2 },
      [
        [0, 4],
        [28, 29],
      ],
    ],
  ])("with %o are the first and the last", async (parts, expected) => {
    expect(await firsts({ ...data, ...parts })).toEqual(expected);
  });

  it.each([
    [
      { limit: 30 },
      /^numbered:here,size=30 has 30 samples, too few for 30 to train on and at least one to hold out\. Lower limit or test/,
    ],
    [{ limit: 20, test: 11 }, /too few for 20 to train on and 11 to hold out/],
    [{ test: 30 }, /too few for at least one to train on and 30 to hold out/],
    [{ size: 1 }, /has 1 sample, too few for one to train on and one to hold out/],
  ])("with %o are refused where there are too few", async (parts, message) => {
    await expect(openDataset({ ...data, ...parts })).rejects.toThrow(message);
  });

  it("come from elsewhere: all of the data is trained on, and the truth on other grids is what is given there", async () => {
    const opened = await openDataset({
      ...data,
      limit: 20,
      testData: [
        "numbered:there,size=4,offset=50",
        { kind: "numbered", place: "fine", size: 4, points: 8, offset: 70 },
      ],
    });
    expect([opened.train.size, opened.all.size, opened.test.size]).toEqual([20, 20, 4]);
    expect((await opened.test.read([1]))[0]).toBe(51);
    expect(await (await datasetOn(opened.test, [8])).read([1])).toEqual(new Float32Array(8).fill(71));
    expect((await (await datasetOn(opened.test, [16])).read([1]))[0]).toBeCloseTo(51, 4);
    const same = await openDataset({ ...data, testData: ["numbered:there"] });
    expect([same.train.size, same.test.size]).toEqual([30, 30]);
  });

  it.each([
    ["numbered:there,points=8", /No test data is on the grid of the training data, 4:/],
    [
      "numbered:there,channel-count=2",
      /Test data numbered:there,channel-count=2 has 2 channels on 1 axes; the training data has 1 on 1/,
    ],
    ["sparse-vectors", /100 channels on 0 axes/],
  ])("from %s are refused where they do not fit", async (other, message) => {
    await expect(openDataset({ ...data, testData: [other] })).rejects.toThrow(message);
    const sizes = ["numbered:there", "numbered:there,points=8,size=3"];
    await expect(openDataset({ ...data, testData: sizes })).rejects.toThrow(/they must be the same samples/);
  });
});

describe("generated data", () => {
  it("has as many samples as are asked for, and another truth for another seed", async () => {
    const open = (seed: number) => openDataset({ kind: "sparse-functions", grid: 8, limit: 30, test: 2 }, { seed });
    const { train, test, all } = await open(3);
    expect([train.size, test.size, all.size]).toEqual([30, 2, 32]);
    expect(train.truth).toBe(test.truth);
    expect(all.truth).toBe(train.truth);
    expect((await open(3)).train.truth).toEqual(train.truth);
    expect((await open(4)).train.truth).not.toEqual(train.truth);
  });

  it("takes its options, and what is left out keeps its default", async () => {
    const { train, sampleShape } = await openDataset("sparse-functions:10x8,channels=2,concepts=4,kernel=3");
    expect([sampleShape, train.truth?.shape]).toEqual([
      [10, 8, 2],
      [4, 3, 3, 2],
    ]);
    expect((await openDataset("sparse-vectors:concepts=20")).train.truth?.shape).toEqual([20, 100]);
  });

  it("is made of its truth", async () => {
    const { train } = await openDataset({
      kind: "sparse-vectors",
      n: 8,
      concepts: 3,
      active: 1,
      amplitude: -4,
      amplitudeStd: 0,
      limit: 30,
      test: 2,
    });
    const atoms = [0, 1, 2].map((k) => train.truth?.values.slice(8 * k, 8 * k + 8) ?? []);
    for (let i = 0; i < train.size; i++) {
      const sample = await train.read([i]);
      const amplitudes = atoms.map((atom) => sample.reduce((sum, value, j) => sum + value * (atom[j] ?? 0), 0));
      expect(Math.min(...amplitudes)).toBeCloseTo(-4, 4);
      expect(Math.hypot(...sample)).toBeCloseTo(4, 4);
    }
  });

  it("is the same flow on every grid, simulated once", async () => {
    const lines: string[] = [];
    const reporter = { say: (line: string) => lines.push(line), progress: () => ({ update() {}, stop() {} }) };
    const { test } = await openDataset({ kind: "flow", grid: 32, limit: 4, test: 2, interval: 0.02 }, { reporter });
    const fine = await (await datasetOn(test, [64, 64])).read([1]);
    const interpolated = await resampleDataset(test, [64, 64]).read([1]);
    expect(Math.max(...fine.map((value, i) => Math.abs(value - interpolated[i])))).toBeLessThan(1e-4);
    expect(lines).toEqual(["flow: 6 snapshots of two-dimensional vorticity on 32 x 32 (computed once)"]);
  });
});

test("functions for a model of vectors are flattened on every grid, and turn as the functions they were", async () => {
  const opened = await openDataset({ kind: "sparse-functions", grid: 8, channels: 2, limit: 8, test: 2 });
  const vectors = asVectors(opened);
  expect([vectors.test.grid, vectors.test.channels, vectors.sampleShape]).toEqual([[], 128, [8, 8, 2]]);
  expect(vectors.test.truth).toBeUndefined();
  const grid: Grid = [12, 12];
  expect(await (await datasetOn(vectors.test, grid)).read([1])).toEqual(
    await (await datasetOn(opened.test, grid)).read([1]),
  );
  expect(await rotateFunctions(vectors.test, 20, vectors.sampleShape).read([1])).toEqual(
    await rotateFunctions(opened.test, 20).read([1]),
  );
  const dense = await openDataset({ kind: "sparse-vectors", n: 5, limit: 3, test: 2 });
  expect(asVectors(dense).train.truth).toBe(dense.train.truth);
});

describe("a stranger's data", () => {
  it("is checked when it is defined and opened", async () => {
    const define = (more: object) => () =>
      defineDataset({
        kind: "bad",
        summary: "bad",
        schema: strictObject({}),
        open: () => arrayDataset({ name: "x", values: new Float32Array(2), shape: [1, 2] }),
        ...more,
      });
    expect(define({ schema: strictObject({ limit: number() }) })).toThrow(/cannot have an option "limit"/);
    expect(define({ shorthand: { option: "file" } })).toThrow(/shorthand for "file", which is not among its options/);
    expect(define({ open: undefined })).toThrow(/needs a function open/);
    register(define({ open: async () => ({ name: "x", size: 3, grid: [4], read: async () => new Float32Array() }) })());
    await expect(openDataset("bad")).rejects.toThrow(/Data "bad" did not open as a dataset: size, channels/);
  });
});
