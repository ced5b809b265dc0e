import {
  accumulateChosen,
  accumulateRows,
  cpuBackend,
  dotRows,
  register,
  SaenoError,
  separatePoints,
  sizeOf,
  spectralMatMul,
  sumChosen,
  topKRows,
  truncatedAnalysis,
  truncatedSynthesis,
  useBackend,
} from "@saeno/backend";
import { conformanceCases } from "@saeno/backend/conformance";
import { wasmBackend } from "@saeno/backend-wasm";
import {
  add,
  backend,
  cast,
  concat,
  engine,
  env,
  fill,
  greater,
  matMul,
  mean,
  memory,
  mul,
  neg,
  ones,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  tensor,
  tidy,
  transpose,
  zeros,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { webgpuBackend } from "./webgpu-backend.ts";

const availability = await webgpuBackend.available();
if (!availability.available) console.warn(`WebGPU is not tested: ${availability.reason}`);

test("software is passed over by auto, and an adapter that is missing says what to install", async () => {
  register(webgpuBackend);
  register(wasmBackend);
  if (!availability.available) {
    expect(availability.reason).toMatch(/install/);
    await expect(useBackend("webgpu")).rejects.toMatchObject({ code: "backend.unavailable" });
  } else if (availability.software) {
    expect(await useBackend("auto")).toMatchObject({ name: "wasm", reason: expect.stringMatching(/software/) });
  }
});

describe.skipIf(!availability.available)("the webgpu backend", () => {
  beforeAll(async () => {
    await useBackend(webgpuBackend);
  });

  // The whole suite takes minutes on a software adapter: `pnpm conformance --backend webgpu` runs it.
  const some = [
    "SaenoTruncatedAnalysis",
    "SaenoTopKRows",
    "SaenoSeparatePoints",
    "SaenoMapEnergies",
    "SaenoAdamStep",
    "SaenoCorrelateChosen",
    "SaenoAccumulateChosen",
    "SaenoSpectralWeights",
    "SaenoSpectralLocality",
    "SaenoEncodeTopK",
    "SaenoGatherRows",
    "SaenoSpectralMatMul",
    "SaenoMeanSquaredDifference",
    "SaenoScaledDifference",
    "SaenoPassPositive",
    "SaenoSamplePoints",
    "SaenoUnrolledRowsGradient",
  ];
  for (const { contract, name, run } of conformanceCases().filter((each) => some.includes(each.contract))) {
    test(`${contract} agrees with its reference: ${name}`, () => {
      const { forwardDeviation, gradientDeviation, leaks } = run();
      expect(forwardDeviation).toBeLessThan(1e-4);
      expect(gradientDeviation ?? 0).toBeLessThan(1e-4);
      expect(leaks).toBe(0);
    });
  }

  test("values are read at once and in turn, of every type and of nothing", async () => {
    const before = memory().numTensors;
    const given = tidy(() => [
      add(tensor([1, 2, 3]), 1),
      add(tensor([4, 5], [2], "int32"), tensor(1, [], "int32")),
      greater(tensor([1, 3]), 2),
    ]);
    expect(given.map((each) => [...each.dataSync()])).toEqual([
      [2, 3, 4],
      [5, 6],
      [0, 1],
    ]);
    const again = tidy(() => add(tensor([1, 2, 3]), 1));
    expect([...(await again.data())]).toEqual([2, 3, 4]);
    const empty = tidy(() => mul(zeros([0, 3]), 2));
    expect([...empty.dataSync()]).toEqual([]);
    const rows = tidy(() => mul(tensor([1, 2, 3, 4, 5, 6], [3, 2]), 1));
    const [some, part, none] = tidy(() => [slice(rows, 1, 2), slice(rows, [1, 1], [2, 1]), slice(rows, 3, 0)]);
    expect([...some.dataSync()]).toEqual([3, 4, 5, 6]);
    expect([...(await part.data())]).toEqual([4, 6]);
    expect([...(await none.data())]).toEqual([]);
    expect(none.dataSync()).toBeInstanceOf(Float32Array);
    expect(() => slice(rows, 2, 2)).toThrow(/overflow/);
    const joined = tidy(() => mul(concat([zeros([0, 2]), ones([1, 2])]), 3));
    expect([...(await joined.data())]).toEqual([3, 3]);
    for (const each of [...given, again, empty, rows, some, part, none, joined]) each.dispose();
    expect(memory().numTensors).toBe(before);
  });

  test("a read that waits for long leaves no queue for the turns to come", () => {
    const immediates = () => process.getActiveResourcesInfo().filter((kind) => kind === "Immediate").length;
    const a = tensor(noise(600 * 600), [600, 600]);
    const before = immediates();
    tidy(() => matMul(matMul(a, a), matMul(a, a)).dataSync());
    a.dispose();
    expect(immediates() - before).toBeLessThan(8);
  });

  test("reads of one turn come in one copy as far as there is room, and tensors may be disposed of meanwhile", async () => {
    const lengths = [3, 40_000, 5, 20_000, 1];
    const given = tidy(() => lengths.map((length, i) => add(fill([length], i), 0.5)));
    const mapped = vi.spyOn(GPUBuffer.prototype, "mapAsync");
    const reads = given.map((each) => each.data());
    for (const each of given) each.dispose();
    const values = await Promise.all(reads);
    // The two large ones have copies of their own.
    expect(mapped).toHaveBeenCalledTimes(3);
    mapped.mockRestore();
    expect(values.map((each) => [each.length, each[0], each.at(-1)])).toEqual(
      lengths.map((length, i) => [length, i + 0.5, i + 0.5]),
    );
  });

  test("a kernel of invalid WGSL is an error once values are read, not zeros", async () => {
    const program = {
      variableNames: ["A"],
      outputShape: [4],
      workgroupSize: [64, 1, 1],
      dispatchLayout: { x: [0] },
      dispatch: [1, 1, 1],
      shaderKey: "wrong",
      size: true,
      getUserCode: () => "fn main(index : i32) { let nonsense = ; }",
    };
    const x = ones([4]);
    const running = backend() as unknown as { runWebGPUProgram(...given: unknown[]): { dataId: object } };
    const result = running.runWebGPUProgram(program, [x], "float32");
    const error = await engine()
      .backend.read(result.dataId)
      .catch((caught: unknown) => caught);
    expect(SaenoError.isInstance(error) && error.code).toBe("backend.gpu");
    // It is told once; what comes after is computed.
    const next = tidy(() => mul(ones([4]), 2));
    expect([...(await next.data())]).toEqual([2, 2, 2, 2]);
    next.dispose();
    engine().backend.disposeData(result.dataId);
    x.dispose();
  });

  test("a tensor above the limits of the GPU is refused with the limit", () => {
    expect(() => tidy(() => add(zeros([2 ** 15, 2 ** 16]), 1))).toThrow(/lower the batch size/);
  });

  test("integers are transposed", async () => {
    const turned = tidy(() => transpose(tensor([1, 2, 3, 4, 5, 6], [1, 2, 3], "int32"), [0, 2, 1]));
    expect(turned).toMatchObject({ dtype: "int32", shape: [1, 3, 2] });
    expect([...(await turned.data())]).toEqual([1, 4, 2, 5, 3, 6]);
    turned.dispose();
  });

  test("truth values that were cast to floats are floats to our kernels", async () => {
    const before = memory();
    const sums = tidy(() => {
      const concepts = tensor([0, 1, 1], [1, 3], "int32");
      const truths = cast(greater(tensor([1, 2, 3], [1, 3]), 1), "float32");
      return add(
        sumChosen({ values: truths, concepts }, { conceptCount: 2 }).sums,
        sumChosen({ values: tensor([0.5, 0.25, 0.25], [1, 3]), concepts }, { conceptCount: 2 }).sums,
      );
    });
    expect([...(await sums.data())]).toEqual([0.5, 2.5]);
    sums.dispose();
    expect(memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
  });

  test("NaN is refused when what was selected is read, once", async () => {
    const x = tensor([1, Number.NaN, 2], [1, 3]);
    const { indices } = topKRows({ x }, { k: 1 });
    expect(() => indices.dataSync()).toThrow(/NaN/);
    const again = topKRows({ x: ones([1, 3]) }, { k: 1 }).indices;
    expect([...(await again.data())]).toEqual([0]);
    for (const each of [x, indices, again]) each.dispose();
  });

  test("sums and means of many entries, whole and by row", async () => {
    const before = memory().numTensors;
    const values = alternating(3 * 9001);
    const x = tensor(values, [3, 9001]);
    const total = (from: number, to: number) => values.slice(from, to).reduce((a, b) => a + b, 0);
    const rows = [0, 1, 2].map((row) => total(9001 * row, 9001 * (row + 1)));
    const results = tidy(() => [sum(x), sum(x, 1), mean(x), mean(x, [1], true), sum(x, 0)]);
    const [whole, byRow, wholeMean, byRowMean, byColumn] = await Promise.all(
      results.map(async (each) => [...(await each.data())]),
    );
    expect([whole, byRow]).toEqual([[total(0, values.length)], rows]);
    expect(wholeMean?.[0]).toBeCloseTo(total(0, values.length) / values.length, 6);
    expect(results[3]?.shape).toEqual([3, 1]);
    for (const [row, value] of (byRowMean ?? []).entries()) expect(value).toBeCloseTo((rows[row] as number) / 9001, 6);
    expect(byColumn?.[5]).toBe((values[5] ?? 0) + (values[9006] ?? 0) + (values[18007] ?? 0));
    for (const each of [x, ...results]) each.dispose();
    expect(memory().numTensors).toBe(before);
  });

  test("sums and means over the first axes, of few columns and of many, in parts", async () => {
    const before = memory().numTensors;
    const values = alternating(301 * 37);
    const x = tensor(values, [7, 43, 37]);
    const tall = tensor(alternating(9001 * 3), [9001, 3]);
    const columns = (width: number, length: number) =>
      Array.from({ length: width }, (_, column) => {
        const all = alternating(length);
        return all.filter((_, i) => i % width === column).reduce((a, b) => a + b, 0);
      });
    const results = tidy(() => [sum(x, [0, 1]), sum(tall, 0), mean(x, [0, 1], true)]);
    const [byColumn, ofTall, means] = await Promise.all(results.map(async (each) => [...(await each.data())]));
    expect(byColumn).toEqual(columns(37, values.length));
    expect(ofTall).toEqual(columns(3, 9001 * 3));
    expect(results[2]?.shape).toEqual([1, 1, 37]);
    for (const [i, value] of (means ?? []).entries()) expect(value).toBeCloseTo((byColumn?.[i] ?? 0) / 301, 5);
    for (const each of [x, tall, ...results]) each.dispose();
    expect(memory().numTensors).toBe(before);
  });

  test("planes beyond a workgroup's memory, and products of tiles that do not come out even, as on the host", async () => {
    await expectAsOnHost(() => {
      const x = tensor(noise(96 * 128), [1, 96, 128]);
      const { re, im } = truncatedAnalysis({ x }, { modes: [40, 40] });
      const back = truncatedSynthesis({ re, im }, { grid: [96, 128] }).x;
      const [a, b] = [tensor(noise(33 * 3 * 257), [33, 3, 257]), tensor(noise(65 * 3 * 257), [65, 3, 257])];
      const product = spectralMatMul({ aRe: a, aIm: a, bRe: b, bIm: mul(b, 0.5) }, { adjoint: "b" });
      return [re, im, back, product.re, product.im];
    });
  });

  test("products in large tiles and small ones, of lengths that fours divide and others, as on the host", async () => {
    const bools = [false, true];
    await expectAsOnHost(() =>
      [
        [2050, 2048, 12],
        [131, 66, 40],
        [70, 130, 33],
        [68, 132, 41],
      ].flatMap(([m, columns, n]) =>
        bools.flatMap((transposeA) =>
          bools.map((transposeB) => {
            const a = tensor(noise(m * n), transposeA ? [n, m] : [m, n]);
            const b = tensor(noise(columns * n), transposeB ? [columns, n] : [n, columns]);
            return matMul(a, b, transposeA, transposeB);
          }),
        ),
      ),
    );
  });

  test("sums over choices that workgroups share, and over blocks of concepts, as on the host", async () => {
    await expectAsOnHost(() =>
      [
        { batch: 130, chosen: 33, conceptCount: 4099, size: 3 },
        { batch: 300, chosen: 2, conceptCount: 3, size: 1030 },
      ].flatMap(({ batch, chosen, conceptCount, size }) => {
        const concepts = tensor(
          Array.from({ length: batch * chosen }, (_, i) => (i % 7 === 0 ? 5 : i * 613) % conceptCount),
          [batch, chosen],
          "int32",
        );
        const values = tensor(noise(batch * chosen), [batch, chosen]);
        const x = tensor(noise(batch * size), [batch, size]);
        const re = tensor(noise(batch * chosen * size), [batch, chosen, size]);
        const p = reshape(x, [batch, 1, size]);
        const both = accumulateChosen({ pRe: p, pIm: mul(p, 2), qRe: re, qIm: re, concepts }, { conceptCount });
        return [
          accumulateRows({ values, concepts, x }, { conceptCount }).atoms,
          sumChosen({ values, concepts }, { conceptCount }).sums,
          both.re,
          both.im,
        ];
      }),
    );
  });

  test("so many choices that products of all codes cost less, as on the host", async () => {
    const [batch, chosen, conceptCount] = [661, 100, 1009];
    const distinct = (i: number) => (((i % chosen) + Math.floor(i / chosen)) * 613) % conceptCount;
    await expectAsOnHost(() => {
      const concepts = tensor(
        Array.from({ length: batch * chosen }, (_, i) => distinct(i)),
        [batch, chosen],
        "int32",
      );
      const values = tensor(noise(batch * chosen), [batch, chosen]);
      const x = tensor(noise(batch * 9), [batch, 9]);
      return [
        accumulateRows({ values, concepts, x }, { conceptCount }).atoms,
        sumChosen({ values, concepts }, { conceptCount }).sums,
        dotRows({ x, concepts, atoms: tensor(noise(conceptCount * 9), [conceptCount, 9]) }, {}).values,
      ];
    });
  });

  test("sums, differences and products of every broadcast, as on the host", async () => {
    await expectAsOnHost(() => {
      const shapes = [[2, 3, 5], [3, 5], [1, 3, 5], [5], [1, 1, 1], [], [2, 1, 5], [2, 3, 1], [1, 2, 3, 5]];
      const given = shapes.map((shape) => tensor(noise(sizeOf(shape)), shape));
      return given.flatMap((a) => given.flatMap((b) => [add(a, b), sub(a, b), mul(a, b)])).concat(given.map(neg));
    });
  });

  test("more programs than there is room for uniforms are submitted in between", async () => {
    const flag = "WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE";
    const usual = env().getNumber(flag);
    env().set(flag, 10_000);
    try {
      const last = tidy(() => {
        let total: Tensor = tensor([0, 0]);
        const one = tensor([1, 2]);
        for (let i = 0; i < 700; i++) total = add(total, one);
        return total;
      });
      expect([...(await last.data())]).toEqual([700, 1400]);
      last.dispose();
    } finally {
      env().set(flag, usual);
    }
  });

  test("uniforms that are written over hold what was asked for", async () => {
    const filled = Array.from({ length: 5000 }, (_, i) => fill([2], i + 0.5));
    for (const i of [0, 1, 900, 4999]) expect([...(await (filled[i] as Tensor).data())]).toEqual([i + 0.5, i + 0.5]);
    const again = [0, 4999].map((i) => fill([2], i + 0.5));
    expect(await Promise.all(again.map(async (each) => (await each.data())[0]))).toEqual([0.5, 4999.5]);
    for (const each of [...filled, ...again]) each.dispose();
  });

  test("hundreds of points apart, on maps that take several words of a lane, and what the kernel leaves to the composite", async () => {
    const cases = [
      { grid: [91, 95], count: 300, separation: [1, 2] },
      { grid: [1, 91, 95], count: 300, separation: [0, 9, 9] },
      { grid: [2, 2, 3, 3], count: 3, separation: [0, 0, 1, 1] },
    ];
    const found = () =>
      Promise.all(
        cases.map(async (attributes) => {
          const points = sizeOf(attributes.grid);
          const maps = tensor(alternating(points), [1, points]);
          const { positions } = separatePoints({ maps }, attributes);
          const values = [...(await positions.data())];
          for (const each of [maps, positions]) each.dispose();
          return values;
        }),
      );
    const onGpu = await found();
    await useBackend(cpuBackend);
    const onHost = await found();
    await useBackend(webgpuBackend);
    expect(onGpu).toEqual(onHost);
  });

  test("rows of many tiles, and more groups than a dimension of a dispatch takes", async () => {
    const values = alternating(5000);
    const long = tidy(() => topKRows({ x: tensor(values, [1, 5000]) }, { k: 700 }).indices);
    expect([...(await long.data())]).toEqual(
      largestOf(values)
        .slice(0, 700)
        .sort((a, b) => a - b),
    );
    const rows = 85 * 65_536 + 21_847;
    const sums = add(zeros([rows, 3]), [0, 1, 2]);
    expect(sums.size).toBeGreaterThan(256 * 65_536);
    const ends = tidy(() => [slice(reshape(sums, [-1]), 0, 2), slice(reshape(sums, [-1]), sums.size - 2, 2)]);
    expect(await Promise.all(ends.map(async (end) => [...(await end.data())]))).toEqual([
      [0, 1],
      [1, 2],
    ]);
    for (const each of [long, sums, ...ends]) each.dispose();
  });
});

/** That the results of `compute` on the GPU are those of plain JavaScript. */
async function expectAsOnHost(compute: () => Tensor[]): Promise<void> {
  const valuesOf = async () => {
    const results = tidy(compute);
    const values = await Promise.all(results.map(async (each) => Float32Array.from(await each.data())));
    for (const each of results) each.dispose();
    return values;
  };
  const onGpu = await valuesOf();
  await useBackend(cpuBackend);
  const onHost = await valuesOf();
  await useBackend(webgpuBackend);
  for (const [which, values] of onHost.entries()) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const furthest = values.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (onGpu[which]?.[i] ?? Number.NaN))),
      0,
    );
    expect(furthest).toBeLessThanOrEqual(1e-5 * largest);
  }
}

function noise(length: number): Float32Array {
  return Float32Array.from(alternating(length), (value, i) => value / (3 + (i % 5)));
}

/** Few different values, so that many are equal. */
function alternating(length: number): number[] {
  return Array.from({ length }, (_, i) => ((i * 7919) % 23) - 11);
}

/** Indices from the largest value to the smallest; of equal values, the first before the others. */
function largestOf(values: readonly number[]): number[] {
  return values.map((_, i) => i).sort((a, b) => values[b] - values[a] || a - b);
}
