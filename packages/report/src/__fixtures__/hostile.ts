import type { FigurePlot } from "@saeno/experiments";
import type { ReproductionData } from "@saeno/experiments";
import type { Spread } from "@saeno/experiments";
import type { SweepData } from "@saeno/experiments";
import { fixtureFigure } from "./reproduction.ts";

/** Text that is markup in HTML and in Markdown, and long. */
export const hostileText: string = `<script>alert("1 & 2")</script>' | *a* _b_ \`c\` [d](e) # ${"a name that goes on and on ".repeat(6)}`;

/** Numbers that arithmetic of a plot may trip over. */
export const hostileNumbers: readonly number[] = [
  0, -0, 1, -1, 1e-320, 1e300, -1e300, Number.MAX_VALUE, Number.MIN_VALUE, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1 + 1e-15,
];

const spread = (mean: number): Spread => ({ mean, low: mean - 1, high: Number.NaN, count: 2 });

/** Every kind of picture with the given numbers, named and labeled by hostile text. */
export function hostilePlots(numbers: readonly number[]): FigurePlot[] {
  const text = hostileText;
  const references = [...numbers, Number.NaN].map((y) => ({ name: text, y, x: y }));
  const axes = [false, true].flatMap((x) => [false, true].map((y) => ({ x: { label: text, log: x }, y: { label: text, log: y } })));
  return [
    ...axes.flatMap(({ x, y }): FigurePlot[] => {
      const points = numbers.flatMap((a) => numbers.map((b) => ({ x: a, y: spread(b) })));
      const curves = [text, text, "", ...Array.from({ length: 9 }, (_, i) => `${i}`)].map((name) => ({ name, points }));
      return [
        { kind: "curves", title: text, x, y, curves, references },
        { kind: "sorted", title: text, x: text, y, normalized: x.log, curves: [{ name: text, values: numbers }] },
      ];
    }),
    { kind: "histograms", title: text, label: text, groups: [{ name: text, values: numbers }, { name: text, values: [] }], references },
    {
      kind: "distributions",
      title: text,
      label: text,
      x: text,
      groups: [text, "b", "b"].map((name) => ({ name, boxes: [{ x: text, values: numbers }, { x: "", values: [] }] })),
      references,
    },
    { kind: "atoms", title: text, caption: text, atoms: { values: Float32Array.from(numbers), shape: [numbers.length, 1, 1, 1] }, utilization: numbers, count: 9, columns: 0 },
  ];
}

/** A figure of which every text is hostile and every number one of the given. */
export function hostileReproduction(numbers: readonly number[]): ReproductionData {
  const text = hostileText;
  const checks = numbers.map((value) => ({ says: text, value: spread(value), bound: text, passed: false }));
  const figure = fixtureFigure({
    id: text,
    title: text,
    claim: text,
    setup: [text],
    rule: text,
    verdict: "does not hold",
    reason: text,
    settings: [{ name: text, passed: true, checks }, { name: "", passed: false, checks: [] }],
    controlled: { rule: "" },
    tables: [
      { title: text, unit: text, columns: [text], rows: [{ name: text, cells: numbers.map(spread), baseline: true }, { name: "", cells: [] }] },
      { title: "", columns: [], rows: [] },
    ],
    plots: hostilePlots(numbers),
    notes: [text],
    failed: [{ run: text, error: text }],
    config: { text },
  });
  return { title: text, summary: [text], figures: [figure, figure] };
}

/** A sweep of which every text is hostile and every number one of the given. */
export function hostileSweep(numbers: readonly number[]): SweepData {
  const text = hostileText;
  const runs = numbers.flatMap((value, i) => [
    { settings: { [text]: value, b: numbers.at(-1 - i), c: i % 2 === 0 ? text : undefined, d: 1 }, seeds: 1, metric: spread(value), others: { [text]: spread(value) }, place: text },
    { settings: {}, seeds: 0, metric: spread(value), others: {}, failed: text },
  ]);
  return { title: text, summary: [text], metric: text, goal: "highest", fields: [text, "b", "c", "d", "e"], runs };
}
