import type { RunSummary } from "./run-numbers.ts";

/** A concept is in use when it is active in a larger share of the samples than this: others are as they started, or nearly so. */
const inUseFrom = 0.01;

/** Indices of concepts in use, by the shares of samples in which each was active. */
export function conceptsInUse({ utilization }: RunSummary | { readonly utilization: readonly number[] }): number[] {
  const shares = Array.isArray(utilization) ? (utilization as readonly number[]) : [];
  return [...shares.keys()].filter((k) => shares[k] > inUseFrom);
}
