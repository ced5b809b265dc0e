import type { Result } from "@saeno/bench/result";

/** The machine, a line for each thing there is to know of it. */
export type Facts = Readonly<Record<string, string>>;

export interface TrainingResult {
  readonly backend: string;
  /** Of every step. */
  readonly losses: readonly number[];
  readonly seconds: number;
}

/** What a training step asks of the GPU, and where its time goes: a line of `pnpm dispatches --times`. */
export interface StepProfile {
  readonly name: string;
  readonly dispatches: number;
  readonly reads: number;
  readonly submits: number;
  readonly hostMs: number;
  readonly totalMs: number;
  readonly gpuMs: number;
  /** Longest first. */
  readonly programs: readonly { readonly program: string; readonly count: number; readonly microseconds: number }[];
}

/** All that a run of the kit finds out. */
export interface KitResults {
  facts: Facts;
  training: TrainingResult[];
  /** What `conformance` printed. */
  conformance: string;
  bench: Result[];
  profiles: StepProfile[];
  /** What failed or ran out of time, a line each. */
  failures: string[];
}
