import { tensor1d, tidy, type Variable } from "@tensorflow/tfjs-core";

export interface BalanceOptions {
  /** How far the bias of a concept moves after a batch, in units of the log energy. Default 0.03. */
  readonly rate?: number;
  /** The share of the bias that is lost after a batch. Default 0. */
  readonly decay?: number;
}

/**
 * Moves the selection bias of each concept by a fixed amount towards equal load (SPEC 7): down when it was active in more samples of
 * the batch than the mean concept, else up.
 */
export function moveBias(bias: Variable, loads: Float64Array, { rate, decay }: Required<BalanceOptions>): void {
  const mean = loads.reduce((a, b) => a + b, 0) / loads.length;
  const values = bias.dataSync();
  const moved = Float32Array.from(
    loads,
    (load, k) => (1 - decay) * (values[k] as number) + rate * Math.sign(mean - load),
  );
  tidy(() => bias.assign(tensor1d(moved)));
}
