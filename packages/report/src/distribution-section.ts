import { cosinePlot } from "./cosine-plot.ts";
import { hoyerPlot } from "./hoyer-plot.ts";
import { plotsBody } from "./plots-body.ts";
import type { ReportModel } from "./report-data.ts";
import type { Section } from "./section.ts";

/** How atoms are distributed: Hoyer scores and cosines. Nothing without either. */
export function distributionSection(models: readonly ReportModel[]): Section | undefined {
  const plots = [hoyerPlot(models), cosinePlot(models)];
  if (plots.every((plot) => plot === "")) return undefined;
  return {
    id: "distributions",
    title: "Shape and correlation of atoms",
    reading:
      "Left: the Hoyer score says how concentrated an atom is, and says something only as far as it lies away from the score of noise. Right: atoms that are alike have cosines near ±1; a wider histogram is a dictionary that tolerates related concepts.",
    body: plotsBody(models, plots),
  };
}
