import { formatSetting } from "./format-setting.ts";
import { formatSpread } from "./format-spread.ts";
import { type Html, html } from "./html.ts";
import { metricAxis } from "./metric-axis.ts";
import { pageText } from "./page.ts";
import { plotSvg } from "./plot-svg.ts";
import { type Section, sectionElement } from "./section.ts";
import { seedsNote } from "./seeds-note.ts";
import type { SweepData } from "./sweep-data.ts";
import { bestRun, isMeasured } from "./sweep-order.ts";
import { sweepPanel } from "./sweep-panel.ts";
import { sweepTable } from "./sweep-table.ts";

/**
 * One page about the runs of a sweep: the best settings, the metric against every setting, and a table of all runs. HTML that carries
 * its own pictures and style, and needs neither a network nor scripts. What is not a number is shown as missing.
 */
export function renderSweep(data: SweepData): string {
  const { title, summary } = data;
  const sections = [settingsSection(data), runsSection(data)].filter((section) => section !== undefined);
  return pageText({ title, eyebrow: "saeno sweep", summary, head: bestTile(data), body: sections.map(sectionElement) });
}

function bestTile(data: SweepData): Html | undefined {
  const best = bestRun(data);
  if (best === undefined) return undefined;
  const settings = data.fields.map((field) => `${field} ${formatSetting(best.settings[field])}`).join(", ");
  return html`<div class="tiles"><div class="tile"><h3>${data.metric}, the ${data.goal}</h3><div class="tile-row"><b>${formatSpread({ ...best.metric, count: 1 })}</b></div><small>${settings}</small></div></div>`;
}

function settingsSection(data: SweepData): Section | undefined {
  const panels = data.fields.map((field) => sweepPanel(data, field)).filter((panel) => panel !== undefined);
  if (panels.length === 0) return undefined;
  return {
    id: "settings",
    title: "What the settings do",
    reading: [
      "Every dot is a run, a thin line its range over seeds; the line joins the best run at each value, and the best of all is ringed.",
      farNote(data),
    ]
      .join(" ")
      .trim(),
    body: html`<div class="panels">${panels.map((panel) => html`<figure>${{ markup: plotSvg(panel) }}</figure>`)}</div>`,
  };
}

/** How many runs lie beyond the axis. */
function farNote(data: SweepData): string {
  const [low, high] = metricAxis(data)?.domain ?? [0, 0];
  const far = data.runs.filter(isMeasured).filter(({ metric }) => metric.mean < low || metric.mean > high).length;
  if (far === 0) return "";
  return far === 1
    ? "One run lies beyond the axis, drawn at its edge."
    : `${far} runs lie beyond the axis, drawn at its edge.`;
}

function runsSection(data: SweepData): Section {
  const failed = data.runs.filter((run) => run.failed !== undefined).length;
  const seeds = seedsNote(data.runs.filter(isMeasured).map(({ metric }) => metric));
  const notes = [
    `The ${data.goal} ${data.metric} first.`,
    seeds === "" ? "" : `Numbers are ${seeds}.`,
    failed === 0 ? "" : `${failed} of ${data.runs.length} runs failed; errors are at the end.`,
  ];
  return { id: "runs", title: "Runs", reading: notes.filter(Boolean).join(" "), body: sweepTable(data) };
}
