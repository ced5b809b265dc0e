import { InvalidArgumentError } from "commander";

export function whole(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError("Give a whole number.");
  return value;
}

export function positiveWhole(text: string): number {
  const value = whole(text);
  if (value < 1) throw new InvalidArgumentError("Give a whole number of at least 1.");
  return value;
}

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("Give a number above 0.");
  return value;
}

export function numberOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`"${text}" is not a number.`);
}

/** `17,18` */
export function wholes(text: string): number[] {
  return text.split(",").map(whole);
}

/** `112` or `112x96`: points on each axis. */
export function gridSizes(text: string): number[] {
  return text.split("x").map(positiveWhole);
}
