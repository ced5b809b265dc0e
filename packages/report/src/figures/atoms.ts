import * as v from "valibot";
import type { ReportAtoms } from "../data/report-data.ts";
import { formatNumber } from "../page/numbers.ts";
import { atomGallery, checkAtoms, conceptOrder } from "../pictures/atoms.ts";
import { anyNumber, defineFigure, type Figure } from "./figure.ts";

/** CSS pixels of a picture and the gap beside it. */
const cell = 104;

const sizes = v.array(v.number());
const atomsSchema: v.GenericSchema<ReportAtoms> = v.object({
  values: v.instance(Float32Array),
  shape: sizes,
  order: v.exactOptional(sizes),
  sampleShape: v.exactOptional(sizes),
});

export const atoms: Figure = defineFigure({
  kind: "atoms",
  summary: "Atoms as small pictures, the most used first.",
  schema: v.strictObject({
    caption: v.optional(v.pipe(v.string(), v.description("A sentence about the atoms."))),
    atoms: v.pipe(atomsSchema, v.description("Values `[K, ...N, C]` or `[K, n]`, row by row, and their shape.")),
    utilization: v.optional(v.pipe(v.array(anyNumber), v.description("The share of samples that use each concept."))),
    count: v.pipe(v.number(), v.description("How many atoms are shown, at most.")),
    columns: v.optional(v.pipe(v.number(), v.description("How many pictures a row has, at most."))),
  }),
  draw({ caption, atoms, utilization, count, columns }, { title }) {
    checkAtoms(`The atoms of "${title}"`, atoms);
    const order = conceptOrder(atoms, utilization ?? []);
    const shown = order.slice(0, Math.max(0, count));
    const left = order.length - shown.length;
    const picture = atomGallery(atoms, {
      owner: title,
      shown,
      utilization,
      notes: [
        atoms.order === undefined && utilization !== undefined && "The most used first.",
        left > 0 && `${formatNumber(left)} more ${left === 1 ? "is" : "are"} left out.`,
      ],
      width: columns === undefined ? undefined : Math.max(1, columns) * cell,
    });
    if (picture === undefined) return undefined;
    return { picture, notes: caption === undefined ? [] : [caption], wide: true };
  },
});
