import type { Outcome } from "./run-input.ts";

/** Faults of a kind, by the first input that shows it. */
export interface FoundFault {
  readonly target: string;
  readonly input: number;
  readonly problem: string;
  readonly count: number;
}

/** What came of many inputs of a target; plain numbers, so that a process can send it. */
export interface Tally {
  inputs: number;
  accepted: number;
  refused: number;
  codes: Record<string, number>;
  /** Errors that are not ours. */
  others: number;
  hangs: number;
  faultCount: number;
  /** By kind. */
  faults: Record<string, FoundFault>;
  totalMs: number;
  slowestMs: number;
  slowest: number;
  peakMb: number;
}

export function emptyTally(): Tally {
  return {
    inputs: 0,
    accepted: 0,
    refused: 0,
    codes: {},
    others: 0,
    hangs: 0,
    faultCount: 0,
    faults: {},
    totalMs: 0,
    slowestMs: 0,
    slowest: 0,
    peakMb: 0,
  };
}

export function addOutcome(tally: Tally, target: string, input: number, outcome: Outcome): void {
  const { accepted, code, faults, ms } = outcome;
  tally.inputs++;
  if (accepted) tally.accepted++;
  else if (code === undefined) tally.others++;
  else {
    tally.refused++;
    tally.codes[code] = (tally.codes[code] ?? 0) + 1;
  }
  for (const problem of faults) addFault(tally, { target, input, problem, count: 1 });
  tally.totalMs += ms;
  if (ms > tally.slowestMs) [tally.slowestMs, tally.slowest] = [ms, input];
}

export function addFault(tally: Tally, fault: FoundFault): void {
  const { faults } = tally;
  const kind = kindOf(fault);
  const known = faults[kind];
  tally.faultCount += fault.count;
  if (known === undefined) faults[kind] = fault;
  else faults[kind] = { ...(fault.input < known.input ? fault : known), count: known.count + fault.count };
}

/** What differs between inputs left out: numbers, and what stands in quotes. */
function kindOf({ target, problem }: FoundFault): string {
  const words = problem.replace(/"[^"]*"/g, '""').replace(/[\d.e+-]*\d[\d.]*/g, "0");
  return `${target} ${words.slice(0, 60)}`;
}

export function addTally(sum: Tally, other: Tally): void {
  for (const key of ["inputs", "accepted", "refused", "others", "hangs", "totalMs"] as const) sum[key] += other[key];
  for (const [code, count] of Object.entries(other.codes)) sum.codes[code] = (sum.codes[code] ?? 0) + count;
  for (const fault of Object.values(other.faults)) addFault(sum, fault);
  if (other.slowestMs > sum.slowestMs) [sum.slowestMs, sum.slowest] = [other.slowestMs, other.slowest];
  sum.peakMb = Math.max(sum.peakMb, other.peakMb);
}
