import { axisX, barY, groupX, line, ruleX, text, tickY } from "@observablehq/plot";
import type { DistributionsPlot, OptionsOf } from "@saeno/experiments";
import { quantile, range } from "d3-array";
import * as v from "valibot";
import { axisMarksY, fitText, linearPlace, referenceMarks, valueAxis } from "../plots/axes.ts";
import { plotSvg } from "../plots/svg.ts";
import {
  anyNumber,
  defineFigure,
  type Figure,
  type Frame,
  nameEntries,
  referenceEntries,
  referenceY,
} from "./figure.ts";

/** More boxes than this take the whole width of the page. */
const narrow = 14;
const [marginLeft, marginRight] = [58, 20];

const box = v.object({ x: v.string(), values: v.array(anyNumber) });
const group = v.object({ name: v.string(), boxes: v.array(box) });

export const distributions: Figure = defineFigure({
  kind: "distributions",
  summary: "Boxes of how values are distributed as something changes, for each group.",
  schema: v.strictObject({
    label: v.pipe(v.string(), v.description("What the values are.")),
    x: v.pipe(v.string(), v.description("What changes along a group.")),
    groups: v.pipe(v.array(group), v.description("Named lists of boxes, each the values at one x.")),
    references: v.optional(v.pipe(v.array(referenceY), v.description("Values to compare with.")), []),
  }),
  names: ({ groups }) => groups.map(({ name }) => name),
  draw(options, frame) {
    const markup = distributionsPlot(options, frame);
    if (markup === "") return undefined;
    return {
      picture: { markup },
      legend: [...nameEntries(options.groups, frame), ...referenceEntries(options.references)],
      notes: ["A box holds the middle half of the values and its line the middle 90%; the bar is the median."],
      wide: isWide(options),
    };
  },
});

/**
 * For each group a box at every x: the line holds 90% of the values, the box 50%, the bar is the median, and medians are joined. As
 * SVG text; empty without a number.
 */
function distributionsPlot(plot: OptionsOf<DistributionsPlot>, { title, colorOf }: Frame): string {
  const { label, x, groups, references = [] } = plot;
  const boxes = groups.flatMap(({ name, boxes }, group) => {
    const color = colorOf(name);
    const pale = `color-mix(in srgb, ${color} 35%, var(--ground, #fff))`;
    return boxes.map(({ x, values }) => ({
      group,
      x,
      color,
      pale,
      values: values.map(linearPlace).filter(Number.isFinite),
    }));
  });
  const drawn = boxes.filter(({ values }) => values.length > 0);
  const ends = drawn.flatMap(({ values }) => [0.05, 0.95].map((share) => quantile(values, share) ?? Number.NaN));
  const axis = valueAxis([...ends, ...references.map(({ y }) => y)]);
  if (axis === undefined || drawn.length === 0) return "";
  const values = drawn.flatMap(({ values, ...box }) => values.map((value) => ({ ...box, value })));
  const categories = [...new Set(boxes.map((box) => box.x))];
  const width = isWide(plot) ? 1120 : 560;
  const facet = (0.9 * (width - marginLeft - marginRight)) / groups.length;
  const ems = (pixels: number) => Math.max(1.5, pixels / 11);
  const channels = { fx: "group", x: "x", y: "value" };
  const [stroke, names] = [
    { ...channels, stroke: "color" },
    groups.map(({ name }, group) => ({ group, name, color: colorOf(name) })),
  ];
  return plotSvg({
    ariaLabel: `${title}: ${label} against ${x}`,
    width,
    marginLeft,
    marginRight,
    marginTop: 44,
    x: { type: "band", domain: categories, label: fitText(x, width - 40), padding: 0.35 },
    fx: { domain: range(groups.length), axis: null, label: null, padding: 0.1 },
    y: { type: axis.type, domain: [...axis.domain], label: fitText(label, width - 40) },
    color: { type: "identity" },
    marks: [
      axisX({ lineWidth: ems(facet / categories.length), textOverflow: "ellipsis", tickSize: 0 }),
      axisMarksY(axis),
      referenceMarks(references, axis),
      line(values, groupX({ y: "median" }, { ...stroke, strokeOpacity: 0.45 })),
      ruleX(values, groupX({ y1: "p05", y2: "p95" }, stroke)),
      barY(values, groupX({ y1: "p25", y2: "p75" }, { ...channels, fill: "pale" })),
      tickY(values, groupX({ y: "median" }, { ...stroke, strokeWidth: 2.5 })),
      text(names, {
        fx: "group",
        text: "name",
        frameAnchor: "top",
        dy: -14,
        fill: "color",
        fontWeight: 600,
        lineWidth: ems(facet),
        textOverflow: "ellipsis",
      }),
    ],
  });
}

/** Whether the boxes need the whole width of the page. */
function isWide({ groups }: Pick<DistributionsPlot, "groups">): boolean {
  return groups.length > 4 || groups.flatMap(({ boxes }) => boxes).length > narrow;
}
