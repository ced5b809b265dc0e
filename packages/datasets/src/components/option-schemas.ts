import type { Grid } from "@saeno/backend";
import {
  array,
  type GenericSchema,
  integer,
  maxValue,
  minValue,
  number,
  pipe,
  rawTransform,
  string,
  union,
} from "valibot";

const counting = "must be a whole number of at least 1";

/** A whole number of at least 1. */
export const count: GenericSchema<unknown, number> = pipe(
  number(counting),
  integer(counting),
  minValue(1, counting),
  maxValue(Number.MAX_SAFE_INTEGER, counting),
);

/** A grid of so many axes: points on all axes, `64`, or on each, `[64, 48]` or `"64x48"`. */
export function gridOf(axes: number): GenericSchema<unknown, Grid> {
  const message = `must be a number of points${axes > 1 ? `, or one for each of ${axes} axes such as ${Array.from({ length: axes }, (_, axis) => 64 - 16 * axis).join("x")}` : ""}`;
  return pipe(
    union([number(), array(number()), string()], message),
    rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
      const sizes = typeof value === "string" ? value.split("x").map(Number) : [value].flat();
      const grid = sizes.length === 1 ? Array<number>(axes).fill(sizes[0]) : sizes;
      if (grid.length === axes && grid.every((points) => Number.isInteger(points) && points >= 1)) return grid;
      addIssue({ message });
      return NEVER;
    }),
  );
}
