import type { Measurement } from "./measurement.ts";
import { rounded, summarize } from "./statistics.ts";

/** Milliseconds of one kind of run: the median, the tenth and ninetieth percentile; the peer's median, and peer / saeno; both with TF32. */
export interface Timing {
  readonly saenoMs: number;
  readonly saenoP10: number;
  readonly saenoP90: number;
  readonly peerMs?: number;
  /** Whether torch.compile was the faster. */
  readonly peerCompiled?: true;
  readonly ratio?: number;
  readonly peerTf32Ms?: number;
  readonly ratioTf32?: number;
}

/** What `--json` prints for each configuration. */
export interface Result {
  readonly name: string;
  readonly train: Timing;
  readonly infer: Timing;
  /** Peak resident memory, in 2^20 bytes. */
  readonly peakMb: { readonly saeno: number; readonly peer?: number };
}

/** All samples of all processes together; of peak memory the largest. Without measurements of the peer, without its fields. */
export function combine(name: string, saeno: readonly Measurement[], peer: readonly Measurement[]): Result {
  const peak = (measurements: readonly Measurement[]) =>
    Math.round(Math.max(...measurements.map(({ peakMb }) => peakMb)));
  return {
    name,
    train: timing("train", saeno, peer),
    infer: timing("infer", saeno, peer),
    peakMb: { saeno: peak(saeno), ...(peer.length > 0 ? { peer: peak(peer) } : {}) },
  };
}

function timing(kind: "train" | "infer", saeno: readonly Measurement[], peer: readonly Measurement[]): Timing {
  const pooled = (measurements: readonly Measurement[]) => summarize(measurements.flatMap((one) => one[kind]));
  const { median, p10, p90 } = pooled(saeno);
  const own = { saenoMs: median, saenoP10: p10, saenoP90: p90 };
  if (peer.length === 0) return own;
  const peerMs = pooled(peer).median;
  const compiled = peer.some((one) => one.compiled?.[kind]);
  const float32 = { ...own, peerMs, ...(compiled && { peerCompiled: true as const }), ratio: rounded(peerMs / median) };
  const tf32 = peer.flatMap((one) => one.tf32?.[kind] ?? []);
  if (tf32.length === 0) return float32;
  const peerTf32Ms = summarize(tf32).median;
  return { ...float32, peerTf32Ms, ratioTf32: rounded(peerTf32Ms / median) };
}
