import type { SweepData, SweepRun } from "@saeno/experiments";
import { type Html, html } from "../page/html.ts";
import { formatCount, formatSetting, formatSpread, hasRange, seedsNote, spreadElement } from "../page/numbers.ts";
import { pageText, type Section } from "../page/page.ts";
import { plotSvg } from "../plots/svg.ts";
import { bestRun, isMeasured, rivals, sweepOrder } from "./sweep-order.ts";
import { labelOf, metricAxis, sweepPanels } from "./sweep-plot.ts";

export interface SweepPageOptions {
  /** Where the page finds the report of a run at a place. Default: places are named, without a link. */
  readonly reportAt?: (place: string) => string;
}

/**
 * One page about the runs of a sweep: the best settings, the metric against each setting, and a table of all runs. HTML that carries
 * its own pictures and style, and needs neither a network nor scripts. What is not a number is shown as missing.
 */
export function renderSweep(data: SweepData, options: SweepPageOptions = {}): string {
  const { title, summary } = data;
  const sections = [settingsSection(data), runsSection(data, options)].filter((section) => section !== undefined);
  return pageText({ title, eyebrow: "saeno sweep", summary, head: bestTile(data), sections });
}

function bestTile(data: SweepData): Html | undefined {
  const best = bestRun(data);
  if (best === undefined) return undefined;
  const settings = data.fields
    .map((field) => `${labelOf(data, field)} ${formatSetting(best.settings[field])}`)
    .join(", ");
  const label = `${labelOf(data, data.metric)}, the ${data.goal}${best.metric.count > 1 ? " mean" : ""}`;
  return html`<div class="tiles"><div class="tile"><h3>${label}</h3><div class="tile-row"><b>${formatSpread({ ...best.metric, count: 1 })}</b></div><small>${settings}</small></div></div><p class="note">${verdict(data)}</p>`;
}

/** Whether the best may be called so. */
function verdict(data: SweepData): string {
  const [others, measured] = [rivals(data), data.runs.filter(isMeasured).length];
  if (measured < 2) return "";
  if (others === undefined) {
    return "Every setting was trained with one seed, so how much of a difference is chance is not known: --seeds 3 shows it.";
  }
  return others === 0
    ? "Its range over seeds overlaps with that of no other setting."
    : `Its range over seeds overlaps with that of ${formatCount(others, "other setting")}, so it need not be the best.`;
}

function settingsSection(data: SweepData): Section | undefined {
  const panels = sweepPanels(data).map((panel) => html`<figure>${{ markup: plotSvg(panel) }}</figure>`);
  if (panels.length === 0) return undefined;
  const dot = data.runs.some(({ metric }) => hasRange(metric))
    ? "Every dot is a combination of settings: the mean over its seeds, with a thin line from the lowest to the highest"
    : "Every dot is a run";
  const reading = `${dot}. The thicker line joins the ${data.goal} at each value, and the ${data.goal} of all is ringed.`;
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

function runsSection(data: SweepData, options: SweepPageOptions): Section {
  const failed = data.runs.filter((run) => run.failed !== undefined).length;
  const seeds = seedsNote(data.runs.filter(isMeasured).map(({ metric }) => metric));
  const cutOff = data.runs
    .flatMap(({ folders = [] }) => folders)
    .filter(({ interrupted }) => interrupted !== undefined).length;
  const notes = [
    `The ${data.goal} ${labelOf(data, data.metric)} first.`,
    seeds !== "" && `Numbers are ${seeds}.`,
    data.runs.some(({ others }) => others.stability !== undefined) &&
      "Stability says how alike the concepts of two seeds are, weighted by energy, over all pairs of seeds; 1 means the same.",
    cutOff > 0 &&
      `${formatCount(cutOff, "run")} ${cutOff === 1 ? "was" : "were"} interrupted, and compared as of then.`,
    failed > 0 && `${failed} of ${formatCount(data.runs.length, "setting")} failed; their errors are at the end.`,
  ];
  return { id: "runs", title: "Runs", reading: notes.filter(Boolean).join(" "), body: sweepTable(data, options) };
}

/** All runs from the best to the worst, with their settings and numbers; failed ones last, with their errors. */
function sweepTable(data: SweepData, options: SweepPageOptions): Html {
  const { fields, metric } = data;
  const runs = sweepOrder(data);
  if (runs.length === 0) return html`<p class="note">There are no runs.</p>`;
  const others = [...new Set(runs.flatMap((run) => Object.keys(run.others)))];
  const placed = runs.some(({ place, folders = [] }) => place !== undefined || folders.length > 0);
  const best = rivals(data) === 0 ? bestRun(data) : undefined;
  const label = (name: string) => labelOf(data, name);
  const head = html`<tr><th></th>${fields.map((field) => html`<th>${label(field)}</th>`)}<th class="number">seeds</th>${[
    metric,
    ...others,
  ].map((name) => html`<th class="number">${label(name)}</th>`)}${placed ? html`<th>runs</th>` : undefined}</tr>`;
  const rows = runs.map((run, i) => {
    const first = run === best ? html`<span class="badge pass">best</span>` : html`${i + 1}`;
    const settings = fields.map((field) => html`<td>${formatSetting(run.settings[field])}</td>`);
    const place = placed ? html`<td class="place">${placesOf(run, options)}</td>` : undefined;
    return html`<tr class="${run === best ? "best" : "run"}"><th>${first}</th>${settings}<td class="number">${run.seeds}</td>${numbers(run, others)}${place}</tr>`;
  });
  return html`<div class="scroll"><table class="runs many"><thead>${head}</thead><tbody>${rows}</tbody></table></div>`;
}

/** The runs of all seeds, each a link to its report where the page knows the way. */
function placesOf({ place, folders = [] }: SweepRun, { reportAt }: SweepPageOptions): Html {
  if (reportAt === undefined || folders.length === 0) return html`${place}`;
  return html`${folders.map(
    ({ seed, place, interrupted }) =>
      html`<a class="seed" href="${reportAt(place)}">seed ${seed}</a> ${interrupted === undefined ? undefined : html`<small>${interrupted}</small> `}`,
  )}`;
}

function numbers(run: SweepRun, others: readonly string[]): Html {
  if (run.failed !== undefined) return html`<td class="error" colspan="${others.length + 1}">${run.failed}</td>`;
  const cells = [run.metric, ...others.map((name) => run.others[name])];
  return html`${cells.map((cell) => html`<td class="number">${spreadElement(cell)}</td>`)}`;
}
