import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createGzip, gzipSync } from "node:zlib";
import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseIdx } from "../index.ts";
import { cachedFlow, mnist, mnistLabels, readBytes } from "../node.ts";
import { testDataset } from "../testing.ts";

let root: string;
beforeAll(async () => {
  await useBackend(wasmBackend);
  root = await mkdtemp(join(tmpdir(), "saeno-mnist-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function folder(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const directory = await mkdtemp(join(root, "folder-"));
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), bytes);
  }
  return directory;
}

/** An IDX file whose values begin with `first` and count up. */
function idx(shape: readonly number[], first = 0, type = 8): Uint8Array {
  const size = shape.reduce((a, b) => a * b, 1);
  const widths: Record<number, number> = { 8: 1, 9: 1, 11: 2, 12: 4, 13: 4, 14: 8 };
  const bytes = new Uint8Array(4 + 4 * shape.length + size * (widths[type] ?? 1));
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, type, shape.length]);
  for (const [axis, n] of shape.entries()) view.setUint32(4 + 4 * axis, n);
  for (let i = 0; i < size; i++) {
    const at = 4 + 4 * shape.length + i * (widths[type] ?? 1);
    const value = first + i;
    if (type === 8 || type === 9) view.setUint8(at, value);
    else if (type === 0x0b) view.setInt16(at, value);
    else if (type === 0x0c) view.setInt32(at, value);
    else if (type === 0x0d) view.setFloat32(at, value);
    else view.setFloat64(at, value);
  }
  return bytes;
}

const images = idx([4, 2, 3]);
const labels = idx([4], 3);

describe("files of MNIST are found by the names that they have", () => {
  test.each<[string, string]>([
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
    ["train-images.idx3-ubyte", "train-labels.idx1-ubyte"],
    ["TRAIN-IMAGES-IDX3-UBYTE", "TRAIN-LABELS-IDX1-UBYTE"],
    ["train-images-idx3-ubyte/train-images-idx3-ubyte", "train-labels-idx1-ubyte/train-labels-idx1-ubyte"],
    ["t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"],
    ["emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte"],
    ["FashionMNIST/raw/train-images-idx3-ubyte", "FashionMNIST/raw/train-labels-idx1-ubyte"],
  ])("%s", async (imageName, labelName) => {
    const dataset = await mnist({ directory: await folder({ [imageName]: images, [labelName]: labels }) });
    expect([dataset.size, dataset.grid, dataset.channels]).toEqual([4, [2, 3], 1]);
    expect(Array.from(dataset.labels?.values ?? [])).toEqual([3, 4, 5, 6]);
    expect(Array.from(await dataset.read([1]))).toEqual([6, 7, 8, 9, 10, 11].map((value) => Math.fround(value / 255)));
    await testDataset({ dataset });
  });

  test("gzipped ones too, and a file of images itself", async () => {
    const directory = await folder({
      "t10k-images.idx3-ubyte.gz": gzipSync(images),
      "t10k-labels-idx1-ubyte.gz": gzipSync(labels),
      "other.idx": images,
    });
    const dataset = await mnist({ directory });
    expect(dataset.reading?.text).toMatch(
      /^read 4 functions on 2 x 3 \(sample, y, x\) from .*t10k-images.idx3-ubyte.gz, uint8, 0 .. 0.0902; divided by 255; with labels 3 .. 6 from t10k-labels-idx1-ubyte.gz$/,
    );
    expect(await mnistLabels({ directory })).toEqual(Uint8Array.of(3, 4, 5, 6));
    expect((await mnist({ directory: join(directory, "t10k-images.idx3-ubyte.gz") })).labels?.values).toHaveLength(4);
    expect((await mnist({ directory: join(directory, "other.idx") })).labels).toBeUndefined();
  });

  test("several data sets are told apart by a piece of the path", async () => {
    const directory = await folder({
      "gzip/emnist-letters-train-images-idx3-ubyte": images,
      "gzip/emnist-digits-train-images-idx3-ubyte": idx([5, 2, 3]),
      "gzip/emnist-digits-test-images-idx3-ubyte": idx([6, 2, 3]),
    });
    await expect(mnist({ directory })).rejects.toThrow(/holds several data sets, such as .*set=emnist-digits/);
    expect((await mnist({ directory, set: "letters" })).size).toBe(4);
    const digits = await mnist({ directory, set: "Digits", part: "test" });
    expect(digits.size).toBe(6);
    expect(digits.reading?.notes).toContain("rows are columns, as EMNIST stores them");
    await expect(mnist({ directory, set: "mnist-x" })).rejects.toThrow(
      /holds none of .* with "mnist-x" in its path.* There are gzip/,
    );
  });

  test("labels of another number are an error", async () => {
    const directory = await folder({ "train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": idx([3]) });
    await expect(mnist({ directory })).rejects.toThrow(/has 4 samples and 3 labels/);
  });
});

describe("IDX", () => {
  test.each([
    [9, "int8"],
    [0x0b, "int16"],
    [0x0c, "int32"],
    [0x0d, "float32"],
    [0x0e, "float64"],
  ])("of the type %i is read as it is", async (type, name) => {
    const bytes = idx([3, 2, 2], -5, type);
    expect(Array.from(parseIdx(bytes, "x", 3).values)).toEqual(Array.from({ length: 12 }, (_, i) => i - 5));
    const dataset = await mnist({ directory: await folder({ "train-images-idx3-ubyte": bytes }) });
    expect(Array.from(await dataset.read([0, 2]))).toEqual([-5, -4, -3, -2, 3, 4, 5, 6]);
    expect(dataset.reading?.type).toBe(name);
  });

  test("an axis without points, another length and an unknown type are refused", async () => {
    expect(() => parseIdx(idx([10, 0, 28]), "x", 3)).toThrow(/it declares 10 x 0 x 28 values, none at all/);
    expect(() => parseIdx(idx([0]), "x", 1)).toThrow(/none at all/);
    const huge = idx([3, 2, 2]);
    new DataView(huge.buffer).setUint32(4, 2 ** 32 - 1);
    expect(() => parseIdx(huge, "x", 3)).toThrow(/declares 4294967295 x 2 x 2 values and has 12/);
    const typed = idx([3, 2, 2]);
    typed[2] = 10;
    expect(() => parseIdx(typed, "x", 3)).toThrow(/begins with the bytes "00 00 0a 03"/);
    const directory = await folder({ "train-images-idx3-ubyte": idx([0, 28, 28]) });
    await expect(mnist({ directory })).rejects.toThrow(/none at all/);
  });
});

describe("gzip", () => {
  test("is unpacked, also what is more than is kept at once, and of several members", async () => {
    const large = new Uint8Array(2 ** 26 + 2 ** 20);
    for (let i = 0; i < large.length; i += 16) large[i] = Math.imul(i, 0x9e3779b1) >>> 24;
    const directory = await folder({
      large: gzipSync(large, { level: 1 }),
      two: Buffer.concat([gzipSync(labels), gzipSync(labels)]),
    });
    const unpacked = await readBytes(join(directory, "large"));
    expect(Buffer.compare(unpacked, large)).toBe(0);
    expect(await readBytes(join(directory, "two"))).toEqual(Uint8Array.from([...labels, ...labels]));
    const [padded, followed] = [new Uint8Array(9), labels].map((rest) => Buffer.concat([gzipSync(labels), rest]));
    const more = await folder({ padded, followed });
    expect(await readBytes(join(more, "padded"))).toEqual(labels);
    await expect(readBytes(join(more, "followed"))).rejects.toThrow(/goes on after its end, at byte \d+, with what is/);
    await expect(readBytes(directory)).rejects.toThrow(/cannot be read/);
  });

  test("that unpacks to far more than it should is refused, in little memory", async () => {
    const directory = await folder({});
    const path = join(directory, "train-images-idx3-ubyte.gz");
    const file = await open(path, "w");
    const gzip = createGzip({ level: 9 });
    const written = (async () => {
      for await (const chunk of gzip) await file.write(chunk);
    })();
    const zeros = new Uint8Array(2 ** 24);
    gzip.write(idx([1]).fill(0));
    for (let i = 0; i < 40; i++) if (!gzip.write(zeros)) await new Promise((resolve) => gzip.once("drain", resolve));
    gzip.end();
    await written;
    await file.close();
    const script = `
      import { mnist } from ${JSON.stringify(new URL("../../dist/node.js", import.meta.url).href)};
      const error = await mnist({ directory: ${JSON.stringify(directory)} }).catch((error) => error);
      console.log(JSON.stringify([error.code, error.message, process.resourceUsage().maxRSS / 1024]));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(stderr).toBe("");
    const [code, message, megabytes] = JSON.parse(stdout);
    expect([code, message]).toEqual(["file.gzip", expect.stringMatching(/unpacks to more than 200 times its size/)]);
    expect(megabytes).toBeLessThan(400);
  });
});

test("a kept flow in which a number was changed is computed anew", async () => {
  const cache = await mkdtemp(join(root, "cache-"));
  const options = { grid: [32, 32], samples: 2, snapshots: 1, interval: 0.02 };
  const first = await (await cachedFlow(options, cache)).read([0, 1]);
  const [name = ""] = await readdir(cache);
  for (const value of [1.5, Number.NaN]) {
    const bytes = await readFile(join(cache, name));
    bytes.writeFloatLE(value, bytes.length - 40);
    await writeFile(join(cache, name), bytes);
    expect(await (await cachedFlow(options, cache)).read([0, 1])).toEqual(first);
  }
  expect(await readdir(cache)).toEqual([name]);
});
