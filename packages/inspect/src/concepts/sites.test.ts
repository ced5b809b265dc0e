import { createRandom } from "@saeno/backend";
import { expect, test } from "vitest";
import { denseTable } from "../codes/code-table.ts";
import { centerOf, placeOf } from "./__fixtures__/index-by-definition.ts";
import { sites } from "./sites.ts";

test.each([
  [
    [40, 50],
    [28, 35],
  ],
  [[1500], [1024]],
  [
    [12, 13, 14],
    [9, 10, 10],
  ],
])("on a grid %j of many points, mean maps have cells %j that hold the energy of their points", (grid, cells) => {
  const points = grid.reduce((all, size) => all * size, 1);
  const middle = grid.map((size) => 0.3 * size);
  const random = createRandom(1);
  // Around one place, so that there is a center.
  const values = Float32Array.from({ length: points }, (_, n) => {
    const apart = Math.hypot(...placeOf(n, grid).map((place, axis) => (place - middle[axis]) / grid[axis]));
    return Math.max(0, random.uniform() + 1 - 5 * apart);
  });
  const place = sites(grid, 1);
  place.add(denseTable(values, [1, ...grid, 1]), 0);
  expect(place.grid).toEqual(cells);

  const exact = Float64Array.from(values, (value) => value ** 2);
  const wanted = new Float64Array(place.grid.reduce((all, size) => all * size, 1));
  for (const [n, energy] of exact.entries()) {
    // A cell begins where its share of the axis does.
    const cell = placeOf(n, grid).map((at, axis) => Math.floor((at * cells[axis]) / grid[axis]));
    wanted[cell.reduce((flat, at, axis) => flat * cells[axis] + at, 0)] += energy / points / 2;
  }
  for (const [i, energy] of place.mean(0, 2).entries()) expect(energy).toBeCloseTo(wanted[i], 6);
  for (const [axis, { center, concentration }] of centerOf(exact, grid).entries()) {
    // A cell stands for the middle of its points.
    expect(Math.abs(place.site(0).center[axis] - center)).toBeLessThan(0.25 / cells[axis]);
    expect(Math.abs(place.site(0).concentration[axis] - concentration)).toBeLessThan(0.25 / cells[axis]);
  }
});
