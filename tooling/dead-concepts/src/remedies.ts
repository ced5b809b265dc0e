import { auxiliary, balance, type Extension, resample } from "@saeno/training";

/** What can be done about concepts that are never active. */
export interface Remedy {
  readonly name: string;
  /** Whether the activation has a selection bias, for `balance` to move. */
  readonly balanced: boolean;
  readonly extensions: readonly Extension[];
}

const auxK = (coefficient: number, options: Omit<Parameters<typeof auxiliary>[0], "coefficient"> = {}) =>
  auxiliary({ coefficient, ...options });

export const remedies: readonly Remedy[] = [
  { name: "none", balanced: false, extensions: [] },
  { name: "AuxK at 1/32", balanced: false, extensions: [auxK(1 / 32)] },
  { name: "AuxK", balanced: false, extensions: [auxK(1)] },
  { name: "AuxK at 1/32 every 4", balanced: false, extensions: [auxK(1 / 32, { every: 4 })] },
  { name: "AuxK at 1/32 every 16", balanced: false, extensions: [auxK(1 / 32, { every: 16 })] },
  { name: "AuxK at 1/32 on 1/4", balanced: false, extensions: [auxK(1 / 32, { parts: 4 })] },
  { name: "AuxK at 1/32 on 1/2", balanced: false, extensions: [auxK(1 / 32, { parts: 2 })] },
  { name: "AuxK on 1/2", balanced: false, extensions: [auxK(1, { parts: 2 })] },
  { name: "AuxK at 1/32 with 64 at most", balanced: false, extensions: [auxK(1 / 32, { concepts: 64 })] },
  { name: "AuxK at 1/32 with 16 at most", balanced: false, extensions: [auxK(1 / 32, { concepts: 16 })] },
  { name: "AuxK every 4", balanced: false, extensions: [auxK(1, { every: 4 })] },
  { name: "resampling", balanced: false, extensions: [resample()] },
  { name: "equal load", balanced: true, extensions: [balance({ rate: 0.1, decay: 0.01, floor: 1 })] },
  { name: "balance", balanced: true, extensions: [balance()] },
  { name: "balance and AuxK at 1/32", balanced: true, extensions: [auxK(1 / 32), balance()] },
  { name: "balance and AuxK", balanced: true, extensions: [auxK(1), balance()] },
];
