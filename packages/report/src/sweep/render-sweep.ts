import type { SweepData, SweepRun } from "@saeno/experiments";
import { type Html, html } from "../page/html.ts";
import { formatCount, formatSetting, formatSpread, seedsNote, spreadElement } from "../page/numbers.ts";
import { pageText, type Section } from "../page/page.ts";
import { plotSvg } from "../plots/svg.ts";
import { bestRun, isMeasured, sweepOrder } from "./sweep-order.ts";
import { metricAxis, sweepPanels } from "./sweep-plot.ts";

/**
 * One page about the runs of a sweep: the best settings, the metric against each setting, and a table of all runs. HTML that carries
 * its own pictures and style, and needs neither a network nor scripts. What is not a number is shown as missing.
 */
export function renderSweep(data: SweepData): string {
  const { title, summary } = data;
  const sections = [settingsSection(data), runsSection(data)].filter((section) => section !== undefined);
  return pageText({ title, eyebrow: "saeno sweep", summary, head: bestTile(data), sections });
}

function bestTile(data: SweepData): Html | undefined {
  const best = bestRun(data);
  if (best === undefined) return undefined;
  const settings = data.fields.map((field) => `${field} ${formatSetting(best.settings[field])}`).join(", ");
  return html`<div class="tiles"><div class="tile"><h3>${data.metric}, the ${data.goal}</h3><div class="tile-row"><b>${formatSpread({ ...best.metric, count: 1 })}</b></div><small>${settings}</small></div></div>`;
}

function settingsSection(data: SweepData): Section | undefined {
  const panels = sweepPanels(data).map((panel) => html`<figure>${{ markup: plotSvg(panel) }}</figure>`);
  if (panels.length === 0) return undefined;
  const reading =
    "Every dot is a run, with a thin line for its range over seeds; the thicker line joins the best run at each value, and the best of all is ringed.";
  return {
    id: "settings",
    title: "What the settings do",
    reading: [reading, farNote(data)].filter(Boolean).join(" "),
    body: html`<div class="panels">${panels}</div>`,
  };
}

/** How many runs lie beyond the axis. */
function farNote(data: SweepData): string {
  const [low, high] = metricAxis(data)?.domain ?? [0, 0];
  const far = data.runs.filter(isMeasured).filter(({ metric }) => metric.mean < low || metric.mean > high).length;
  if (far === 0) return "";
  return far === 1
    ? "One run lies beyond the axis and is drawn at its edge."
    : `${far} runs lie beyond the axis and are drawn at its edge.`;
}

function runsSection(data: SweepData): Section {
  const failed = data.runs.filter((run) => run.failed !== undefined).length;
  const seeds = seedsNote(data.runs.filter(isMeasured).map(({ metric }) => metric));
  const notes = [
    `The ${data.goal} ${data.metric} first.`,
    seeds !== "" && `Numbers are ${seeds}.`,
    failed > 0 && `${failed} of ${formatCount(data.runs.length, "run")} failed; their errors are at the end.`,
  ];
  return { id: "runs", title: "Runs", reading: notes.filter(Boolean).join(" "), body: sweepTable(data) };
}

/** All runs from the best to the worst, with their settings and numbers; failed ones last, with their errors. */
function sweepTable(data: SweepData): Html {
  const { fields, metric } = data;
  const runs = sweepOrder(data);
  if (runs.length === 0) return html`<p class="note">There are no runs.</p>`;
  const others = [...new Set(runs.flatMap((run) => Object.keys(run.others)))];
  const placed = runs.some(({ place }) => place !== undefined);
  const best = bestRun(data);
  const head = html`<tr><th></th>${fields.map((field) => html`<th>${field}</th>`)}<th class="number">seeds</th>${[
    metric,
    ...others,
  ].map((name) => html`<th class="number">${name}</th>`)}${placed ? html`<th>where</th>` : undefined}</tr>`;
  const rows = runs.map((run, i) => {
    const first = run === best ? html`<span class="badge pass">best</span>` : html`${i + 1}`;
    const settings = fields.map((field) => html`<td>${formatSetting(run.settings[field])}</td>`);
    const place = placed ? html`<td class="place">${run.place}</td>` : undefined;
    return html`<tr class="${run === best ? "best" : "run"}"><th>${first}</th>${settings}<td class="number">${run.seeds}</td>${numbers(run, others)}${place}</tr>`;
  });
  return html`<div class="scroll"><table class="runs many"><thead>${head}</thead><tbody>${rows}</tbody></table></div>`;
}

function numbers(run: SweepRun, others: readonly string[]): Html {
  if (run.failed !== undefined) return html`<td class="error" colspan="${others.length + 1}">${run.failed}</td>`;
  const cells = [run.metric, ...others.map((name) => run.others[name])];
  return html`${cells.map((cell) => html`<td class="number">${spreadElement(cell)}</td>`)}`;
}
