import type { TrainOptions } from "@saeno/training";

/** What can be done about concepts that are never active. */
export interface Remedy {
  readonly name: string;
  /** Whether the activation has a selection bias, for `balance` to move. */
  readonly balanced: boolean;
  readonly options: Pick<TrainOptions, "auxiliary" | "resample" | "balance" | "deadAfter">;
}

const auxiliary = { auxiliary: true, deadAfter: 300 } as const;

export const remedies: readonly Remedy[] = [
  { name: "none", balanced: false, options: {} },
  { name: "AuxK", balanced: false, options: auxiliary },
  { name: "resampling", balanced: false, options: { resample: true, deadAfter: 300 } },
  { name: "balance, floor 1", balanced: true, options: { balance: { rate: 0.1, decay: 0.01, floor: 1 } } },
  { name: "balance", balanced: true, options: {} },
  { name: "balance and AuxK", balanced: true, options: auxiliary },
];
