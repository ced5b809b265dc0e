import type { Modes } from "@saeno/backend";
import { type Dictionary, isLifted } from "@saeno/core";

/** The modes of a dictionary of spectra, lifted or not; `undefined` for other kinds. */
export function spectralModes(dictionary: Dictionary): Modes | undefined {
  if (dictionary.kind !== "fourier") return undefined;
  return (isLifted(dictionary) ? dictionary.lifted : dictionary).toConfig().modes as Modes;
}
