import { expect, test } from "vitest";
import { combinations, drawFrom, parseVary, variationName } from "./sweep-space.ts";

test("settings and their values are read as config files have them", () => {
  expect(parseVary("lr=0.005,0.01")).toEqual({ name: "lr", values: [0.005, 0.01] });
  expect(parseVary("--energy-grid=1,data")).toEqual({ name: "energyGrid", values: [1, "data"] });
  expect(parseVary("modes=6,12x14")).toEqual({ name: "modes", values: [6, "12x14"] });
  expect(parseVary("tied=true,false")).toEqual({ name: "tied", values: [true, false] });
  expect(parseVary('activation={"kind":"topk","k":3}')).toEqual({
    name: "activation",
    values: [{ kind: "topk", k: 3 }],
  });
  expect(parseVary("lr=0.1,0.1,0.2")).toEqual({ name: "lr", values: [0.1, 0.2] });
  expect(parseVary("lr=0.001..0.1")).toEqual({ name: "lr", values: { from: 0.001, to: 0.1 } });
});

test.each([
  ["lr", /--vary lr: write a setting and its values, such as lr=0.005,0.01/],
  ["lr=", /write a setting and its values/],
  ["rate=1", /--vary rate: there is no setting "rate". Settings are data, .*lr/],
  ["lr=0..1", /a range goes from a number above 0 to a larger one/],
  ["lr=1..0.1", /a range goes from a number above 0 to a larger one/],
])("%s is refused", (text, message) => {
  expect(() => parseVary(text)).toThrow(message);
});

test("a grid has every combination once, the last setting changing fastest", () => {
  const grid = combinations([parseVary("lr=0.1,0.2"), parseVary("concepts=4,8,16")]);
  expect(grid.map(variationName)).toEqual([
    "lr=0.1,concepts=4",
    "lr=0.1,concepts=8",
    "lr=0.1,concepts=16",
    "lr=0.2,concepts=4",
    "lr=0.2,concepts=8",
    "lr=0.2,concepts=16",
  ]);
  expect(() => combinations([parseVary("lr=0.1..1")])).toThrow(
    /lr=0.1..1 is a range: say how many to draw with --random N/,
  );
});

test("random combinations are different, repeat with the seed, and spread over a range evenly in its logarithm", () => {
  const swept = [parseVary("lr=0.001..0.1"), parseVary("active=1..64"), parseVary("schedule=linear,cosine")];
  const drawn = drawFrom(swept, 200, 3);
  expect(drawFrom(swept, 200, 3)).toEqual(drawn);
  expect(drawFrom(swept, 200, 4)).not.toEqual(drawn);
  expect(new Set(drawn.map(variationName)).size).toBe(200);
  const rates = drawn.map(({ lr }) => lr as number);
  expect(Math.min(...rates)).toBeGreaterThanOrEqual(0.001);
  expect(Math.max(...rates)).toBeLessThanOrEqual(0.1);
  const low = rates.filter((rate) => rate < 0.01).length;
  expect(low).toBeGreaterThan(75);
  expect(low).toBeLessThan(125);
  expect(drawn.every(({ active }) => Number.isInteger(active))).toBe(true);
});

test("there are never more random combinations than there are combinations", () => {
  expect(drawFrom([parseVary("schedule=linear,cosine")], 10, 0)).toHaveLength(2);
});
