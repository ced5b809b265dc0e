import { markdownTable } from "markdown-table";
import { formatNumber } from "./format-number.ts";
import type { Result, Timing } from "./result.ts";

/** Results as a Markdown table, the peer's columns where there are any, and those of TF32. */
export function resultTable(results: readonly Result[]): string {
  const peer = results.some(({ peakMb }) => peakMb.peer !== undefined);
  const tf32 = results.some(({ train }) => train.peerTf32Ms !== undefined);
  const timingHeading = (what: string) => [
    `${what} ms`,
    "p10 to p90",
    ...(peer ? ["PyTorch ms", "ratio"] : []),
    ...(tf32 ? ["TF32 ms", "ratio"] : []),
  ];
  const heading = [
    "configuration",
    ...timingHeading("training step"),
    ...timingHeading("encode + decode"),
    "peak MB",
    ...(peer ? ["PyTorch MB"] : []),
  ];
  const timingCells = ({ saenoMs, saenoP10, saenoP90, peerMs, peerCompiled, ratio, peerTf32Ms, ratioTf32 }: Timing) => [
    formatNumber(saenoMs),
    `${formatNumber(saenoP10)} to ${formatNumber(saenoP90)}`,
    ...(peer ? [`${optional(peerMs)}${peerCompiled ? " (compiled)" : ""}`, optional(ratio)] : []),
    ...(tf32 ? [optional(peerTf32Ms), optional(ratioTf32)] : []),
  ];
  const rows = results.map(({ name, train, infer, peakMb }) => [
    name,
    ...timingCells(train),
    ...timingCells(infer),
    String(peakMb.saeno),
    ...(peer ? [optional(peakMb.peer)] : []),
  ]);
  return markdownTable([heading, ...rows], { align: heading.map((_, column) => (column === 0 ? "l" : "r")) });
}

function optional(value: number | undefined): string {
  return value === undefined ? "" : formatNumber(value);
}
