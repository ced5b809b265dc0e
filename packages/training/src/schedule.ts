import { SaenoError } from "@saeno/backend";

export type ScheduleName = "constant" | "linear" | "cosine";
export const scheduleNames: readonly ScheduleName[] = ["constant", "linear", "cosine"];

export interface ScheduleOptions {
  readonly name: ScheduleName;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Steps over which the rate first rises in a straight line. Default 0. */
  readonly warmup?: number;
}

/**
 * The factor on the learning rate at a step (0-based), in (0, 1]:
 * `constant` 1; `linear` 1 for the first half of the run, then falling in a straight line to nearly 0;
 * `cosine` `(1 + cos(pi t / T)) / 2`. A warm-up multiplies by `(t + 1) / warmup` at first.
 *
 * @throws SaenoError `training.schedule` for a name that is not known, `training.warmup` for a warm-up longer than the run.
 */
export function schedule(options: ScheduleOptions): (step: number) => number {
  const { name, steps, warmup = 0 } = options;
  if (!scheduleNames.includes(name)) {
    throw new SaenoError("training.schedule", `There is no schedule "${name}". Known: ${scheduleNames.join(", ")}.`);
  }
  if (!Number.isInteger(warmup) || warmup < 0 || warmup > steps) {
    throw new SaenoError("training.warmup", `A warm-up is a whole number of steps in 0 .. ${steps}; got ${warmup}.`);
  }
  return (step) => Math.min(1, (step + 1) / Math.max(1, warmup)) * decay(name, step / steps);
}

function decay(name: ScheduleName, progress: number): number {
  switch (name) {
    case "constant":
      return 1;
    case "linear":
      return Math.min(1, 2 * (1 - progress) + 1e-3);
    case "cosine":
      return (1 + Math.cos(Math.PI * progress)) / 2 + 1e-3;
    default:
      throw name satisfies never;
  }
}
