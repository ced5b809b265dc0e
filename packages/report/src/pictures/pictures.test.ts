import { decode } from "fast-png";
import { describe, expect, it } from "vitest";
import { colorMap } from "./color-map.ts";
import { functionsPng } from "./functions-png.ts";
import { galleryPng } from "./gallery-png.ts";
import { mapPicture } from "./map-picture.ts";
import { encodePng } from "./picture.ts";
import { dataRange, planeOf, planePicture, shownChannels, symmetricRange } from "./plane.ts";

const plane = (values: number[], channels = 1) =>
  planeOf({ values: Float32Array.from(values), grid: [1, values.length / channels], channels });

/** Decoded pixels as red, green, blue. */
function pixelsOf(png: Uint8Array): {
  readonly width: number;
  readonly height: number;
  at(x: number, y: number): number[];
} {
  const { width, height, data, channels, palette } = decode(png);
  const at = (x: number, y: number) => {
    const i = y * width + x;
    if (palette !== undefined) return palette[data[i]].slice(0, 3);
    return [...data.subarray(i * channels, i * channels + 3)];
  };
  return { width, height, at };
}

describe("colors", () => {
  it("are white at zero, red above and blue below, alike in depth on both sides", () => {
    expect(colorMap("diverging", 0)).toEqual([255, 255, 255]);
    const [red, , blueOfRed] = colorMap("diverging", 0.8);
    const [redOfBlue, , blue] = colorMap("diverging", -0.8);
    expect(red).toBeGreaterThan(blueOfRed + 80);
    expect(blue).toBeGreaterThan(redOfBlue + 80);
  });

  it("have a range symmetric about zero, and gray for data without negative values", () => {
    expect(symmetricRange(plane([-1, 3, Number.NaN]))).toEqual({ kind: "diverging", limit: 3 });
    expect(symmetricRange(plane([0, 0]))).toEqual({ kind: "diverging", limit: 1 });
    expect(dataRange(plane([0, 4]))).toEqual({ kind: "gray", low: 0, high: 4 });
    expect(dataRange(plane([-1, 4]))).toEqual({ kind: "diverging", limit: 4 });
    expect(dataRange(plane([0, 4]), true)).toEqual({ kind: "diverging", limit: 4 });
    expect(dataRange(plane([3, 4, 0, 0], 2))).toEqual({ kind: "vectors", limit: 5 });
  });
});

describe("pictures", () => {
  it("survive PNG: negative blue, zero white, positive red", () => {
    const values = plane([-2, 0, 2]);
    const { at } = pixelsOf(encodePng(planePicture(values, symmetricRange(values))));
    expect([at(0, 0), at(1, 0), at(2, 0)]).toEqual([-1, 0, 1].map((value) => [...colorMap("diverging", value)]));
  });

  it("are transparent where a value is not a number, with a palette or without", () => {
    const few = planePicture(plane([1, Number.NaN]), { kind: "diverging", limit: 1 });
    expect([few.rgba[3], few.rgba[7]]).toEqual([255, 0]);
    const { palette, data } = decode(encodePng(few));
    expect(palette?.[data[1]]?.[3]).toBe(0);
    const many = { width: 300, height: 1, rgba: Uint8Array.from({ length: 1200 }, (_, i) => (i % 4 ? i % 7 : i / 4)) };
    expect([...decode(encodePng(many)).data]).toEqual([...many.rgba]);
  });

  it("hold three channels as color with zero at mid-gray", () => {
    const { rgba } = planePicture(plane([0, 0, 0, 1, -1, 0], 3), { kind: "diverging", limit: 1 });
    expect([...rgba]).toEqual([128, 128, 128, 255, 255, 0, 128, 255]);
  });

  it("show a volume from three sides, of each line of sight the value of largest magnitude", () => {
    // Of 2 x 3 x 4 points two are not zero.
    const values = new Float32Array(24);
    values[1 * 12 + 2 * 4 + 3] = -5;
    values[0 * 12 + 2 * 4 + 3] = 2;
    const { width, height, values: sheet } = planeOf({ values, grid: [2, 3, 4], channels: 1 });
    expect([width, height]).toEqual([4 + 1 + 2, 3 + 1 + 2]);
    const rows = Array.from({ length: height }, (_, y) => [...sheet.subarray(y * width, (y + 1) * width)]);
    const gap = Number.NaN;
    expect(rows).toEqual([
      [0, 0, 0, 0, gap, 0, 0],
      [0, 0, 0, 0, gap, 0, 0],
      [0, 0, 0, -5, gap, 2, -5],
      Array(7).fill(gap),
      [0, 0, 0, 2, gap, gap, gap],
      [0, 0, 0, -5, gap, gap, gap],
    ]);
  });

  it("show of many channels the strongest as tiles, and of a vector its direction", () => {
    const field = { values: [0, 1, -9, 0, 5, 3], grid: [1, 1], channels: 6 };
    expect(shownChannels(6, field)).toEqual([2, 4, 5, 1]);
    expect([...planeOf(field).values]).toEqual([
      -9,
      Number.NaN,
      5,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      3,
      Number.NaN,
      1,
    ]);
    expect(planeOf(field, [1]).values).toEqual(Float32Array.of(1));
    const vectors = plane([2, 0, -2, 0, 0, 2, 0, 0], 2);
    const { rgba } = planePicture(vectors, symmetricRange(vectors));
    const colors = [0, 1, 2, 3].map((i) => rgba.slice(4 * i, 4 * i + 3).join());
    expect(new Set(colors).size).toBe(4);
    expect(colors[3]).toBe("255,255,255");
  });
});

describe("mapPicture", () => {
  const input = planeOf({ values: new Float32Array(64 * 64), grid: [64, 64], channels: 1 });
  const options = { input, size: 64 } as const;

  it("enlarges a lone point and gives the strongest the brightest color", () => {
    const map = new Float32Array(64 * 64);
    map[64 * 10 + 20] = 5;
    const { rgba, width } = mapPicture(map, options);
    const lit = Array.from({ length: 64 * 64 }, (_, i) => i).filter((i) => rgba[4 * i] > 100);
    expect(width).toBe(64);
    expect(lit).toContain(64 * 10 + 20);
    expect(lit.length).toBe(4);
    expect([...rgba.subarray(4 * (64 * 10 + 20), 4 * (64 * 10 + 20) + 3)]).toEqual([...colorMap("points", 1)]);
  });

  it("is dark where nothing is active, and takes values that are not numbers for nothing", () => {
    const { rgba } = mapPicture(new Float32Array(64 * 64).fill(Number.NaN), options);
    expect(Math.max(...rgba.filter((_, i) => i % 4 < 3))).toBeLessThan(30);
  });
});

describe("galleryPng", () => {
  it("sets atoms in columns with gaps, in the given order, enlarged by a whole factor", () => {
    const atoms = { values: Float32Array.of(1, 1, 1, 1, -1, -1, -1, -1), shape: [2, 2, 2, 1], order: [1, 0] };
    const { width, height, at } = pixelsOf(galleryPng(atoms, { size: 7, gap: 2, ground: [9, 9, 9] }));
    expect([width, height]).toEqual([2 * 6 + 3 * 2, 6 + 2 * 2]);
    expect(at(0, 0)).toEqual([9, 9, 9]);
    expect(at(2, 2)).toEqual([...colorMap("diverging", -1)]);
    expect(at(10, 2)).toEqual([...colorMap("diverging", 1)]);
  });

  it("draws vectors as bars, and a sheet without atoms", () => {
    const { at } = pixelsOf(galleryPng({ values: Float32Array.of(1, -1), shape: [1, 2] }, { size: 8, gap: 0 }));
    expect(at(1, 2)).toEqual([...colorMap("diverging", 1)]);
    expect(at(6, 6)).toEqual([...colorMap("diverging", -1)]);
    expect(at(1, 6)).toEqual([255, 255, 255]);
    expect(pixelsOf(galleryPng({ values: new Float32Array(0), shape: [0, 4, 4, 1] })).width).toBeGreaterThan(0);
  });

  it("refuses values of another size than their shape", () => {
    expect(() => galleryPng({ values: new Float32Array(3), shape: [2, 2, 2, 1] })).toThrow(/got 3 values/);
  });
});

describe("functions side by side", () => {
  const field = (values: number[], channels = 1) => ({
    values: Float32Array.from(values),
    grid: [2, values.length / channels / 2],
    channels,
  });
  /** The color of the first point of a function in a sheet whose points are one pixel. */
  const first = (png: Uint8Array, column: number) => pixelsOf(png).at(1 + 3 * column, 1);

  it("share a scale, gray where nothing is well below zero, and red and blue elsewhere", () => {
    const options = { size: 2, gap: 1 };
    const picture = functionsPng([field([4, 0, 0, 0]), field([2, -1, 0, 0])], options);
    expect(pixelsOf(picture)).toMatchObject({ width: 7, height: 4 });
    expect([first(picture, 0), first(picture, 1)]).toEqual([1, 0.5].map((value) => [...colorMap("gray", value)]));
    const signed = functionsPng([field([4, 0, 0, 0]), field([-4, 0, 0, 0])], options);
    expect([first(signed, 0), first(signed, 1)]).toEqual([1, -1].map((value) => [...colorMap("diverging", value)]));
  });

  it("of three channels are in color, of others a row for each channel, of vectors bars", () => {
    const options = { size: 2, gap: 1 };
    const color = functionsPng([field([1, 0, 0, ...Array<number>(9).fill(0)], 3)], options);
    expect([pixelsOf(color).height, first(color, 0)]).toEqual([4, [255, 0, 0]]);
    expect(pixelsOf(functionsPng([field([1, 2, 3, 4, 5, 6, 7, 8], 2)], options)).height).toBe(7);
    const vector = { values: Float32Array.from([1, 2, 3]), grid: [], channels: 3 };
    expect(pixelsOf(functionsPng([vector, vector], { size: 9, gap: 1 }))).toMatchObject({ width: 21, height: 11 });
  });
});
