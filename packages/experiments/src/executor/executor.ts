import type { RunConfig } from "../configuration/run-config.ts";

/** A run to make. What is measured is part of its configuration. */
export interface PlannedRun {
  /** For people; part of the folder's name. */
  readonly name: string;
  readonly config: RunConfig;
}

/** A run and where its run folder goes. */
export interface PlacedRun extends PlannedRun {
  readonly place: string;
}

export interface RunOutcome {
  readonly run: PlacedRun;
  /** What went wrong; absent if nothing did. */
  readonly error?: string;
}

export interface ExecuteOptions {
  /** Ends the current runs, so that they can be continued, or leaves them to whatever makes them, and starts no more. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each run that ended, in the order in which they end. */
  readonly onEnd?: ((outcome: RunOutcome) => void) | undefined;
}

/** Makes runs somewhere, each into a run folder at its place. A run that fails does not stop the others. */
export interface Executor {
  /** @returns outcomes in the order of the runs, without those that were not started or cut off. */
  run(runs: readonly PlacedRun[], options?: ExecuteOptions): Promise<RunOutcome[]>;
}
