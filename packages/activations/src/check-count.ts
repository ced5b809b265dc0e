import { SaenoError } from "@saeno/backend";

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
