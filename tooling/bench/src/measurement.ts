import { z } from "zod";
import type { Configuration } from "./configurations.ts";
import type { TimingPlan } from "./timing.ts";

export const peerDevices = ["cpu", "cuda", "mps"] as const;
export type PeerDevice = (typeof peerDevices)[number];

/** What a measuring process, ours or the peer's, is asked to do: JSON, its last argument. */
export interface Task {
  readonly configuration: Configuration;
  readonly plan: TimingPlan;
  /** Absent: what the backend chooses. */
  readonly threads?: number;
  /** Ours only: a form of a backend, as `pnpm conformance` names them. Absent: wasm. */
  readonly backend?: string;
  /** The peer's only: where PyTorch computes. Absent: on the CPU. */
  readonly device?: PeerDevice;
  /** The peer's only: measure again with TF32 allowed. */
  readonly tf32?: boolean;
  /** The peer's only: measure what torch.compile makes of it too, and answer with the faster. */
  readonly compile?: boolean;
}

const milliseconds = z.array(z.number().nonnegative()).min(1);

/** What it answers: JSON, the last line of its output. */
export const measurementSchema = z.object({
  /** Milliseconds of every training step. */
  train: milliseconds,
  /** Milliseconds of every encode + decode. */
  infer: milliseconds,
  /** The same with TF32 allowed. */
  tf32: z.object({ train: milliseconds, infer: milliseconds }).optional(),
  /** Which of the peer's are torch.compile's. */
  compiled: z.object({ train: z.boolean(), infer: z.boolean() }).optional(),
  /** Peak resident memory of the process, in 2^20 bytes. */
  peakMb: z.number().positive(),
  /** What it ran on, for people. */
  detail: z.string(),
  /** Of a plain matrix product, as a check on the peer's linear algebra. */
  matrixGflops: z.number().positive().optional(),
});

export type Measurement = z.infer<typeof measurementSchema>;
