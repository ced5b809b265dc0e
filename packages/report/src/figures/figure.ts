/**
 * A figure is a kind of plot that a page can show: it defines the options of its plots, and draws them. To add one, write an object with `defineFigure` and
 * make it known with `register`; built-in figures are made the same way.
 */

import { type Component, defineComponent, type OptionsSchema } from "@saeno/backend";
import type { PlotAxis, PlotBand, ReferenceX, ReferenceY } from "@saeno/experiments";
import * as v from "valibot";
import type { Html } from "../page/html.ts";
import type { LegendEntry } from "../page/legend.ts";
import { formatReference } from "../page/numbers.ts";
import { referenceDash } from "../plots/axes.ts";

export interface Figure<Schema extends OptionsSchema = OptionsSchema> extends Component<Schema> {
  readonly type: "figure";
  /** The names of curves or groups in a plot. A name has one color in all plots that are drawn together. */
  names?(options: v.InferOutput<Schema>): readonly string[];
  /** Draws a plot; nothing if its data has nothing to draw. */
  draw(options: v.InferOutput<Schema>, frame: Frame): Drawing | undefined;
}

/** What surrounds a drawing. */
export interface Frame {
  readonly title: string;
  /** The color of a name among those of the plot, as CSS. */
  colorOf(name: string): string;
}

export interface Drawing {
  readonly picture: Html;
  readonly legend?: readonly LegendEntry[];
  /** How to read the picture, and what data it leaves out, one sentence each. */
  readonly notes?: readonly string[];
  /** Takes the whole width of the page. Default false. */
  readonly wide?: boolean;
}

export function defineFigure<Schema extends OptionsSchema>(definition: Omit<Figure<Schema>, "type">): Figure<Schema> {
  return defineComponent("figure", definition);
}

/** Any number, NaN and infinities included: those are drawn as missing. */
export const anyNumber: v.GenericSchema<number> = v.custom<number>(
  (value) => typeof value === "number",
  "must be a number",
);

export const axisSchema: v.GenericSchema<PlotAxis> = v.object({
  label: v.string(),
  log: v.optional(v.boolean()),
  zero: v.optional(v.boolean()),
  ticks: v.optional(v.array(v.object({ value: v.number(), label: v.string() }))),
});

export const referenceY: v.GenericSchema<ReferenceY> = v.object({ name: v.string(), y: anyNumber });

export const bandSchema: v.GenericSchema<PlotBand> = v.object({ name: v.string(), from: v.number(), to: v.number() });

/** The legend entry of a band, where there is one. */
export function bandEntries(band: PlotBand | undefined): LegendEntry[] {
  return band === undefined ? [] : [{ name: band.name, color: "var(--ink)", area: true }];
}

/** Legend entries of names, each in its color. */
export function nameEntries(names: readonly { readonly name: string }[], { colorOf }: Frame): LegendEntry[] {
  return names.map(({ name }) => ({ name, color: colorOf(name) }));
}

/** Legend entries of values to compare with; those that are not numbers are not drawn. */
export function referenceEntries(references: readonly (ReferenceX | ReferenceY)[]): LegendEntry[] {
  return references.flatMap((reference, i) => {
    const value = "y" in reference ? reference.y : reference.x;
    if (!Number.isFinite(value)) return [];
    return [
      {
        name: `${reference.name} (${formatReference(value)})`,
        color: "var(--ink)",
        dash: referenceDash(i),
      },
    ];
  });
}
