import type { Codes } from "@saeno/activations";
import { type CodeStatistics, codeAccumulator } from "./code-accumulator.ts";

/** The statistics of one batch of codes (specification: Metrics), sparse or dense. The codes stay the caller's. For a set: `codeAccumulator`. */
export async function codeStatistics(codes: Codes): Promise<CodeStatistics> {
  const { shape } = codes.values;
  const accumulator = codeAccumulator(codes.kind === "sparse" ? codes.conceptCount : shape[shape.length - 1]);
  await accumulator.add(codes);
  return accumulator.result();
}
