import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { register, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataset } from "../../components/open-dataset.ts";
import { whiten } from "../../transforms/whiten.ts";
import { nodeDatasetComponents } from "../dataset-components.ts";
import { type ImageFileOptions, imageFile } from "./image-file.ts";

const [height, width] = [6, 8];
const pixels = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 37) % 256);
let folder: string;
let file: string;
let ramp: string;

beforeAll(async () => {
  register(...nodeDatasetComponents);
  await useBackend(wasmBackend);
  folder = await mkdtemp(join(tmpdir(), "saeno-image-"));
  file = join(folder, "colors.png");
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(file);
  // Rises by one a column.
  ramp = join(folder, "ramp.png");
  const rising = Uint8Array.from({ length: 20 * 30 }, (_, i) => i % 30);
  await sharp(rising, { raw: { width: 30, height: 20, channels: 1 } })
    .toColorspace("b-w")
    .toFile(ramp);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(options: ImageFileOptions) {
  const dataset = await imageFile(options);
  return { ...dataset, values: await dataset.read([0]) };
}

test("an image is a sample, in its own size and colors", async () => {
  const { size, grid, channels, values, reading } = await read({ file, color: true });
  expect([size, grid, channels]).toEqual([1, [height, width], 3]);
  expect(values).toEqual(Float32Array.from(pixels, (value) => value / 255));
  expect(reading?.text).toMatch(/^read 1 image of 8 x 6 \(1 png\) from colors.png, uint8, .*, color; uint8 divided/);
  expect((await read({ file })).channels).toBe(1);
});

test("the middle of it is cut out, or as much of it scaled as has the shape of the size", async () => {
  const whole = await read({ file, color: true });
  const cut = await read({ file, color: true, size: [2, 4], fit: "crop" });
  const rows = [2, 3].flatMap((row) => Array.from(whole.values.subarray((row * width + 2) * 3, (row * width + 6) * 3)));
  expect(Array.from(cut.values)).toEqual(rows);
  expect(cut.reading?.notes).toContain("its middle 4 x 2");
  // 30 columns of 20 rows: the 20 columns in the middle, from 5 on, in groups of four.
  const small = await read({ file: ramp, size: [5, 5] });
  const inside = Array.from(small.values.subarray(1, 4), (value) => value * 255);
  for (const [i, value] of inside.entries()) expect(value).toBeCloseTo(5 + 4 * (i + 1) + 1.5, 4);
  // Twice as fine, columns are halves apart.
  const fine = await read({ file: ramp, size: [40, 60] });
  expect((fine.values[121] - fine.values[120]) * 255).toBeCloseTo(0.25, 4);
  expect((fine.values[125] - fine.values[124]) * 255).toBeCloseTo(0.5, 4);
});

test("it is whitened as a whole where it is cut", async () => {
  const { values } = await read({ file, size: [height, 4], fit: "crop", whiten: true });
  const { values: gray } = await read({ file });
  const white = whiten(gray, [height, width, 1]);
  expect(values[0]).toBeCloseTo(white[2], 5);
  expect(values[4]).toBeCloseTo(white[width + 2], 5);
});

test("a model that asks has it in the form of its samples", async () => {
  const of = async (kind: string, options: object = {}) => {
    const like = { sampleShape: [4, 4, 3], data: { kind, ...options } };
    const { all, name } = await openDataset(`image:${file}`, { single: true, like });
    expect(name).toBe(`image:${file}`);
    return { ...all, values: await all.read([0]) };
  };
  const scaled = await of("npy");
  expect([scaled.grid, scaled.channels, scaled.reading?.notes]).toEqual([
    [4, 4],
    3,
    expect.arrayContaining(["scaled to 4 x 4"]),
  ]);
  const cut = await of("images", { directory: "photographs", whiten: false, limit: 4 });
  expect(cut.values).toEqual((await read({ file, color: true, size: [4, 4], fit: "crop" })).values);
  expect((await of("images", { directory: "photographs" })).reading?.text).toContain("color, whitened");
  const other = await openDataset(`image:${file},size=3x5`, {
    single: true,
    like: { sampleShape: [4, 4, 3], data: { kind: "npy" } },
  });
  expect(other.all.grid).toEqual([3, 5]);
});

test("what is wrong is said", async () => {
  await writeFile(join(folder, "text.png"), "not an image");
  await expect(imageFile({ file: join(folder, "none.png") })).rejects.toThrow(/none.png cannot be read/);
  await expect(imageFile({ file: folder })).rejects.toThrow(/is a folder.*images:/);
  await expect(imageFile({ file: join(folder, "text.png") })).rejects.toThrow(/cannot be decoded/);
  await expect(imageFile({ file, size: [9, 4], fit: "crop" })).rejects.toThrow(
    /is 8 x 6, smaller than the 4 x 9 that are to be cut out of it. Scale it instead: image:.*,fit=resize/,
  );
  await expect(openDataset(`image:${file}`)).rejects.toThrow(/has 1 sample, too few for one to train on/);
  await expect(openDataset(file)).rejects.toThrow(/write image:/);
});
