import { expect, test } from "vitest";
import { mapOutline, outlineElement } from "./map-outline.ts";

/** Magnitudes that are 0 but at some points. */
function magnitudes(points: number, at: Readonly<Record<number, number>>): Float32Array {
  return Float32Array.from({ length: points }, (_, i) => at[i] ?? 0);
}

/** The ends of what a path passes through, as shares of the picture. */
function ends(path: string, width: number, height: number) {
  let [x, y] = [0, 0];
  const [xs, ys]: [number[], number[]] = [[], []];
  for (const ring of path.split("z").filter(Boolean)) {
    const numbers = (ring.match(/-?\d+/g) ?? []).map(Number);
    [x, y] = [0, 0];
    for (let i = 0; i < numbers.length; i += 2) {
      x += numbers[i];
      y += numbers[i + 1];
      xs.push(x / width);
      ys.push(y / height);
    }
  }
  return { x: [Math.min(...xs), Math.max(...xs)], y: [Math.min(...ys), Math.max(...ys)] };
}

test("over an image, contours and the receptive field lie around the middle of the strongest point's cell", () => {
  const [grid, image] = [[10, 16], { grid: [320, 512], receptiveField: [96, 64] }] as const;
  const outline = mapOutline(magnitudes(160, { [3 * 16 + 12]: 2, 5: 0.1 }), grid, image);
  if (outline === undefined) throw new Error("no outline");
  const { width, height, field, paths } = outline;
  const middle = { x: 12.5 / 16, y: 3.5 / 10 };
  const found = ends(paths[0], width, height);
  for (const axis of ["x", "y"] as const) {
    const [from, to] = found[axis];
    expect((from + to) / 2).toBeCloseTo(middle[axis], 2);
    expect(to - from).toBeLessThan(0.3);
  }
  if (field === undefined) throw new Error("no field");
  expect((field.x + field.width / 2) / width).toBeCloseTo(middle.x, 2);
  expect((field.y + field.height / 2) / height).toBeCloseTo(middle.y, 2);
  expect(field.width / width).toBeCloseTo(64 / 512, 2);
  expect(field.height / height).toBeCloseTo(96 / 320, 2);
  expect(outlineElement(outline).markup).toContain('<rect class="field"');
});

test("a field ends where the image does, and one that is all of it is not drawn", () => {
  const corner = magnitudes(64, { 0: 1 });
  const field = mapOutline(corner, [8, 8], { grid: [64, 64], receptiveField: [24, 24] })?.field;
  expect([field?.x, field?.y]).toEqual([0, 0]);
  expect(mapOutline(corner, [8, 8], { grid: [64, 64], receptiveField: [127, 127] })?.field).toBeUndefined();
  expect(mapOutline(corner, [8, 8], { grid: [64, 64] })?.field).toBeUndefined();
  expect(mapOutline(magnitudes(64, {}), [8, 8], { grid: [64, 64] })).toBeUndefined();
});
