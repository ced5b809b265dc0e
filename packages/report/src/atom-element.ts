import { atomFunction } from "./atom-function.ts";
import { functionElement } from "./function-element.ts";
import type { Html } from "./html.ts";
import type { ReportAtoms } from "./report-data.ts";

/** CSS pixels. */
const pictureSize = 96;

/** An atom as a picture of a gallery. */
export function atomElement(atoms: ReportAtoms, concept: number, owner: string): Html {
  const description = `Atom of concept ${concept} of ${owner}`;
  return functionElement(atomFunction(atoms, concept), { size: pictureSize, description });
}
