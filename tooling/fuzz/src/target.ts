import type { Random } from "@saeno/backend";

/** What is read in one go, made from a random stream alone. */
export interface FuzzInput {
  /** By file name, for whoever replays it. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  /** What was done to whole files, a phrase each. */
  readonly changes: readonly string[];
  /** One of these must stand in every message: what the reader was told the file is called. */
  readonly names?: readonly string[];
  /** Why nothing may accept it, where that is known. */
  readonly broken?: string | undefined;
  /**
   * Reads it, and compares what was read with what the bytes say by another rule.
   *
   * @throws {@link Fault} where they differ, and whatever the reader throws.
   */
  read(): Promise<void>;
}

/** Inputs of a target. */
export interface PreparedTarget {
  /** Whole files: the first inputs, as they are, which the reader must accept. */
  readonly whole: readonly FuzzInput[];
  damaged(random: Random): FuzzInput;
  close?(): Promise<void>;
}

/** A reader that is given damaged files. */
export interface FuzzTarget {
  readonly name: string;
  /** What reads, in a few words. */
  readonly summary: string;
  /** How many inputs it gets, relative to the others: fewer where one costs more. */
  readonly share: number;
  /** MB that an array of it may take whatever the size of the file, 64 if not given. */
  readonly arrayMb?: number;
  prepare(): Promise<PreparedTarget>;
}

/** Something wrong with a reader, seen by an oracle: what it accepted, or what it left behind. */
export class Fault extends Error {
  readonly kind: "accepted" | "leak";

  constructor(problem: string, kind: "accepted" | "leak" = "accepted") {
    super(problem);
    this.kind = kind;
  }
}

export function expectThat(condition: boolean, problem: string | (() => string)): asserts condition {
  if (!condition) throw new Fault(typeof problem === "string" ? problem : problem());
}

/** One of some things. */
export function pick<T>(things: readonly T[], random: Random): T {
  return things[random.integer(things.length)];
}
