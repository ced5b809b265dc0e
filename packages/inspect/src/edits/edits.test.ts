import { type Codes, disposeCodes, toDense } from "@saeno/activations";
import { createRandom, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import { arrayDataset, datasetOn } from "@saeno/datasets";
import { resample } from "@saeno/fft";
import { errors, evaluate, interpolatedError } from "@saeno/metrics";
import { memory, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeOn } from "./decode-on.ts";
import { type CodeEdit, editCodes } from "./edit-codes.ts";

const grid = [16, 16];
const shared = { channels: 2, concepts: 6, active: 3, seed: 1 } as const;
const domain = { density: 0.05 } as const;

beforeAll(() => useBackend(wasmBackend));

function noise(shape: readonly number[]): Tensor {
  return tensor(createRandom(4).normals(sizeOf(shape)), [...shape]);
}

/** What decoding gives, and the codes, as numbers. */
function decoded(model: SparseAutoencoder, codes: Codes): Float32Array {
  const output = model.decode(codes, codes.kind === "sparse" && codes.grid.length > 0 ? codes.grid : undefined);
  const values = output.dataSync<"float32">().slice();
  output.dispose();
  return values;
}

function dense(codes: Codes): Float32Array {
  const values = toDense(codes);
  const read = values.dataSync<"float32">().slice();
  values.dispose();
  return read;
}

function expectClose(a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-5): void {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  expect(worst).toBeLessThan(tolerance);
}

describe.each([
  ["shallow", () => saeFno({ ...shared, modes: [6, 6], domain })],
  [
    "lifted and normalized",
    () => saeFno({ ...shared, modes: [6, 6], domain, lifting: { lifted: 4 }, normalized: true }),
  ],
  [
    "pursued",
    () =>
      saeFno({
        ...shared,
        modes: [6, 6],
        encoder: { kind: "matching-pursuit", steps: 3 },
        activation: { kind: "map-sparsity", active: 1, count: 2, conceptRule: "topk", domainRule: "topk" },
      }),
  ],
  [
    "unrolled",
    () =>
      saeFno({
        ...shared,
        modes: [6, 6],
        encoder: { kind: "unrolled", iterations: 3 },
        activation: { kind: "hard-threshold", threshold: 0.5 },
      }),
  ],
  ["convolutional", () => saeCnn({ ...shared, kernel: [3, 3], domain })],
] as const)("edits of maps, %s", (_, make) => {
  let model: SparseAutoencoder;
  let codes: Codes;
  const concept = () => {
    const values = dense(codes);
    return Array.from({ length: 6 }, (_, k) => k).find((k) => values.some((v, i) => v !== 0 && i % 6 === k)) ?? 0;
  };
  const edited = async (...edits: CodeEdit[]) => {
    const after = await editCodes(codes, edits);
    expect(after.kind).toBe(codes.kind);
    const result = { dense: dense(after), decoded: decoded(model, after) };
    disposeCodes(after);
    return result;
  };
  beforeAll(() => {
    model = make();
    if (model.isNormalized) model.setNormalization({ mean: [0.1, -0.2], scale: [2, 0.5] });
    const x = noise([3, ...grid, 2]);
    codes = model.encode(x);
    x.dispose();
  });
  afterAll(() => {
    disposeCodes(codes);
    model.dispose();
  });

  test("nothing changed is nothing changed", async () => {
    const same = await edited();
    expect(same.dense).toEqual(dense(codes));
    expectClose(same.decoded, decoded(model, codes));
  });

  test("what one concept adds is moved by exactly as many points as the concept is", async () => {
    const k = concept();
    const [without, before, after] = [
      await edited({ kind: "remove", concepts: [k] }),
      decoded(model, codes),
      await edited({ kind: "move", concept: k, by: [8, -3] }),
    ];
    const [here, there] = [before, after.decoded].map((all) => all.map((value, i) => value - without.decoded[i]));
    const wanted = Float32Array.from(there, (_, i) => {
      const [b, y, x, c] = [Math.floor(i / 512), Math.floor(i / 32) % 16, Math.floor(i / 2) % 16, i % 2];
      return here[((b * 16 + ((y + 8) % 16)) * 16 + ((x + 3) % 16)) * 2 + c];
    });
    expectClose(there, wanted, 3e-5);
    expect(Math.max(...there.map(Math.abs))).toBeGreaterThan(0.01);
    // The codes themselves move without rounding.
    const source = dense(codes);
    after.dense.forEach((value, i) => {
      const [b, y, x, c] = [Math.floor(i / 1536), Math.floor(i / 96) % 16, Math.floor(i / 6) % 16, i % 6];
      const from = c === k ? ((b * 16 + ((y + 8) % 16)) * 16 + ((x + 3) % 16)) * 6 + c : i;
      expect(value).toBe(source[from]);
    });
  });

  test("scaled, kept, exchanged, cut and painted", async () => {
    const k = concept();
    const other = (k + 1) % 6;
    const source = dense(codes);
    const expectEdited = async (edit: CodeEdit, wanted: (value: number, i: number) => number) =>
      expect((await edited(edit)).dense).toEqual(source.map(wanted));
    await expectEdited({ kind: "scale", concept: k, factor: -2 }, (v, i) => (i % 6 === k && v !== 0 ? -2 * v : v));
    await expectEdited({ kind: "keep", concepts: [k] }, (v, i) => (i % 6 === k ? v : 0));
    await expectEdited({ kind: "exchange", concepts: [k, other] }, (v, i) =>
      i % 6 === k ? source[i - k + other] : i % 6 === other ? source[i - other + k] : v,
    );
    await expectEdited({ kind: "threshold", least: 0.3 }, (v) => (Math.abs(v) <= Math.fround(0.3) ? 0 : v));
    await expectEdited({ kind: "paint", concept: other, at: [[2, 5], 7], value: 1.5, samples: [1] }, (v, i) =>
      [(256 + 37) * 6 + other, (256 + 7) * 6 + other].includes(i) ? v + 1.5 : v,
    );
  });

  test("what is wrong is said", async () => {
    const refused = (edit: CodeEdit) => expect(editCodes(codes, [edit])).rejects;
    await refused({ kind: "scale", concept: 6, factor: 1 }).toThrow(
      /There is no concept 6: these codes have 6 concepts, 0 to 5/,
    );
    await refused({ kind: "move", concept: 0, by: [1] }).toThrow(/takes 2 numbers/);
    await refused({ kind: "paint", concept: 0, at: [[16, 0]], value: 1 }).toThrow(/16, 0 is not on the grid 16 x 16/);
    await refused({ kind: "remove", concepts: [0], samples: [3] }).toThrow(/Sample 3 is not there/);
    if (codes.kind === "sparse") await refused({ kind: "move", concept: 0, by: [0.5, 0] }).toThrow(/whole points/);
    expect(() => decodeOn(model, codes, [16])).toThrow(/axes|axis/);
  });

  test("decoded on its own grid it is what the model decodes", () => {
    const output = decodeOn(model, codes, grid);
    expectClose(output.dataSync(), decoded(model, codes), 1e-7);
    output.dispose();
  });
});

test("half a point twice is a point, for what the model sees of a map", async () => {
  const model = saeFno({ ...shared, modes: [6, 6], domain });
  const x = noise([2, ...grid, 2]);
  const sparse = model.encode(x);
  const codes: Codes = { kind: "dense", values: toDense(sparse) };
  const twice = await editCodes(codes, [
    { kind: "move", concept: 2, by: [0.5, 0.25] },
    { kind: "move", concept: 2, by: [0.5, 0.75] },
  ]);
  const once = await editCodes(codes, [{ kind: "move", concept: 2, by: [1, 1] }]);
  expectClose(decoded(model, twice), decoded(model, once), 1e-5);
  for (const each of [sparse, codes, twice, once]) disposeCodes(each);
  model.dispose();
  x.dispose();
});

describe("decoding on other grids", () => {
  const data = () => arrayDataset({ name: "noise", shape: [4, ...grid, 2], values: createRandom(5).normals(4 * 512) });

  test.each([
    ["sparse", {}],
    ["dense", { activation: { kind: "relu" } }],
    ["lifted", { lifting: { lifted: 4 } }],
  ] as const)("a spectral model gives one function on every grid: %s codes", (_, options) => {
    const model = saeFno({ ...shared, modes: [6, 6], domain, ...options });
    const x = noise([3, ...grid, 2]);
    const codes = model.encode(x);
    const before = memory().numTensors;
    for (const other of [
      [64, 64],
      [32, 48],
      [24, 20],
      [11, 13],
    ]) {
      const [found, wanted] = tidy(() => [
        decodeOn(model, codes, other).dataSync().slice(),
        resample(model.decode(codes, grid), { grid: other }).dataSync().slice(),
      ]);
      expectClose(found, wanted, 2e-5);
    }
    expect(memory().numTensors).toBe(before);
    disposeCodes(codes);
    x.dispose();
    model.dispose();
  });

  test("four times the grid agrees with the resolution sweep", async () => {
    const model = saeFno({ ...shared, modes: [6, 6], domain: { count: 13 } });
    const dataset = data();
    const fine = await datasetOn(dataset, [64, 64]);
    const { interpolatedError: swept } = await evaluate(model, dataset, { metrics: [interpolatedError(fine)] });
    const { relativeError: encodedThere } = await evaluate(model, fine, { metrics: [errors()] });
    const [x, truth] = [tensor(await dataset.read([0, 1, 2, 3]), [4, ...grid, 2]), await fine.read([0, 1, 2, 3])];
    const codes = model.encode(x);
    const output = decodeOn(model, codes, [64, 64]).dataSync<"float32">();
    let [error, all] = [0, 0];
    output.forEach((value, i) => {
      error += (value - truth[i]) ** 2;
      all += truth[i] ** 2;
    });
    const found = Math.sqrt(error / all);
    expect(found).toBeCloseTo(swept, 5);
    expect(Math.abs(found / encodedThere - 1)).toBeLessThan(0.05);
    model.dispose();
  });

  test("vectors have no grid", () => {
    const model = saeMlp({ inputs: 12, concepts: 5, active: 2 });
    const x = noise([2, 12]);
    const codes = model.encode(x);
    expect(() => decodeOn(model, codes, [4])).toThrow(/have no grid/);
    expectClose(decodeOn(model, codes, []).dataSync(), decoded(model, codes), 1e-7);
    const other = saeMlp({ inputs: 12, concepts: 6, active: 2 });
    expect(() => decodeOn(other, codes, [])).toThrow(/codes of 5 concepts; the model has 6/);
  });
});

test("scalar codes: what needs maps is refused, the rest works", async () => {
  const model = saeMlp({ inputs: 12, concepts: 5, active: 2 });
  const x = noise([2, 12]);
  const codes = model.encode(x);
  await expect(editCodes(codes, [{ kind: "move", concept: 1, by: [1] }])).rejects.toThrow(/numbers without a place/);
  await expect(editCodes(codes, [{ kind: "paint", concept: 1, at: [1], value: 1 }])).rejects.toThrow(
    /Leave the points out/,
  );
  const painted = await editCodes(codes, [{ kind: "paint", concept: 1, value: 2 }]);
  const [before, after] = [dense(codes), dense(painted)];
  expect(after).toEqual(before.map((value, i) => (i % 5 === 1 ? value + 2 : value)));
});
