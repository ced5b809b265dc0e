/** Seconds that are left, shared among sections: none may take what those after it need. */
export interface TimeBudget {
  /** The seconds a section may take that wants `most` and leaves `reserve` to others; below 1, none. */
  allow(most: number, reserve?: number): number;
}

export function timeBudget(seconds: number, now: () => number = () => performance.now() / 1000): TimeBudget {
  const end = now() + seconds;
  return { allow: (most, reserve = 0) => Math.floor(Math.max(0, Math.min(most, end - now() - reserve))) };
}
