import { SaenoError, sizeOf } from "@saeno/backend";
import type { ReportAtoms } from "./report-data.ts";

/**
 * Whether atoms have the sizes that their shapes say.
 *
 * @throws SaenoError `report.atoms`.
 */
export function checkAtoms(name: string, { values, shape, sampleShape }: ReportAtoms): void {
  if (shape.length < 2 || sizeOf(shape) !== values.length) {
    throw new SaenoError(
      "report.atoms",
      `${name} come as values of shape [K, ...grid, channels] or [K, n]; got ${values.length} values of shape [${shape.join(", ")}].`,
    );
  }
  if (sampleShape !== undefined && sizeOf(sampleShape) !== sizeOf(shape.slice(1))) {
    throw new SaenoError(
      "report.atoms",
      `${name} have ${sizeOf(shape.slice(1))} entries each, which sampleShape is to hold, as [...grid, channels]; got [${sampleShape.join(", ")}].`,
    );
  }
}
