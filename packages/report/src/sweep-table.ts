import { formatSetting } from "./format-setting.ts";
import { type Html, html } from "./html.ts";
import { spreadElement } from "./spread-element.ts";
import type { SweepData, SweepRun } from "./sweep-data.ts";
import { bestRun, sweepOrder } from "./sweep-order.ts";

/** All runs from the best to the worst, with their settings and numbers; last those that failed, with their errors. */
export function sweepTable(data: SweepData): Html {
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
