import { type ComponentConfig, type OptionsSchema, SaenoError } from "@saeno/backend";
import { array, description, looseObject, minLength, optional, pipe, strictObject, string, union } from "valibot";
import type { Dataset } from "../dataset.ts";
import { split, subset } from "../transforms/subset.ts";
import { count } from "./option-schemas.ts";

/** Which samples to train on and which to hold out: options of all data, besides those of its kind. */
export interface DataParts {
  readonly limit?: number | undefined;
  readonly test?: number | undefined;
  /** Other data to test on, in the shorthand or by its configuration: one, or the same samples on several grids. */
  readonly testData?: readonly (string | ComponentConfig)[] | undefined;
}

export const partsSchema: OptionsSchema = strictObject({
  limit: optional(pipe(count, description("train on the first n samples"))),
  test: optional(
    pipe(
      count,
      description("hold out the last n samples (default: what the limit leaves, else a tenth; at most 10,000)"),
    ),
  ),
  testData: optional(
    pipe(
      array(union([string(), looseObject({ kind: string() })])),
      minLength(1, "must name some data"),
      description("held-out samples from elsewhere; repeated for the same samples on other grids"),
    ),
  ),
});

/** Samples held out where nobody says how many, at most. */
const mostHeldOut = 10_000;

/** The first `limit` and the last `test` samples. If one is not given, it is what remains; if neither is, a tenth is held out. */
export function splitParts(name: string, all: Dataset, given: DataParts): { train: Dataset; test: Dataset } {
  const { limit } = given;
  const rest = limit === undefined ? Math.max(1, Math.round(all.size / 10)) : all.size - limit;
  const test = given.test ?? Math.min(rest, mostHeldOut);
  const trained = limit ?? all.size - test;
  if (trained < 1 || test < 1 || trained + test > all.size) {
    const wanted =
      limit === undefined && given.test === undefined
        ? "one to train on and one to hold out"
        : `${limit ?? "at least one"} to train on and ${given.test ?? "at least one"} to hold out`;
    throw new SaenoError(
      "data.split",
      `${name} has ${all.size} ${all.size === 1 ? "sample" : "samples"}, too few for ${wanted}. Lower limit or test, or give more data.`,
      { kind: "data" },
    );
  }
  const parts = split(all, { test });
  return { train: subset(parts.train, { start: 0, end: trained }), test: parts.test };
}
