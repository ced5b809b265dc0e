import { describe, expect, test } from "vitest";
import { readAxes } from "./layout.ts";

const grid = (shape: readonly number[], options = {}, named?: readonly string[]) => {
  const { samples, grid, channel, fixed } = readAxes(shape, options, "x.npy", named);
  const size = (axes: readonly number[]) => axes.map((axis) => shape[axis]).join("x");
  return `${size(samples)} on ${size(grid)}${channel === undefined ? "" : ` of ${shape[channel]}`}${fixed.size > 0 ? ` at ${[...fixed.values()]}` : ""}`;
};

describe("axes", () => {
  test.each([
    [[5, 64], "5 on 64"],
    [[5, 28, 28], "5 on 28x28"],
    [[5, 64, 48], "5 on 64x48"],
    [[20, 64, 3], "20 on 64 of 3"],
    [[20, 3, 64], "20 on 64 of 3"],
    [[24, 256, 1], "24 on 256 of 1"],
    [[5, 16, 16, 3], "5 on 16x16 of 3"],
    [[5, 3, 16, 16], "5 on 16x16 of 3"],
    [[5, 1, 28, 28], "5 on 28x28 of 1"],
    [[5, 16, 16, 16, 2], "5 on 16x16x16 of 2"],
    [[5, 2, 16, 16, 16], "5 on 16x16x16 of 2"],
    [[5, 1, 3], "5 on 3 of 1"],
  ])("of the shape %j are clear", (shape, read) => {
    expect(grid(shape)).toBe(read);
  });

  test.each([
    [[8, 64, 14, 14], /8 functions on 14 x 14 with 64 channels, .*8 functions on 64 x 14 with 14 channels/],
    [
      [12, 16, 16, 16],
      /--layout channels-first .*--layout channels-last .*--layout no-channels for 12 functions on 16 x 16 x 16 with 1 channel/,
    ],
    [[9, 64, 768], /--layout no-channels for 9 functions on 64 x 768 with 1 channel/],
    [
      [9, 8, 8, 8, 8],
      /--layout channels-first for 9 functions on 8 x 8 x 8 with 8 channels, or --layout channels-last/,
    ],
    [[9, 3, 3, 3], /can be read in more than one way/],
    [[2, 3, 4, 5, 6, 7], /\(2, 3, 4, 5, 6, 7\), more axes than .*--axes sample,time=0,z,y,x,channel/],
  ])("of the shape %j are asked for, with the readings", (shape, message) => {
    expect(() => grid(shape)).toThrow(message);
  });

  test.each([
    [[8, 64, 14, 14], { layout: "channels-first" }, "8 on 14x14 of 64"],
    [[12, 16, 16, 16], { layout: "no-channels" }, "12 on 16x16x16"],
    [[20, 64, 3], { layout: "no-channels" }, "20 on 64x3"],
    [[20, 64, 3], { layout: "channels-last" }, "20 on 64 of 3"],
    [[8, 64, 14, 14], { axes: "sample,channel,y,x" }, "8 on 14x14 of 64"],
    [[14, 64, 14, 8], { axes: "y channel x sample" }, "8 on 14x14 of 64"],
    [[6, 10, 32, 32, 2], { axes: "sample/sample/x/y/channel" }, "6x10 on 32x32 of 2"],
    [[6, 10, 32, 32], { axes: "sample,level=3,y,x" }, "6 on 32x32 at 3"],
    [[2, 3, 4, 5, 6, 7], { axes: "sample,time=0,z,y,x,channel" }, "2 on 4x5x6 of 7 at 0"],
    [[9, 8, 8, 8, 8], { axes: "Samples,a,b,c,Channels" }, "9 on 8x8x8 of 8"],
  ])("%j as %j", (shape, options, read) => {
    expect(grid(shape, options)).toBe(read);
  });

  test("the names in a file say what axes are, where they say it of all", () => {
    expect(grid([30, 16, 16, 16], {}, ["time", "z", "y", "x"])).toBe("30 on 16x16x16");
    expect(grid([30, 16, 16, 16], {}, ["time", "band", "lat", "lon"])).toBe("30 on 16x16 of 16");
    expect(() => grid([30, 16, 16, 16], {}, ["time", "level", "lat", "lon"])).toThrow(/more than one way/);
    expect(grid([30, 16, 16, 16], { layout: "channels-last" }, ["time", "z", "y", "x"])).toBe("30 on 16x16 of 16");
  });

  test.each([
    [[7], {}, /two axes or more/],
    [[7, 0, 3], { layout: "no-channels" }, /an axis of it is 0/],
    [[7, 8], { layout: "channels-last" }, /0 axes for the grid/],
    [[7, 8, 8, 8, 8], { layout: "no-channels" }, /4 axes for the grid; there can be 1 to 3/],
    [[7, 8, 8], { axes: "sample,x" }, /has 3 axes, \(7, 8, 8\); --axes sample,x names 2/],
    [[7, 8, 8], { axes: "y,x,z" }, /names no axis "sample"/],
    [[7, 8, 8], { axes: "sample,channel,channel" }, /two axes "channel"/],
    [[7, 8, 8], { axes: "sample,t=8,x" }, /t=8 must be an index of that axis of x.npy, 0 to 7/],
  ])("%j as %j is refused", (shape, options, message) => {
    expect(() => grid(shape, options)).toThrow(message);
  });
});
