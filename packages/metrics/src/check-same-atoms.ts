import { SaenoError } from "@saeno/backend";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkAtoms } from "./check-atoms.ts";

/**
 * Checks that two sets of atoms can be compared: `[Ka, ...]` and `[Kb, ...]` of one atom shape.
 *
 * @throws SaenoError `atoms.shape` otherwise.
 */
export function checkSameAtoms(a: Tensor, b: Tensor): void {
  checkAtoms(a.shape);
  checkAtoms(b.shape);
  if (a.shape.slice(1).join() !== b.shape.slice(1).join()) {
    throw new SaenoError(
      "atoms.shape",
      `Both sets need atoms of one shape; got [${a.shape.join(", ")}] and [${b.shape.join(", ")}]. Take both on the same grid.`,
    );
  }
}
