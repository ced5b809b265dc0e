import { tensor1d, tidy, type Variable } from "@tensorflow/tfjs-core";

export interface BalanceOptions {
  /** How far the bias of a concept moves after a batch, in units of the log energy, times the factor of the schedule. Default 0.2. */
  readonly rate?: number;
  /** The share of a bias that is lost after a batch: it stays within `rate / decay`, and within 20. Default 0.04. */
  readonly decay?: number;
  /**
   * A share of the mean load, in (0, 1]: concepts are left alone while they are active in at least this share of it and at most its inverse.
   * With 1 all of them are moved toward equal load. Default 0.1.
   */
  readonly floor?: number;
}

/** The largest bias: no energy is further from the others, and its exponential is still a number. */
const largestBias = 20;

/** Concepts that a batch used too little, by their loads `[K]`. */
export function belowFloor(loads: Float64Array, floor: number): number[] {
  const mean = loads.reduce((a, b) => a + b, 0) / loads.length;
  return [...loads.keys()].filter((k) => loads[k] < floor * mean);
}

/**
 * Moves the selection bias of each concept by a fixed amount after a batch (specification: Training; for mixtures of experts Wang et al. 2024,
 * arXiv:2408.15664): up when it was active in fewer samples than `floor` times the mean concept, down when in more than `1 / floor` times,
 * and lets it decay. With a low floor those that are never chosen come into use, and the others are chosen for what they explain.
 *
 * @param bias `[K]`.
 * @param loads in how many samples of the batch each concept was active, `[K]`.
 */
export function moveBias(bias: Variable, loads: Float64Array, options: Required<BalanceOptions>): void {
  const { rate, decay, floor } = options;
  const mean = loads.reduce((a, b) => a + b, 0) / loads.length;
  const values = bias.dataSync();
  const moved = Float32Array.from(loads, (load, k) => {
    const direction = load < floor * mean ? 1 : load > mean / floor ? -1 : 0;
    const value = (1 - decay) * values[k] + rate * direction;
    return Math.max(-largestBias, Math.min(largestBias, value));
  });
  tidy(() => bias.assign(tensor1d(moved)));
}
