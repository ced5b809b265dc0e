import type { FuzzTarget } from "../target.ts";
import type { Job } from "./job.ts";

/** Inputs that one process reads before it may be replaced. */
const most = 20_000;

/** Inputs shared out among targets, each in jobs that take about as long; those of a target follow one another, so that a process stays with it. */
export function planJobs(targets: readonly FuzzTarget[], inputs: number, seed: number): Job[] {
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  return targets.flatMap(({ name, share }) => {
    const count = Math.max(1, Math.round((inputs * share) / shares));
    const jobs = Math.ceil(count / most);
    return Array.from({ length: jobs }, (_, i) => ({
      target: name,
      seed,
      from: Math.floor((i * count) / jobs),
      to: Math.floor(((i + 1) * count) / jobs),
    }));
  });
}
