import type { Tally } from "./tally.ts";

/** Some inputs of a target, `from` up to but without `to`. */
export interface Job {
  readonly target: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** What a process says of a job: what came of it, or why it could not be done at all. */
export type Answer = { readonly tally: Tally } | { readonly failed: string };
