import type { ReproducedFigure } from "./reproduction-data.ts";

/** What goes with a verdict, a sentence each: the settings it holds under, and the reason. */
export function verdictNote({ verdict, reason, settings }: ReproducedFigure): string[] {
  const passed = settings.filter((setting) => setting.passed).map(({ name }) => name);
  const under =
    verdict === "holds under these settings" && passed.length > 0 ? [`They are: ${passed.join("; ")}.`] : [];
  return reason === undefined ? under : [...under, reason];
}
