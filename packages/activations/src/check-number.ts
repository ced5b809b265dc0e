import { SaenoError } from "@saeno/backend";

/** @throws SaenoError `activation.<name>` unless the value is a finite number of at least `least` (or above it, where `open`). */
export function checkNumber(name: string, value: unknown, least: number, open = false): void {
  if (typeof value !== "number" || !Number.isFinite(value) || value < least || (open && value === least)) {
    const bound = open ? `above ${least}` : `of at least ${least}`;
    throw new SaenoError(`activation.${name}`, `${name} must be a number ${bound}; got ${String(value)}.`);
  }
}
