import { markdownTable } from "markdown-table";
import type { StepCounts, StepOperations } from "./count-step.ts";
import { formatNumber } from "./format-number.ts";

/** What two cores reach: a relaxed-SIMD matrix product, and memory, from fresh pages to pages in use. */
export const anchors = { operationsPerSecond: 100e9, bytesPerSecond: { least: 8e9, most: 25e9 } } as const;

export type Bound = "arithmetic" | "memory" | "either";

export interface StepBounds {
  readonly arithmeticMs: number;
  /** At the higher and at the lower speed of memory. */
  readonly memoryMs: readonly [number, number];
  /** Which of the two a step waits for at these speeds; `either` where it depends on the speed of memory. */
  readonly bound: Bound;
}

/** The time below which a step cannot go at the speeds of {@link anchors}. */
export function stepBounds({ operations, bytes }: StepCounts): StepBounds {
  const arithmeticMs = (1000 * total(operations)) / anchors.operationsPerSecond;
  const { least, most } = anchors.bytesPerSecond;
  const memoryMs = [(1000 * bytes) / most, (1000 * bytes) / least] as const;
  const bound = arithmeticMs >= memoryMs[1] ? "arithmetic" : arithmeticMs <= memoryMs[0] ? "memory" : "either";
  return { arithmeticMs, memoryMs, bound };
}

/** Counts as a Markdown table, in millions. */
export function countTable(counts: readonly StepCounts[]): string {
  const heading = [
    "configuration",
    "parameters M",
    "selection",
    "maps",
    "concepts",
    "samples",
    "optimizer",
    "operations M",
    "MB",
    "arithmetic ms",
    "memory ms",
    "bound",
  ];
  const millions = (value: number) => formatNumber(value / 1e6);
  const rows = counts.map((count) => {
    const { selection, maps, concepts, samples, optimizer } = count.operations;
    const { arithmeticMs, memoryMs, bound } = stepBounds(count);
    return [
      count.name,
      millions(count.parameters),
      ...[selection, maps, concepts, samples, optimizer, total(count.operations), count.bytes].map(millions),
      formatNumber(arithmeticMs),
      memoryMs.map(formatNumber).join(" to "),
      bound,
    ];
  });
  const align = heading.map((_, column) => (column === 0 || column === heading.length - 1 ? "l" : "r"));
  return markdownTable([heading, ...rows], { align });
}

function total(operations: StepOperations): number {
  return Object.values(operations).reduce((sum, value) => sum + value, 0);
}
