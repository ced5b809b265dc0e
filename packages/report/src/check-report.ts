import { SaenoError, sizeOf } from "@saeno/backend";
import { checkAtoms } from "./check-atoms.ts";
import type { ReportData, ReportSample } from "./report-data.ts";

/**
 * Whether arrays have the sizes that their shapes say. Values may be anything: those that are not numbers are drawn as missing.
 *
 * @throws SaenoError `report.atoms`, `report.sample`.
 */
export function checkReport(data: ReportData): void {
  for (const { name, atoms, samples = [] } of data.models) {
    checkAtoms(`The atoms of ${name}`, atoms);
    for (const [index, sample] of samples.entries()) checkSample(`sample ${index} of ${name}`, sample);
  }
}

function checkSample(name: string, { input, reconstruction, grid, channels, concepts }: ReportSample): void {
  const points = sizeOf(grid);
  const expected = points * channels;
  for (const [part, { length }] of Object.entries({ input, reconstruction })) {
    if (length === expected) continue;
    throw new SaenoError(
      "report.sample",
      `The ${part} of ${name} is to have ${expected} entries, ${points} grid points of ${channels} channels; got ${length}.`,
    );
  }
  for (const { concept, map } of concepts) {
    if (map.length === points || map.length === 1) continue;
    throw new SaenoError(
      "report.sample",
      `The map of concept ${concept} in ${name} is to have ${points} entries, one a grid point, or one alone; got ${map.length}.`,
    );
  }
}
