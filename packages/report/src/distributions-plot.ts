import { axisX, barY, line, ruleX, ruleY, text, tickY } from "@observablehq/plot";
import { axisMarksY } from "./axis-marks.ts";
import type { DistributionsPlot } from "./figure-plot-data.ts";
import { fitText } from "./fit-text.ts";
import { linearPlace, valueAxis } from "./number-axis.ts";
import { plotSvg } from "./plot-svg.ts";
import { quantile } from "./quantile.ts";
import { referenceDash } from "./reference-dash.ts";

/** More boxes than this take the whole width of the page. */
const narrow = 14;
const [marginLeft, marginRight] = [58, 20];

interface Box {
  readonly group: number;
  readonly x: string;
  readonly low: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly high: number;
}

/**
 * For each group side by side a box at every x: the line holds 90 % of the values, the box 50 %, the bar is the median, and medians are
 * joined. As SVG text; empty without a number.
 */
export function distributionsPlot(plot: Omit<DistributionsPlot, "kind">, colorOf: (name: string) => string): string {
  const { title, label, x, groups, references = [] } = plot;
  const boxes = groups.map((group, index) => group.boxes.flatMap(({ x, values }) => boxOf(index, x, values)));
  const drawn = boxes.flat();
  const axis = valueAxis([...drawn.flatMap(({ low, high }) => [low, high]), ...references.map(({ y }) => y)]);
  if (axis === undefined || drawn.length === 0) return "";
  const categories = [...new Set(groups.flatMap((group) => group.boxes.map((box) => box.x)))];
  const width = isWide(plot) ? 1120 : 560;
  const facet = (0.9 * (width - marginLeft - marginRight)) / groups.length;
  const ems = (pixels: number) => Math.max(1.5, pixels / 11);
  return plotSvg({
    ariaLabel: `${title}: ${label} against ${x}`,
    width,
    marginLeft,
    marginRight,
    marginTop: 44,
    x: { type: "band", domain: categories, label: fitText(x, width - 40), padding: 0.35 },
    fx: { domain: groups.map((_, i) => i), axis: null, label: null, padding: 0.1 },
    y: { type: axis.type, domain: [...axis.domain], label: fitText(label, width - 40) },
    marks: [
      axisX({ lineWidth: ems(facet / categories.length), textOverflow: "ellipsis", tickSize: 0 }),
      axisMarksY(axis),
      references.map(({ y }, i) =>
        Number.isFinite(axis.place(y)) ? ruleY([y], { strokeDasharray: referenceDash(i), strokeWidth: 1.5 }) : null,
      ),
      groups.map(({ name }, i) => [
        line(boxes[i] ?? [], { fx: "group", x: "x", y: "median", stroke: colorOf(name), strokeOpacity: 0.45 }),
        ruleX(boxes[i] ?? [], { fx: "group", x: "x", y1: "low", y2: "high", stroke: colorOf(name) }),
        barY(boxes[i] ?? [], {
          fx: "group",
          x: "x",
          y1: "lowerQuartile",
          y2: "upperQuartile",
          fill: `color-mix(in srgb, ${colorOf(name)} 35%, var(--ground, #fff))`,
        }),
        tickY(boxes[i] ?? [], { fx: "group", x: "x", y: "median", stroke: colorOf(name), strokeWidth: 2.5 }),
        text([name], {
          fx: () => i,
          text: () => name,
          frameAnchor: "top",
          dy: -14,
          fill: colorOf(name),
          fontWeight: 600,
          lineWidth: ems(facet),
          textOverflow: "ellipsis",
        }),
      ]),
    ],
  });
}

/** Whether the boxes need the whole width of the page. */
export function isWide({ groups }: Pick<DistributionsPlot, "groups">): boolean {
  return groups.length > 4 || groups.flatMap(({ boxes }) => boxes).length > narrow;
}

function boxOf(group: number, x: string, values: readonly number[]): Box[] {
  const sorted = values
    .map(linearPlace)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  const [low, lowerQuartile, median, upperQuartile, high] = [0.05, 0.25, 0.5, 0.75, 0.95].map((share) =>
    quantile(sorted, share),
  ) as [number, number, number, number, number];
  return [{ group, x, low, lowerQuartile, median, upperQuartile, high }];
}
