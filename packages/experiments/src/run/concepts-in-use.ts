/** A concept is in use when it is active in a larger share of the samples than this: others are as they started, or nearly so. */
const inUseFrom = 0.01;

/** Indices of concepts in use, by the shares of samples in which each was active. */
export function conceptsInUse({ utilization }: { readonly utilization: readonly number[] }): number[] {
  return [...utilization.keys()].filter((k) => utilization[k] > inUseFrom);
}
