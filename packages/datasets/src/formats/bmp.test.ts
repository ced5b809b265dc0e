import { expect, test } from "vitest";
import { encodeBmp } from "../node/images/__fixtures__/encode-images.ts";
import { bmpHeader, decodeBmp } from "./bmp.ts";

const [black, red, green, white] = [
  [0, 0, 0],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 255],
];
/** Blue, green, red, nothing. */
const palette = [black, red, green, white].flatMap(([r, g, b]) => [b, g, r, 0]);
/** The rows of every image here, from the top. */
const pixels = [red, green, white, black, white, red].flat();
const decoded = (parts: Parameters<typeof encodeBmp>[0]) => Array.from(decodeBmp(encodeBmp(parts)).data);

test("bitmaps of every depth give their colors, from the bottom or from the top", () => {
  const rows = {
    top: [0, 0, 255, 0, 255, 0, 255, 255, 255, 0, 0, 0],
    bottom: [0, 0, 0, 255, 255, 255, 0, 0, 255, 0, 0, 0],
  };
  const size = { width: 3, height: 2 };
  expect(decoded({ ...size, bits: 24, pixels: [...rows.bottom, ...rows.top] })).toEqual(pixels);
  expect(decoded({ ...size, height: -2, bits: 24, pixels: [...rows.top, ...rows.bottom] })).toEqual(pixels);
  const wide = (row: number[]) => [0, 3, 6].flatMap((at) => [...row.slice(at, at + 3), 77]);
  expect(decoded({ ...size, bits: 32, pixels: [...wide(rows.bottom), ...wide(rows.top)] })).toEqual(pixels);
  expect(decoded({ ...size, bits: 8, tables: palette, pixels: [0, 3, 1, 0, 1, 2, 3, 0] })).toEqual(pixels);
  expect(decoded({ ...size, bits: 4, tables: palette, pixels: [0x03, 0x10, 0, 0, 0x12, 0x30, 0, 0] })).toEqual(pixels);
  // 5 bits each, then by masks 5, 6 and 5.
  const fives = [0, 0, 0xff, 0x7f, 0, 0x7c, 0, 0, 0, 0x7c, 0xe0, 0x03, 0xff, 0x7f, 0, 0];
  expect(decoded({ ...size, bits: 16, pixels: fives })).toEqual(pixels);
  const masks = [0, 0xf8, 0, 0, 0xe0, 0x07, 0, 0, 0x1f, 0, 0, 0];
  const sixes = [0, 0, 0xff, 0xff, 0, 0xf8, 0, 0, 0, 0xf8, 0xe0, 0x07, 0xff, 0xff, 0, 0];
  expect(decoded({ ...size, bits: 16, compression: 3, tables: masks, pixels: sixes })).toEqual(pixels);
  const bits = decodeBmp(
    encodeBmp({ ...size, bits: 1, tables: [0, 0, 0, 0, 255, 255, 255, 0], pixels: [0x40, 0, 0, 0, 0xa0, 0, 0, 0] }),
  );
  expect(bits.isGray).toBe(true);
  expect(Array.from(bits.data)).toEqual([white, black, white, black, white, black].flat());
});

test("run lengths are expanded", () => {
  const runs = [0, 3, 0, 3, 1, 0, 0, 0, 1, 1, 1, 2, 1, 3, 0, 0, 0, 1];
  expect(decoded({ width: 3, height: 2, bits: 8, compression: 1, tables: palette, pixels: runs })).toEqual(pixels);
  const nibbles = [0, 3, 0x03, 0x10, 0, 0, 2, 0x12, 1, 0x30, 0, 1];
  expect(decoded({ width: 3, height: 2, bits: 4, compression: 2, tables: palette, pixels: nibbles })).toEqual(pixels);
});

test("what is cut off or goes beyond the image is an error, whatever is cut", () => {
  const whole = encodeBmp({ width: 3, height: 2, bits: 8, tables: palette, pixels: [0, 3, 1, 0, 1, 2, 3, 0] });
  for (let length = 0; length < whole.length; length++)
    expect(() => decodeBmp(whole.subarray(0, length))).toThrow(Error);
  const run = { width: 3, height: 2, bits: 8, compression: 1, tables: palette };
  expect(() => decoded({ ...run, pixels: [9, 1, 0, 1] })).toThrow(/a run goes beyond the image/);
  expect(() => decoded({ ...run, pixels: [1, 1] })).toThrow(/its runs are cut off/);
  expect(() => decoded({ ...run, compression: 0, pixels: [9, 9, 9, 0, 9, 9, 9, 0] })).toThrow(/has the color 9/);
  expect(() => bmpHeader(encodeBmp({ ...run, compression: 4, pixels: [] }))).toThrow(/8 bits and the compression 4/);
});
