import type { TrainOptions } from "@saeno/training";

/** What can be done about concepts that are never active. */
export interface Remedy {
  readonly name: string;
  /** Whether the activation has a selection bias, for `balance` to move. */
  readonly balanced: boolean;
  readonly options: Pick<TrainOptions, "auxiliary" | "resample" | "balance">;
}

const auxiliary = (coefficient: number) => ({ auxiliary: { coefficient } });
const off = { auxiliary: false } as const;

export const remedies: readonly Remedy[] = [
  { name: "none", balanced: false, options: off },
  { name: "AuxK at 1/32", balanced: false, options: auxiliary(1 / 32) },
  { name: "AuxK", balanced: false, options: auxiliary(1) },
  { name: "resampling", balanced: false, options: { ...off, resample: true } },
  { name: "equal load", balanced: true, options: { ...off, balance: { rate: 0.1, decay: 0.01, floor: 1 } } },
  { name: "balance", balanced: true, options: { ...off, balance: {} } },
  { name: "balance and AuxK at 1/32", balanced: true, options: { ...auxiliary(1 / 32), balance: {} } },
  { name: "balance and AuxK", balanced: true, options: { ...auxiliary(1), balance: {} } },
];
