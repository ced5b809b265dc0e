import { rectY, ruleX, ruleY, text } from "@observablehq/plot";
import type { HistogramsPlot, OptionsOf } from "@saeno/experiments";
import { bin, deviation, max, median, range } from "d3-array";
import * as v from "valibot";
import { formatNumber, formatTick } from "../page/numbers.ts";
import { fitText, referenceDash, valueAxis } from "../plots/axes.ts";
import { plotSvg } from "../plots/svg.ts";
import { anyNumber, defineFigure, type Figure, type Frame, referenceEntries } from "./figure.ts";

const rowHeight = 132;
/** The widest a name may be, in ems. */
const nameWidth = 42;

const group = v.object({ name: v.string(), values: v.array(anyNumber) });
const reference = v.object({ name: v.string(), x: anyNumber, group: v.optional(v.string()) });
const domain = v.tuple([v.number(), v.number()]);

export const histograms: Figure = defineFigure({
  kind: "histograms",
  summary: "A histogram for each group, one below the other on the same axes.",
  schema: v.strictObject({
    label: v.pipe(v.string(), v.description("What the values are.")),
    groups: v.pipe(v.array(group), v.description("Named lists of values.")),
    references: v.optional(v.pipe(v.array(reference), v.description("Values to compare with.")), []),
    domain: v.optional(v.pipe(domain, v.description("What the x axis holds."))),
    bins: v.optional(v.pipe(v.number(), v.description("How many bins."))),
  }),
  names: ({ groups }) => groups.map(({ name }) => name),
  draw(options, frame) {
    const markup = histogramsPlot(options, frame);
    if (markup === "") return undefined;
    const notes = ["Shares of the values of each group, in equal bins."];
    return { picture: { markup }, legend: referenceEntries(options.references), notes };
  },
});

function histogramsPlot(plot: OptionsOf<HistogramsPlot>, { colorOf }: Frame): string {
  const { label, groups, references = [] } = plot;
  const most = max(groups, ({ values }) => values.length) ?? 0;
  const { bins = Math.min(60, Math.max(12, Math.ceil(2 * Math.sqrt(most)))) } = plot;
  const axis = valueAxis([...groups.flatMap(({ values }) => values), ...references.map(({ x }) => x)]);
  if (axis === undefined) return "";
  const [low, high] = plot.domain ?? axis.domain;
  const drawn = groups.map(({ values }) => values.map(axis.place).filter(Number.isFinite));
  if (drawn.every(({ length }) => length === 0)) return "";
  // The bins of Plot leave out the upper end, which those of d3 hold.
  const binned = bin()
    .domain([low, high])
    .thresholds(range(1, bins).map((i) => low + (i / bins) * (high - low)));
  const bars = drawn.flatMap((values, row) =>
    binned(values.map((value) => Math.min(high, Math.max(low, value))))
      .filter(({ length }) => length > 0)
      .map(({ x0, x1, length }) => ({ row, x0, x1, share: length / values.length, color: colorOf(groups[row].name) })),
  );
  const names = groups.map(({ name }, row) => ({
    row,
    name: `${name}   median ${formatNumber(median(drawn[row]))}, standard deviation ${formatNumber(deviation(drawn[row]))}`,
    color: colorOf(name),
  }));
  const channels = { fy: "row", fill: "color" };
  return plotSvg({
    ariaLabel: `histogram: ${label}`,
    height: 50 + rowHeight * groups.length,
    marginTop: 16,
    x: { label: fitText(label, 520), domain: [low, high], tickFormat: formatTick, ticks: 8 },
    y: { label: null, grid: true, ticks: 3, tickFormat: "~%", insetTop: 20 },
    fy: { label: null, axis: null, domain: range(groups.length), padding: 0.14 },
    color: { type: "identity" },
    marks: [
      rectY(bars, { ...channels, x1: "x0", x2: "x1", y: "share", fillOpacity: 0.85, insetLeft: 0.5, insetRight: 0.5 }),
      ruleY([0], { strokeOpacity: 0.5 }),
      references.map(({ x, group }, i) => {
        const rows = names.filter((_, row) => group === undefined || group === groups[row].name);
        if (!Number.isFinite(axis.place(x))) return null;
        return ruleX(rows, {
          fy: "row",
          x: () => x,
          strokeDasharray: referenceDash(i),
          strokeWidth: 1.5,
          insetTop: 20,
        });
      }),
      text(names, {
        ...channels,
        text: "name",
        frameAnchor: "top-left",
        fontWeight: 600,
        lineWidth: nameWidth,
        textOverflow: "ellipsis",
      }),
    ],
  });
}
