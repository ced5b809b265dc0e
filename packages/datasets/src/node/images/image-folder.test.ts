import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { deflateSync } from "node:zlib";
import { createRandom, SaenoError, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Dataset } from "../../dataset.ts";
import { testDataset } from "../../testing.ts";
import { encodeBmp, encodeTiff } from "./__fixtures__/encode-images.ts";
import { type ImageFolderOptions, imageFolder } from "./image-folder.ts";

let root: string;
beforeAll(async () => {
  await useBackend(wasmBackend);
  root = await mkdtemp(join(tmpdir(), "saeno-images-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Bytes = Uint8Array | string;

/** A folder of files by their names below it. */
async function folder(files: Readonly<Record<string, Bytes>>): Promise<string> {
  const directory = await mkdtemp(join(root, "folder-"));
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(directory, name);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, bytes);
  }
  return directory;
}

const [height, width] = [6, 5];
const points = height * width;
const ramp = (count: number, step: number, mod: number) => Array.from({ length: count }, (_, i) => (i * step) % mod);
const gray8 = Uint8Array.from(ramp(points, 37, 256));

function png(values: Uint8Array | Uint16Array, channels: 1 | 2 | 3 | 4, size = { width, height }): Promise<Buffer> {
  const isWide = values instanceof Uint16Array;
  const image = sharp(values, { raw: { ...size, channels } });
  if (!isWide)
    return image
      .toColorspace(channels < 3 ? "b-w" : "srgb")
      .png()
      .toBuffer();
  return image
    .toColorspace(channels < 3 ? "grey16" : "rgb16")
    .png()
    .toBuffer();
}

/** All of one image: a crop as large as it. */
async function whole(bytes: Bytes, name: string, options: Partial<ImageFolderOptions> = {}) {
  const directory = await folder({ [`0-${name}`]: bytes, [`1-${name}`]: bytes });
  const { train } = await imageFolder({ directory, crop: 5, count: 200, testCount: 1, ...options });
  return { ...reading(train), values: await wholeOf(train, options.crop ?? 5) };
}

function reading({ reading: read }: Dataset) {
  if (read === undefined) throw new Error("no reading");
  return read;
}

/** The rows of an image that is one crop wide and one row higher, from its two crops. */
async function wholeOf(train: Dataset, side: number): Promise<number[]> {
  const samples = new Map<string, number[]>();
  for (let i = 0; i < train.size; i++) {
    const sample = Array.from(await train.read([i]));
    samples.set(sample.join(), sample);
  }
  const row = side * train.channels;
  const found = [...samples.values()];
  for (const upper of found) {
    for (const lower of found) {
      if (upper.slice(row).join() === lower.slice(0, -row).join() && (upper !== lower || found.length === 1)) {
        return [...upper, ...lower.slice(-row)];
      }
    }
  }
  throw new Error(`${found.length} different crops`);
}

const float32 = (values: ArrayLike<number>, scale = 1) => Array.from(values, (value) => Math.fround(value / scale));

describe("numbers of files are kept", () => {
  const gray16 = Uint16Array.from(ramp(points, 2011, 65536));
  const color8 = Uint8Array.from(ramp(3 * points, 41, 256));
  const color16 = Uint16Array.from(ramp(3 * points, 2503, 65536));
  const integers = Array.from({ length: points }, (_, i) => 5000 - 7001 * i);
  const floats = createRandom(3)
    .normals(points)
    .map((value) => 100 * value);
  const page = { width, height };

  test.each<[string, () => Bytes | Promise<Bytes>, string, ArrayLike<number>, number, string]>([
    ["8-bit gray PNG", () => png(gray8, 1), "a.png", gray8, 255, "uint8"],
    ["16-bit gray PNG", () => png(gray16, 1), "a.png", gray16, 65535, "uint16"],
    ["8-bit TIFF", () => encodeTiff([{ ...page, values: gray8 }]), "a.tif", gray8, 255, "uint8"],
    ["16-bit TIFF", () => encodeTiff([{ ...page, values: gray16 }]), "a.tif", gray16, 65535, "uint16"],
    ["float TIFF beyond 0 .. 1", () => encodeTiff([{ ...page, values: floats }]), "a.tif", floats, 1, "float32"],
    [
      "32-bit integers",
      () => encodeTiff([{ ...page, values: Int32Array.from(integers) }]),
      "a.tif",
      integers,
      1,
      "int32",
    ],
    [
      "white is zero",
      () => encodeTiff([{ ...page, values: gray8, photometric: 0 }]),
      "a.tif",
      gray8.map((value) => 255 - value),
      255,
      "uint8",
    ],
    ["gray bitmap", () => grayBitmap(), "a.bmp", gray8, 255, "uint8"],
    ["PNG called .dat", () => png(gray8, 1), "a.dat", gray8, 255, "uint8"],
    ["TIFF called .jpg", () => encodeTiff([{ ...page, values: gray8 }]), "a.jpg", gray8, 255, "uint8"],
  ])("%s", async (_, bytes, name, values, scale, type) => {
    const read = await whole(await bytes(), name);
    expect(read.values).toEqual(float32(values, scale));
    expect(read.type).toBe(type);
    expect(read.text).toMatch(new RegExp(`^read 2 images of 5 x 6 \\(2 \\w+\\) from folder-\\w+, ${type}, .* gray`));
  });

  function grayBitmap(): Uint8Array {
    const rows = Array.from({ length: height }, (_, row) => Array.from(gray8.subarray(row * width, (row + 1) * width)));
    const pixels = rows.reverse().flatMap((row) => [...row, 0, 0, 0]);
    return encodeBmp({
      width,
      height,
      bits: 8,
      tables: Array.from({ length: 256 }, (_, i) => [i, i, i, 0]).flat(),
      pixels,
    });
  }

  test.each<[string, () => Bytes | Promise<Bytes>, string, ArrayLike<number>, number]>([
    ["8-bit color", () => png(color8, 3), "a.png", color8, 255],
    ["16-bit color", () => png(color16, 3), "a.png", color16, 65535],
    [
      "16-bit color TIFF",
      () => encodeTiff([{ ...page, values: color16, samples: 3, photometric: 2 }]),
      "a.tif",
      color16,
      65535,
    ],
    ["gray, repeated", () => png(gray8, 1), "a.png", Array.from(gray8).flatMap((value) => [value, value, value]), 255],
  ])("%s in three channels", async (_, bytes, name, values, scale) => {
    expect((await whole(await bytes(), name, { color: true })).values).toEqual(float32(values, scale));
  });

  test("12-bit values in 16 bits keep their 1,024 grays, and the reading says that they are few", async () => {
    const values = Uint16Array.from({ length: 1024 }, (_, i) => 4 * i);
    const directory = await folder({
      "0.png": await png(values, 1, { width: 32, height: 32 }),
      "1.png": await png(values, 1, { width: 32, height: 32 }),
    });
    const { train } = await imageFolder({ directory, crop: 32, count: 1, testCount: 1 });
    expect(Array.from(await train.read([0]))).toEqual(float32(values, 65535));
    expect(new Set(await train.read([0])).size).toBe(1024);
    expect(reading(train).notes).toContain("16-bit values up to 4092 only (12 bits)");
    expect(reading(train).range[1]).toBeCloseTo(4092 / 65535, 7);
  });

  test("1 bit, palettes and CMYK are expanded, and said", async () => {
    const bits = Uint8Array.from(gray8, (value) => (value > 99 ? 255 : 0));
    const oneBit = await sharp(bits, { raw: { width, height, channels: 1 } })
      .toColorspace("b-w")
      .png({ palette: true, colors: 2 })
      .toBuffer();
    expect((await whole(oneBit, "a.png")).values).toEqual(float32(bits, 255));
    const few = Uint8Array.from(ramp(points, 1, 4));
    const palette = Array.from({ length: 256 * 3 }, (_, i) => ((i * 31) % 256) * 257);
    const indexed = encodeTiff([{ ...page, values: few, photometric: 3, palette }]);
    const read = await whole(indexed, "a.tif", { color: true });
    expect(read.values).toEqual(
      float32(
        Array.from(few).flatMap((index) => [0, 1, 2].map((channel) => palette[channel * 256 + index] / 257)),
        255,
      ),
    );
    expect(read.notes).toContain("2 images with a palette");
    const cmyk = encodeTiff([
      { ...page, values: Uint8Array.from(ramp(4 * points, 53, 256)), samples: 4, photometric: 5 },
    ]);
    expect((await whole(cmyk, "a.tif", { color: true })).notes).toContain("2 images converted from CMYK");
  });

  test.each<[string, Parameters<typeof encodeTiff>[0][number], RegExp]>([
    [
      "64-bit floats",
      { ...page, values: Float64Array.from(floats) },
      /holds floats of 64 bits\. .*astype\("float32"\)/,
    ],
    ["16-bit signed integers", { ...page, values: new Int16Array(points) }, /holds integers of 16 bits/],
    ["7 channels", { ...page, values: new Uint8Array(7 * points), samples: 7 }, /holds 7 channels/],
    [
      "NaN",
      { ...page, values: floats.map((v, i) => (i === 7 ? Number.NaN : v)) },
      /0-a.tif holds NaN in row 1, column 2/,
    ],
  ])("%s are refused by name", async (_, values, message) => {
    await expect(whole(encodeTiff([values]), "a.tif")).rejects.toThrow(message);
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])("the orientation %i is turned upright", async (orientation) => {
  // The place in the file of each point of an upright image.
  const [h, w] = orientation >= 5 ? [width, height] : [height, width];
  const places: Record<number, (row: number, column: number) => [number, number]> = {
    1: (r, c) => [r, c],
    2: (r, c) => [r, w - 1 - c],
    3: (r, c) => [h - 1 - r, w - 1 - c],
    4: (r, c) => [h - 1 - r, c],
    5: (r, c) => [c, r],
    6: (r, c) => [h - 1 - c, r],
    7: (r, c) => [h - 1 - c, w - 1 - r],
    8: (r, c) => [c, w - 1 - r],
  };
  const stored = new Uint8Array(points);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const [row, column] = places[orientation](r, c);
      stored[row * w + column] = gray8[r * width + c];
    }
  }
  const raw = { raw: { width: w, height: h, channels: 1 as const } };
  const files = {
    "a.png": await sharp(stored, raw).toColorspace("b-w").withMetadata({ orientation }).png().toBuffer(),
    "a.webp": await sharp(stored, raw).withMetadata({ orientation }).webp({ lossless: true }).toBuffer(),
    "a.tif": encodeTiff([{ width: w, height: h, values: stored, orientation }]),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const read = await whole(bytes, name);
    expect(read.values).toEqual(float32(gray8, 255));
    expect(read.notes.includes("2 images turned upright (EXIF)")).toBe(orientation > 1);
  }
});

describe("transparency", () => {
  const alpha = Uint8Array.from({ length: points * 2 }, (_, i) => (i % 2 === 0 ? gray8[i / 2] : (i * 9) % 256));
  const over = (under: number) =>
    float32(
      Array.from(gray8, (value, i) => {
        const share = alpha[2 * i + 1] / 255;
        return Math.round(share * value + (1 - share) * under);
      }),
      255,
    );

  test("lies over the background that is given, white otherwise, and the reading says so", async () => {
    const bytes = await png(alpha, 2);
    const read = await whole(bytes, "a.png");
    expect(read.values).toEqual(over(255));
    expect(read.text).toMatch(/2 images with transparent points over white/);
    expect((await whole(bytes, "a.png", { background: "black" })).values).toEqual(over(0));
    const wide = await png(
      Uint16Array.from(alpha, (value) => 257 * value),
      2,
    );
    const black = (await whole(wide, "a.png", { background: "#000000" })).values;
    expect(Math.max(...black.map((value, i) => Math.abs(value - over(0)[i])))).toBeLessThan(1 / 255);
    await expect(whole(bytes, "a.png", { background: "pink" })).rejects.toThrow(
      /white, black, gray or #rrggbb; got "pink"/,
    );
  });

  test("that is nowhere changes nothing", async () => {
    const opaque = Uint8Array.from(alpha, (value, i) => (i % 2 === 0 ? value : 255));
    const read = await whole(await png(opaque, 2), "a.png");
    expect(read.values).toEqual(float32(gray8, 255));
    expect(read.text).not.toMatch(/transparent/);
  });
});

describe("pages are images", () => {
  const level = (value: number) => new Uint8Array(64).fill(value);
  const stack = (values: readonly number[]) =>
    encodeTiff(values.map((value) => ({ width: 8, height: 8, values: level(value) })));
  const levels = async (dataset: Dataset) => {
    const all = await dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i));
    return [...new Set(Array.from(all, (value) => Math.round(255 * value)))].sort((a, b) => a - b);
  };
  const options = { crop: 8, count: 200, testCount: 100 };

  test("of stacks, those of other files held out; of a single stack, the last", async () => {
    const directory = await folder({ "a.tif": stack([1, 2, 3]), "b.tif": stack([4, 5, 6, 7]) });
    const { train, test: held } = await imageFolder({ directory, ...options });
    expect([await levels(train), await levels(held)]).toEqual([
      [1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect(reading(train).text).toMatch(/^read 7 images of 8 x 8 \(pages of 2 tiff\)/);
    const one = await imageFolder({ directory: join(directory, "b.tif"), ...options });
    expect([await levels(one.train), await levels(one.test)]).toEqual([[4, 5, 6], [7]]);
  });

  test("of other sizes and types too; smaller versions of a page are not", async () => {
    const mixed = encodeTiff([
      { width: 8, height: 8, values: level(9) },
      { width: 4, height: 4, values: new Uint8Array(16).fill(99), subfile: 1 },
      { width: 8, height: 9, values: new Uint16Array(72).fill(257 * 20) },
    ]);
    const directory = await folder({ "a.tif": mixed, "b.tif": mixed });
    const { train } = await imageFolder({ directory, ...options });
    expect(await levels(train)).toEqual([9, 20]);
    expect(reading(train)).toMatchObject({ type: "uint8 and uint16" });
    expect(reading(train).text).toMatch(/with smaller versions or masks left out/);
  });

  test("of animations", async () => {
    const frames = Uint8Array.from([10, 100, 200].flatMap((value) => Array.from({ length: 192 }, () => value)));
    for (const format of ["gif", "webp"] as const) {
      const raw = { width: 8, height: 24, channels: 3 as const, pageHeight: 8 };
      const bytes = await sharp(frames, { raw }).toFormat(format, { lossless: true }).toBuffer();
      const directory = await folder({ [`0.${format}`]: bytes, [`1.${format}`]: bytes });
      const { train } = await imageFolder({ directory, ...options });
      expect(await levels(train)).toEqual([10, 100, 200]);
      expect(reading(train).notes).toContain("6 images as frames of animations");
    }
  });
});

describe("folders", () => {
  const image = (value: number) =>
    png(
      new Uint8Array(64).map((_, i) => (value + i) % 256),
      1,
      { width: 8, height: 8 },
    );
  const options = { crop: 8, count: 60, testCount: 20 };

  test("are searched, those at the top are classes, each with its share held out, and links may go in circles", async () => {
    const files: Record<string, Bytes> = {};
    for (let i = 0; i < 5; i++) {
      files[`data/cats/${i}.png`] = await image(i);
      files[`data/dogs/deep/${i}.png`] = await image(100 + i);
    }
    const directory = await folder(files);
    await symlink(directory, join(directory, "data", "dogs", "again"));
    await symlink(join(directory, "nowhere"), join(directory, "data", "gone.png"));
    const { train, test: held } = await imageFolder({ directory, ...options });
    expect(train.labels?.names).toEqual(["cats", "dogs"]);
    for (const [dataset, last] of [
      [train, [0, 1, 2, 3]],
      [held, [4]],
    ] as const) {
      const seen = new Set<string>();
      for (let i = 0; i < dataset.size; i++) {
        const first = Math.round(255 * (await dataset.read([i]))[0]);
        seen.add(`${dataset.labels?.values[i]}:${first}`);
      }
      expect([...seen].sort()).toEqual([...last.map((i) => `0:${i}`), ...last.map((i) => `1:${100 + i}`)].sort());
    }
    expect(reading(train).notes).toEqual(
      expect.arrayContaining([
        "2 classes as labels (cats, dogs)",
        "1 broken link skipped",
        "1 link to folders that were searched already skipped",
      ]),
    );
    await testDataset({ dataset: train });
  });

  test("that are parts of a split are warned of", async () => {
    const directory = await folder({ "train/a.png": await image(1), "test/b.png": await image(2) });
    const { train } = await imageFolder({ directory, ...options });
    expect(reading(train).warnings.join()).toMatch(/The folders train and test look like a split.*--test-data images:/);
  });

  test("hold other things, which are counted and named; what systems leave there is skipped", async () => {
    const directory = await folder({
      "0.png": await image(0),
      "1.png": await image(1),
      "._0.png": "Mac OS X",
      ".DS_Store": "x",
      "__MACOSX/2.png": "x",
      "Thumbs.db": "x",
      "notes.txt": "about",
      README: "about",
      "phone.heic": "x",
      "drawing.svg": "<svg/>",
      "photo.bin": await image(2),
    });
    const { train } = await imageFolder({ directory, ...options });
    expect(reading(train).text).toMatch(/^read 3 images/);
    expect(reading(train).notes).toEqual(
      expect.arrayContaining([
        "4 hidden files skipped",
        "2 other files left out (1 without an extension, 1 .txt)",
        "2 images left out (1 .svg, 1 .heic)",
        `1 file read by content (${basename(directory)}/photo.bin is png)`,
      ]),
    );
    expect(reading(train).warnings.join()).toMatch(/2 images .* were left out \(1 .svg, 1 .heic\)\. Convert/);
    await expect(imageFolder({ directory: await folder({ "a.heic": "x" }) })).rejects.toThrow(
      /holds no images; looked for .jpg.*; there are 1 .heic. Convert such images/,
    );
  });

  test("with a broken image end there, naming it, or leave it out when told to", async () => {
    const whole = await image(9);
    for (const broken of [
      whole.subarray(0, whole.length - 30),
      Uint8Array.from(whole, (byte, i) => (i === 60 ? byte ^ 1 : byte)),
      new Uint8Array(0),
      "this is text",
    ]) {
      const directory = await folder({ "0.png": await image(0), "1.png": broken, "2.png": await image(2) });
      await expect(imageFolder({ directory, ...options })).rejects.toThrow(
        /1.png cannot be decoded as an image \(.+\)/,
      );
      const { train } = await imageFolder({ directory, ...options, skipBroken: true });
      expect(reading(train).text).toMatch(/^read 2 images/);
      expect(reading(train).warnings.join()).toMatch(/1 image that cannot be decoded was left out: folder-\w+\/1.png/);
    }
    const frames = Uint8Array.from(
      createRandom(1)
        .normals(3 * 512)
        .map((v) => 128 + 40 * v),
    );
    const gif = await sharp(frames, { raw: { width: 8, height: 64, channels: 3, pageHeight: 8 } })
      .gif()
      .toBuffer();
    const cut = await folder({ "0.gif": gif, "1.gif": gif.subarray(0, gif.length / 2) });
    await expect(imageFolder({ directory: cut, ...options })).rejects.toThrow(
      /1.gif cannot be decoded .*it is cut off/,
    );
    const frame = "GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;";
    const bytes = Uint8Array.from(Buffer.from(frame, "latin1"));
    const wide = await folder({ "0.gif": bytes, "1.gif": bytes });
    await expect(imageFolder({ directory: wide, ...options })).rejects.toThrow(
      /0.gif .*it declares 4,294,836,225 points/,
    );
  });

  test("are checked for sizes before anything is decoded", async () => {
    const small = await png(new Uint8Array(24), 1, { width: 4, height: 6 });
    const cut = (await image(0)).subarray(0, -30);
    const directory = await folder({ "0.png": cut, "1.png": await image(1), "a.png": small, "b.png": small });
    await expect(imageFolder({ directory, ...options })).rejects.toThrow(
      /a.png is 4 x 6, smaller than a crop of 8 x 8. So is 1 more: folder-\w+\/b.png. Use smaller crops \(crop 4 or less fits all\)/,
    );
  });
});

test("are scaled first where that is asked for: a ramp stays one, and what is smaller than a crop is not any more", async () => {
  const size = { width: 12, height: 6 };
  const across = Uint8Array.from({ length: 72 }, (_, i) => 20 * (i % 12));
  const bytes = await png(across, 1, size);
  const directory = await folder({ "a.png": bytes, "b.png": bytes });
  const { train } = await imageFolder({ directory, crop: 12, resize: 12, count: 40, testCount: 1 });
  expect(train.reading?.text).toContain("images scaled to 12 points on their shorter side");
  const values = await train.read([0]);
  // Twice as fine a ramp: half a step from point to point, away from the ends of the image.
  for (let row = 0; row < 12; row++) {
    for (let column = 2; column < 9; column++) {
      const [one, next] = [values[row * 12 + column], values[row * 12 + column + 1]];
      expect(next - one).toBeCloseTo(10 / 255, 5);
    }
  }
  await expect(imageFolder({ directory, crop: 12, count: 4, testCount: 1 })).rejects.toThrow(/smaller than a crop/);
  await expect(imageFolder({ directory, crop: 12, resize: 8, count: 4 })).rejects.toThrow(/12 x 6|16 x 8/);
});

test("constant images and channels are named, and zero once whitened", async () => {
  const size = { width: 16, height: 16 };
  const constant = await png(new Uint8Array(256).fill(91), 1, size);
  const noise = createRandom(5).normals(768);
  const flat = Uint8Array.from(noise, (value, i) => (i % 3 === 1 ? 7 : 128 + 40 * value));
  const directory = await folder({ "0.png": constant, "1.png": await png(flat, 3, size), "2.png": constant });
  const { train } = await imageFolder({ directory, crop: 16, count: 20, testCount: 1, color: true, whiten: true });
  const name = basename(directory);
  expect(reading(train).warnings).toEqual([
    `2 of 3 images are constant, and zero once whitened (${name}/0.png, ${name}/2.png).`,
    `The green channel is constant, and zero once whitened in 1 of 3 images (${name}/1.png).`,
  ]);
  let isNonzero = false;
  for (let i = 0; i < train.size; i++) {
    const values = await train.read([i]);
    expect(values.filter((value, j) => j % 3 === 1 && value !== 0)).toHaveLength(0);
    isNonzero ||= values.some((value) => value !== 0);
  }
  expect(isNonzero).toBe(true);
});

describe("more images than memory", () => {
  test("are decoded when they are needed, in an order that needs few of them at a time", async () => {
    const files: Record<string, Bytes> = {};
    for (let i = 0; i < 12; i++) {
      // 256 KB each once decoded, of which 1 MB holds four.
      files[`${String(i).padStart(2, "0")}.png`] = await png(
        new Uint8Array(2 ** 16).map((_, j) => (j % 200) + i),
        1,
        { width: 256, height: 256 },
      );
    }
    const directory = await folder(files);
    const options = { directory, crop: 64, count: 600, testCount: 30, seed: 4 };
    const { train: kept } = await imageFolder(options);
    const { train } = await imageFolder({ ...options, memory: 1 });
    expect(kept.order).toBeUndefined();
    expect(reading(train).text).toMatch(/decoded as needed within 1 MB, samples mixed over 2 images at a time/);
    const all = Int32Array.from({ length: 600 }, (_, i) => i);
    const order = train.order?.(createRandom(1)) ?? all;
    expect([...order].sort((a, b) => a - b)).toEqual([...all]);
    const sums = async (dataset: Dataset, indices: ArrayLike<number>) => {
      const found: number[] = [];
      for (let i = 0; i < indices.length; i += 50) {
        const some = Array.from(indices).slice(i, i + 50);
        const values = await dataset.read(some);
        for (let j = 0; j < some.length; j++) {
          found.push(values.subarray(j * 4096, (j + 1) * 4096).reduce((sum, value) => sum + value, 0));
        }
      }
      return found.sort((a, b) => a - b);
    };
    expect(await sums(train, order)).toEqual(await sums(kept, all));
    // Neither of the two orders that are read jumps between images.
    for (const indices of [all, order]) {
      const firsts: number[] = [];
      for (let i = 0; i < 600; i += 20) {
        const levels = await train.read(Array.from(indices).slice(i, i + 20));
        firsts.push(
          new Set(
            Array.from({ length: 20 }, (_, j) =>
              Math.round(255 * Math.min(...levels.subarray(j * 4096, (j + 1) * 4096))),
            ),
          ).size,
        );
      }
      expect(Math.max(...firsts)).toBeLessThanOrEqual(5);
    }
    await testDataset({ dataset: train });
  });

  test.each<[string, () => Bytes]>([
    ["png", () => bomb(20_000)],
    ["bmp", () => encodeBmp({ width: 60_000, height: 60_000, bits: 24, pixels: [] })],
  ])("one that is too large (%s) is refused by its header, in little memory", async (ending, bytes) => {
    const directory = await folder({ [`0.${ending}`]: bytes(), [`1.${ending}`]: bytes() });
    const script = `
      import { imageFolder } from ${JSON.stringify(new URL("../../../dist/node.js", import.meta.url).href)};
      const error = await imageFolder({ directory: ${JSON.stringify(directory)} }).catch((error) => error);
      console.log(JSON.stringify([error.code, error.message, process.resourceUsage().maxRSS / 1024]));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(stderr).toBe("");
    const [code, message, megabytes] = JSON.parse(stdout);
    expect(code).toBe("images.memory");
    expect(message).toMatch(
      /0.\w+ is \d+ x \d+: [\d,]+ MB once decoded, and one image may take 341 of the 512 MB.* memory=\d+/,
    );
    expect(megabytes).toBeLessThan(300);
  });
});

/** A PNG of so many black points a side, of which only the first row is there. */
function bomb(side: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)]);
    bytes.writeUInt32BE(data.length);
    bytes.writeUInt32BE(crc(bytes.subarray(4, -4)), bytes.length - 4);
    return bytes;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side);
  header.writeUInt32BE(side, 4);
  header[8] = 8;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(new Uint8Array(side + 1));
  return Uint8Array.from(
    Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array(0))]),
  );
}

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}

const cases = new URL("../../../../../../shared/cases/", import.meta.url).pathname;
describe.skipIf(!existsSync(cases))("the small inputs of ../shared/cases (skipped where absent)", () => {
  const open = (name: string, options: Partial<ImageFolderOptions> = {}) =>
    imageFolder({ directory: join(cases, name), crop: 32, count: 40, testCount: 10, ...options });
  const all = async (dataset: Dataset) => dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i));
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

  test("give what they must", async () => {
    expect(await all((await open("exif-rotated")).train)).toEqual(await all((await open("exif-upright")).train));
    const dark = await open("images-16-bit/dark12");
    expect(new Set(await dark.train.read([0])).size).toBe(1024);
    expect(new Set(await (await open("images-16-bit/g16")).train.read([0])).size).toBe(1024);
    expect(mean(await all((await open("images-float")).train))).toBeCloseTo(0.5, 3);
    expect(reading((await open("images-bmp-and-png")).train).text).toMatch(
      /^read 8 images of 40 x 40 \(6 bmp, 2 png\) from images-bmp-and-png, uint8/,
    );
    expect(reading((await open("images-in-subfolders")).train).text).toMatch(
      /read 3 images .* 1 class as labels \(classA\)/,
    );
    expect(reading((await open("hidden-files")).train).text).toMatch(/read 3 images .* 1 hidden file skipped/);
    expect(reading((await open("tiff-stack")).train).text).toMatch(/read 6 images .*pages of 2 tiff/);
    const blank = await open("one-blank-image");
    expect(reading(blank.train).warnings.join()).toMatch(/1 of 4 images is constant \(one-blank-image\/a.png\)/);
    const constant = await open("constant-images", { whiten: true });
    expect((await all(constant.train)).every((value) => value === 0)).toBe(true);
    expect(reading(constant.train).warnings.join()).toMatch(/4 of 4 images are constant/);
    const channels = await open("constant-channels", { whiten: true, color: true });
    expect((await all(channels.train)).every((value, i) => i % 3 === 0 || value === 0)).toBe(true);
    expect(reading(channels.train).warnings).toHaveLength(2);
  });

  test("errors are ours", async () => {
    await expect(open("feature-maps-64x14x14.npy")).rejects.toSatisfy(SaenoError.isInstance);
  });
});
