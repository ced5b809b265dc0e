import type { TrainOptions } from "@saeno/training";

/** What can be done about concepts that are never active. */
export interface Remedy {
  readonly name: string;
  /** Whether the activation has a selection bias, for `balance` to move. */
  readonly balanced: boolean;
  readonly options: Pick<TrainOptions, "auxiliary" | "resample" | "balance" | "deadAfter">;
}

const deadAfter = 300;

export const remedies: readonly Remedy[] = [
  { name: "none", balanced: false, options: {} },
  { name: "AuxK", balanced: false, options: { auxiliary: { coefficient: 1 / 32 }, deadAfter } },
  { name: "AuxK at full weight", balanced: false, options: { auxiliary: { coefficient: 1 }, deadAfter } },
  { name: "resampling", balanced: false, options: { resample: true, deadAfter } },
  { name: "equal load", balanced: true, options: { balance: { rate: 0.1, decay: 0.01, floor: 1 } } },
  { name: "balance", balanced: true, options: { balance: {} } },
  { name: "balance and AuxK", balanced: true, options: { balance: {}, auxiliary: { coefficient: 1 / 32 }, deadAfter } },
  {
    name: "balance and AuxK at full weight",
    balanced: true,
    options: { balance: {}, auxiliary: { coefficient: 1 }, deadAfter },
  },
];
