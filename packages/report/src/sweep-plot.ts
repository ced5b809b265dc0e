import { plotGrid } from "./plot-svg.ts";
import type { SweepData } from "./sweep-data.ts";
import { sweepPanel } from "./sweep-panel.ts";

/**
 * The metric of a sweep against every field that was swept, a small plot each, as one SVG: runs are dots, a line joins the best at each
 * value, the best run of all is ringed. Empty when nothing was swept or no run came to a number.
 */
export function sweepPlot(data: SweepData): string {
  const panels = data.fields.map((field) => sweepPanel(data, field)).filter((panel) => panel !== undefined);
  return plotGrid(panels, 3, `${data.metric} against the settings that were swept`);
}
