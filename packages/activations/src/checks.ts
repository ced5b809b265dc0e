import { option, positiveInteger, SaenoError } from "@saeno/backend";
import type * as v from "valibot";

/** @throws SaenoError `activation.<name>` unless the value is a positive integer, and at most the number of concepts. */
export function checkCount(name: string, value: number, conceptCount?: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new SaenoError(`activation.${name}`, `${name} must be a positive integer; got ${value}.`);
  }
  if (conceptCount !== undefined && value > conceptCount) {
    throw new SaenoError(
      `activation.${name}`,
      `${name} = ${value} active concepts of only ${conceptCount}: lower it, or give the dictionary more concepts.`,
    );
  }
}

/** @throws SaenoError `activation.<name>` unless the value is a finite number of at least `least` (or above it, where `open`). */
export function checkNumber(name: string, value: unknown, least: number, open = false): void {
  if (typeof value !== "number" || !Number.isFinite(value) || value < least || (open && value === least)) {
    const bound = open ? `above ${least}` : `of at least ${least}`;
    throw new SaenoError(`activation.${name}`, `${name} must be a number ${bound}; got ${String(value)}.`);
  }
}

/** How many concepts of a vector are active by default. */
export const usualActive = 8;

/** The option `active` of activations for which concepts compete. */
export const activeOption = (description: string): v.GenericSchema<number> =>
  option(positiveInteger, description, {
    flag: "active",
    default: "8; for maps 16, at most a quarter of the concepts",
  });
