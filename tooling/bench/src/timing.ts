/** How often something is timed: `least` times, then on until `seconds` have passed, but not more than `most` times. */
export interface TimingPlan {
  readonly least: number;
  readonly most: number;
  readonly seconds: number;
  /** Runs before, not counted, at least so many and so long: compilation in stages, caches, memory that grows. */
  readonly warmUps: number;
  readonly warmSeconds: number;
}

/** The usual plan, or one that takes a third of the time; exactly `repeats` repeats where they are given. */
export function timingPlan(repeats?: number, brief = false): TimingPlan {
  const seconds = brief ? { seconds: 1, warmSeconds: 0.5 } : { seconds: 3, warmSeconds: 1.5 };
  return { least: repeats ?? 5, most: repeats ?? 60, warmUps: 2, ...seconds };
}

/** The milliseconds of each repeat. `run` ends when its work on the device is done. */
export async function timeRepeatedly(run: () => Promise<void>, plan: TimingPlan): Promise<number[]> {
  const warm = performance.now() + 1000 * plan.warmSeconds;
  for (let i = 0; i < plan.warmUps || performance.now() < warm; i++) await run();
  const samples: number[] = [];
  let total = 0;
  while (samples.length < plan.least || (total < 1000 * plan.seconds && samples.length < plan.most)) {
    const started = performance.now();
    await run();
    const elapsed = performance.now() - started;
    samples.push(elapsed);
    total += elapsed;
  }
  return samples;
}
