/** Numbers in the schemas of options. */
import * as v from "valibot";

export const atLeastZero = v.pipe(
  v.number("must be a number"),
  v.finite("must be finite"),
  v.minValue(0, "must be at least 0"),
);
export const positive = v.pipe(
  v.number("must be a number"),
  v.finite("must be finite"),
  v.gtValue(0, "must be above 0"),
);
export const whole = v.pipe(
  v.number("must be a number"),
  v.integer("must be a whole number"),
  v.minValue(0, "must be at least 0"),
);
export const count = v.pipe(
  v.number("must be a number"),
  v.integer("must be a whole number"),
  v.minValue(1, "must be at least 1"),
);
/** In [0, 1). */
export const belowOne = v.pipe(atLeastZero, v.ltValue(1, "must be below 1"));
/** In (0, 1]. */
export const share = v.pipe(positive, v.maxValue(1, "must be at most 1"));
