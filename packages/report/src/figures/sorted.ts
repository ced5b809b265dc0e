import { descending } from "d3-array";
import * as v from "valibot";
import { curvesPlot, logNote } from "./curves.ts";
import { anyNumber, axisSchema, bandEntries, bandSchema, defineFigure, type Figure, nameEntries } from "./figure.ts";

const curve = v.object({ name: v.string(), values: v.array(anyNumber) });

export const sorted: Figure = defineFigure({
  kind: "sorted",
  summary: "Values in falling order, by rank or by share.",
  schema: v.strictObject({
    x: v.pipe(v.string(), v.description("What the ranks are, such as `rank of the concept`.")),
    y: v.pipe(axisSchema, v.description("The axis of the values.")),
    curves: v.pipe(v.array(curve), v.description("Named lists of values, in any order.")),
    normalized: v.optional(v.pipe(v.boolean(), v.description("Ranks as a share of the values of each curve.")), false),
    band: v.optional(v.pipe(bandSchema, v.description("Values that are shaded across the plot."))),
    wide: v.optional(v.pipe(v.boolean(), v.description("Takes the whole width of the page.")), false),
  }),
  names: ({ curves }) => curves.map(({ name }) => name),
  draw({ x, y, curves, normalized, band, wide }, frame) {
    const ranked = curves.map(({ name, values }) => {
      const falling = values.filter(Number.isFinite).sort(descending);
      const rank = (i: number) => (normalized ? (i + 0.5) / falling.length : i + 1);
      return { name, points: falling.map((y, i) => ({ x: rank(i), y })) };
    });
    const markup = curvesPlot({ x: { label: x }, y, curves: ranked, band, wide }, frame);
    if (markup === "") return undefined;
    const note = y.log === true ? logNote(curves.flatMap(({ values }) => values)) : "";
    return {
      picture: { markup },
      legend: [...nameEntries(curves, frame), ...bandEntries(band)],
      notes: note === "" ? [] : [note],
      wide,
    };
  },
});
