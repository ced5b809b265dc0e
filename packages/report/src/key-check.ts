import type { FigureCheck, ReproducedFigure } from "./reproduction-data.ts";

/** The check that says most about a verdict: of the first setting that passed, or else of the first, one that failed or else the first. */
export function keyCheck({ settings }: Pick<ReproducedFigure, "settings">): FigureCheck | undefined {
  const setting = settings.find(({ passed }) => passed) ?? settings[0];
  return setting?.checks.find(({ passed }) => !passed) ?? setting?.checks[0];
}
