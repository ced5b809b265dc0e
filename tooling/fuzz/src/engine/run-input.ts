import { createRandom, SaenoError } from "@saeno/backend";
import { Fault, type FuzzInput, type FuzzTarget, type PreparedTarget } from "../target.ts";
import type { AllocationGuard } from "./allocations.ts";
import { pollution, problemOfError } from "./oracles.ts";

/** What came of an input. */
export interface Outcome {
  readonly accepted: boolean;
  /** Of the error that it was refused with. */
  readonly code?: string;
  readonly error?: unknown;
  readonly faults: readonly string[];
  readonly ms: number;
}

/** The input of a number: the first ones are the whole files, all others are damaged, each by a random stream of its own. */
export function inputOf(
  { whole, damaged }: PreparedTarget,
  { name }: Pick<FuzzTarget, "name">,
  seed: number,
  number: number,
): FuzzInput {
  if (number < whole.length) return whole[number];
  return damaged(createRandom(seed).split(name).split(String(number)));
}

/** Reads an input, and looks at everything that must hold. */
export async function runInput(
  input: FuzzInput,
  isWhole: boolean,
  { guard, arrayMb }: { readonly guard?: AllocationGuard; readonly arrayMb?: number | undefined } = {},
): Promise<Outcome> {
  const bytes = Object.values(input.files).reduce((sum, { length }) => sum + length, 0);
  const faults: string[] = [];
  guard?.expectFor(bytes, arrayMb);
  const begin = performance.now();
  let error: unknown;
  let accepted = false;
  try {
    await input.read();
    accepted = true;
  } catch (cause) {
    error = cause;
  }
  const ms = performance.now() - begin;
  const tooLarge = guard?.tooLarge();
  guard?.expectFor(Number.POSITIVE_INFINITY);
  if (error instanceof Fault)
    faults.push(error.kind === "accepted" ? `accepted, but ${error.message}` : `leak: ${error.message}`);
  else if (tooLarge !== undefined) faults.push(`memory: ${tooLarge}`);
  else if (!accepted) {
    const problem = problemOfError(error, input);
    if (problem !== undefined) faults.push(problem);
    if (isWhole) faults.push("a whole file was refused");
  } else if (input.broken !== undefined) faults.push(`accepted, but ${input.broken}`);
  const polluted = pollution();
  if (polluted !== undefined) faults.push(`pollution: ${polluted}`);
  const code = SaenoError.isInstance(error) ? { code: error.code } : {};
  return {
    accepted: accepted || error instanceof Fault,
    ...code,
    ...(error === undefined ? {} : { error }),
    faults,
    ms,
  };
}
