import { createRandom } from "@saeno/backend";
import { describe, expect, test } from "vitest";
import { bestAssignment } from "./assignment.ts";

const sizes = [
  [1, 1],
  [3, 3],
  [5, 5],
  [2, 6],
  [6, 3],
  [1, 5],
  [5, 1],
] as const;

/** The largest sum over all ways to match rows with columns, one-to-one. */
function largestSum(values: readonly (readonly number[])[], columns: readonly number[], row = 0): number {
  if (row === values.length) return 0;
  const rest = (taken: number) =>
    largestSum(
      values,
      columns.filter((column) => column !== taken),
      row + 1,
    );
  const sums = columns.map((column) => values[row][column] + rest(column));
  // A row is left over only where there are fewer columns.
  if (values.length - row > columns.length) sums.push(largestSum(values, columns, row + 1));
  return Math.max(...sums);
}

function sumOf(values: readonly (readonly number[])[], match: readonly number[]): number {
  return match.reduce((sum, column, row) => sum + (column < 0 ? 0 : values[row][column]), 0);
}

describe.each(sizes)("%d rows and %d columns", (rows, columns) => {
  test.each(["all different", "with ties", "negative", "zero"])("have the largest sum: %s", (kind) => {
    const random = createRandom(7).split(`${rows} ${columns} ${kind}`);
    for (let trial = 0; trial < 20; trial++) {
      const values = Array.from({ length: rows }, () =>
        Array.from(random.normals(columns), (value) =>
          kind === "with ties"
            ? Math.round(value)
            : kind === "negative"
              ? -Math.abs(value)
              : kind === "zero"
                ? 0
                : value,
        ),
      );
      const match = bestAssignment(values);
      const matched = match.filter((column) => column >= 0);
      expect(matched.length).toBe(Math.min(rows, columns));
      expect(new Set(matched).size).toBe(matched.length);
      expect(sumOf(values, match)).toBeCloseTo(largestSum(values, [...values[0].keys()]), 10);
    }
  });
});

test("nothing is matched with nothing", () => {
  expect(bestAssignment([])).toEqual([]);
  expect(bestAssignment([[], []])).toEqual([-1, -1]);
});

test("what is shuffled is found again", () => {
  const size = 300;
  const order = createRandom(3).permutation(size);
  const noise = createRandom(4).normals(size * size);
  const values = Array.from(order, (column, row) =>
    Float64Array.from({ length: size }, (_, j) => (j === column ? 1 : 0.2 * Math.abs(noise[row * size + j]))),
  );
  expect(bestAssignment(values)).toEqual(Array.from(order));
});
