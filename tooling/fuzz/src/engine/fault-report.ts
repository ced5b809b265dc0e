import { markdownTable } from "markdown-table";
import type { Tally } from "./tally.ts";

/** What came of every target, a row each. */
export function tallyTable(tallies: ReadonlyMap<string, Tally>): string {
  const number = (value: number) => value.toLocaleString("en-US");
  const head = [
    "target",
    "inputs",
    "accepted",
    "refused",
    "our errors, most frequent first",
    "other",
    "faults",
    "hangs",
    "ms each",
    "slowest ms",
    "peak MB",
  ];
  const rows = [...tallies].map(([name, tally]) => [
    name,
    ...[tally.inputs, tally.accepted, tally.refused].map(number),
    topCodes(tally.codes),
    ...[tally.others, tally.faultCount, tally.hangs].map(number),
    (tally.totalMs / tally.inputs).toFixed(2),
    ...[Math.round(tally.slowestMs), Math.round(tally.peakMb)].map(number),
  ]);
  const sum = (key: "inputs" | "accepted" | "refused" | "others" | "faultCount" | "hangs") =>
    number([...tallies.values()].reduce((total, tally) => total + tally[key], 0));
  const last = [
    "all",
    sum("inputs"),
    sum("accepted"),
    sum("refused"),
    "",
    sum("others"),
    sum("faultCount"),
    sum("hangs"),
    "",
    "",
    "",
  ];
  return markdownTable([head, ...rows, last], { align: ["l", "r", "r", "r", "l", ...Array<"r">(6).fill("r")] });
}

function topCodes(codes: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(codes).sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 4).map(([code, count]) => `${code} ${count}`);
  return [...shown, ...(sorted.length > 4 ? [`${sorted.length - 4} more`] : [])].join(", ");
}

/** Faults of a kind once, with how often they were seen and how to see one again. */
export function faultLines(tallies: ReadonlyMap<string, Tally>, seed: number, most = 60): string[] {
  const kinds = [...tallies.values()].flatMap(({ faults }) => Object.values(faults)).sort((a, b) => b.count - a.count);
  const lines = kinds.slice(0, most).map(({ target, input, problem, count }) => {
    const times = count > 1 ? ` (${count} like it)` : "";
    return `${target}: ${problem}${times}\n  pnpm fuzz --only ${target} --seed ${seed} --input ${input}`;
  });
  return kinds.length > most ? [...lines, `.. and ${kinds.length - most} more kinds of faults`] : lines;
}
