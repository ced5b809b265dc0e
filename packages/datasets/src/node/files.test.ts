import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createRandom, register, SaenoError, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNpy, openDataset, parseIdx, whiten } from "../index.ts";
import { cachedFlow, imageFolder, mnist, mnistLabels, nodeDatasetComponents } from "../node.ts";
import { testDataset } from "../testing.ts";

let folder: string;
beforeAll(async () => {
  await useBackend(wasmBackend);
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

/** An IDX file of bytes 0, 1, 2, .. */
function idx(shape: readonly number[]): Uint8Array {
  const size = shape.reduce((a, b) => a * b, 1);
  const bytes = new Uint8Array(4 + 4 * shape.length + size);
  bytes.set([0, 0, 8, shape.length]);
  shape.forEach((n, axis) => {
    new DataView(bytes.buffer).setUint32(4 + 4 * axis, n);
  });
  for (let i = 0; i < size; i++) bytes[4 + 4 * shape.length + i] = i;
  return bytes;
}

describe("IDX", () => {
  test("images and labels are read, gzipped or not", async () => {
    await file("t10k-images-idx3-ubyte.gz", gzipSync(idx([3, 2, 4])));
    await file("t10k-labels-idx1-ubyte", idx([3]));
    const dataset = await mnist({ directory: folder });
    expect([dataset.size, dataset.grid, dataset.channels]).toEqual([3, [2, 4], 1]);
    expect((await dataset.read([1]))[0]).toBeCloseTo(8 / 255, 6);
    expect(Array.from(await mnistLabels({ directory: folder }))).toEqual([0, 1, 2]);
  });

  test("a wrong magic number, a cut file, a damaged gzip and an empty folder are told apart", async () => {
    expect(() => parseIdx(new TextEncoder().encode("hello world"), "x", 3)).toThrow(
      /x is not an IDX file of images: it begins with the bytes "68 65 6c 6c"/,
    );
    expect(() => parseIdx(idx([3]), "x", 3)).toThrow(/it has 1 axes, not 3/);
    expect(() => parseIdx(idx([3, 2, 4]).subarray(0, 30), "x", 3)).toThrow(
      /declares 3 x 2 x 4 values and has 14; it is truncated/,
    );
    const broken = await mkdtemp(join(folder, "broken-"));
    await expect(mnist({ directory: broken })).rejects.toThrow(/holds none of train-images-idx3-ubyte/);
    await writeFile(join(broken, "train-images-idx3-ubyte.gz"), gzipSync(idx([3, 2, 4])).subarray(0, 20));
    await expect(mnist({ directory: broken })).rejects.toThrow(/damaged or truncated gzip/);
  });
});

describe("folders of images", () => {
  const image = (width: number, height: number, seed: number) =>
    sharp(
      Buffer.from(
        createRandom(seed)
          .normals(width * height * 3)
          .map((v) => 128 + 40 * v),
      ),
      { raw: { width, height, channels: 3 } },
    )
      .png()
      .toBuffer();

  test("crops come from images by seed, held-out ones from others", async () => {
    const images = await mkdtemp(join(folder, "images-"));
    for (let i = 0; i < 4; i++) {
      const level = Buffer.alloc(40 * 30 * 3, 10 * i);
      await writeFile(
        join(images, `${i}.png`),
        await sharp(level, { raw: { width: 40, height: 30, channels: 3 } })
          .png()
          .toBuffer(),
      );
    }
    const options = { directory: images, crop: 8, count: 30, testCount: 10, seed: 2 };
    const { train, test: held } = await imageFolder(options);
    const levels = async (dataset: typeof train) =>
      new Set(
        Array.from(await dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i)), (v) =>
          Math.round(v * 25.5),
        ),
      );
    expect(await levels(train)).toEqual(new Set([0, 1, 2]));
    expect(await levels(held)).toEqual(new Set([3]));
    expect(Array.from(await (await imageFolder(options)).train.read([5]))).toEqual(Array.from(await train.read([5])));
    expect((await imageFolder({ ...options, color: true })).train.channels).toBe(3);
  });

  test("whitening leaves zero mean and unit variance at odd and even sizes", async () => {
    for (const shape of [
      [31, 24, 1],
      [20, 21, 3],
    ] as [number, number, number][]) {
      const size = shape[0] * shape[1] * shape[2];
      const values = whiten(
        createRandom(1)
          .normals(size)
          .map((v, i) => v + i / 50),
        shape,
      );
      expect(values.reduce((a, b) => a + b, 0) / size).toBeCloseTo(0, 4);
      expect(values.reduce((a, b) => a + b * b, 0) / size).toBeCloseTo(1, 4);
    }
  });

  test("a file that is not an image, an image smaller than a crop, and a folder without images are named", async () => {
    const images = await mkdtemp(join(folder, "bad-images-"));
    await expect(imageFolder({ directory: images })).rejects.toThrow(/holds no images; looked for .jpg/);
    await writeFile(join(images, "a.png"), await image(40, 20, 1));
    await writeFile(join(images, "b.jpg"), "this is text");
    await expect(imageFolder({ directory: images, crop: 8 })).rejects.toThrow(/b.jpg cannot be decoded as an image/);
    await writeFile(join(images, "b.jpg"), await image(40, 40, 2));
    await expect(imageFolder({ directory: images, crop: 30 })).rejects.toThrow(
      /a.png is 40 x 20, smaller than a crop of 30 x 30/,
    );
    await expect(imageFolder({ directory: join(folder, "nowhere") })).rejects.toThrow(SaenoError);
  });
});

test("a simulated flow is kept in a folder, read back, and computed anew when its file is damaged", async () => {
  const cache = await mkdtemp(join(folder, "cache-"));
  const options = { grid: [32, 32], samples: 2, snapshots: 1, interval: 0.02 };
  const first = await (await cachedFlow(options, cache)).read([0, 1]);
  const [name = ""] = await readdir(cache);
  expect(await readdir(cache)).toHaveLength(1);
  expect(Array.from(await (await cachedFlow(options, cache)).read([0, 1]))).toEqual(Array.from(first));
  await writeFile(join(cache, name), "damaged");
  expect(Array.from(await (await cachedFlow(options, cache)).read([0, 1]))).toEqual(Array.from(first));
});

test("what is opened by its shorthand passes the suite of datasets", async () => {
  register(...nodeDatasetComponents);
  const here = await mkdtemp(join(folder, "a, b="));
  await writeFile(join(here, "t10k-images-idx3-ubyte"), idx([9, 5, 4]));
  const values = createRandom(2).normals(9 * 30);
  await writeFile(join(here, "x.npy"), encodeNpy({ shape: [9, 2, 5, 3], values }));
  for (const name of ["a.png", "b.png"]) {
    const noise = Buffer.from(
      createRandom(3)
        .normals(30 * 30)
        .map((v) => 128 + 40 * v),
    );
    await writeFile(
      join(here, name),
      await sharp(noise, { raw: { width: 30, height: 30, channels: 1 } })
        .png()
        .toBuffer(),
    );
  }
  const parts = { limit: 5, test: 4 };
  const reporter = { say() {}, progress: () => ({ update() {}, stop() {} }) };
  for (const [config, shape] of [
    [{ kind: "mnist", directory: here, ...parts }, [5, 4, 1]],
    [{ kind: "npy", file: join(here, "x.npy"), layout: "channels-first", ...parts }, [5, 3, 2]],
    [{ kind: "images", directory: here, crop: 8, color: true, ...parts }, [8, 8, 3]],
    [{ kind: "flow", grid: 32, interval: 0.02, ...parts }, [32, 32, 1]],
  ] as const) {
    const { train, test: held, all, sampleShape } = await openDataset(config, { reporter, cacheDirectory: here });
    expect([train.size, held.size, all.size, sampleShape]).toEqual([5, 4, 9, shape]);
    for (const dataset of [train, held, all]) await testDataset({ dataset });
  }
  expect((await readdir(here)).filter((name) => name.startsWith("flow-"))).toHaveLength(1);
  const two = await openDataset({ kind: "images", directory: here, crop: 8, testData: [`images:${here}`], ...parts });
  expect(two.test.grid).toEqual([8, 8]);
});

const shared = new URL("../../../../../shared/data/", import.meta.url).pathname;
test.skipIf(!existsSync(shared))("real files are read (skipped where ../shared/data is absent)", async () => {
  const digits = await mnist({ directory: `${shared}mnist` });
  expect([digits.size, digits.grid]).toEqual([10000, [28, 28]]);
  const { all } = await openDataset(`npy:${shared}darcy/darcy_test_32_y.npy`);
  expect(all.grid).toEqual([32, 32]);
});
