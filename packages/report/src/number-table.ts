import { type Html, html } from "./html.ts";
import { modelLabel } from "./model-label.ts";
import type { NumberTable } from "./reproduction-data.ts";
import { seedsNote } from "./seeds-note.ts";
import { spreadElement } from "./spread-element.ts";
import { tableColumns } from "./table-columns.ts";

/** A table of numbers with their ranges, baselines marked; rows named as curves have their color. */
export function numberTable(table: NumberTable, colors: ReadonlyMap<string, number>): Html {
  const { title, unit, rows } = table;
  const columns = tableColumns(table);
  const note = [unit, seedsNote(rows.flatMap(({ cells }) => cells))].filter(Boolean).join(", ");
  const heading = html`<h3>${title}${note === "" ? undefined : html` <small>${note}</small>`}</h3>`;
  if (rows.length === 0) return html`<div class="numbers">${heading}<p class="note">There are no numbers.</p></div>`;
  const head = columns.map((column) => html`<th class="number">${column}</th>`);
  const body = rows.map(({ name, cells, baseline = false }) => {
    const color = colors.get(name);
    const label = color === undefined ? name : modelLabel(name, color);
    const tag = baseline ? html` <span class="tag">baseline</span>` : undefined;
    const numbers = columns.map((_, i) => html`<td class="number">${spreadElement(cells[i])}</td>`);
    return html`<tr class="${baseline ? "baseline" : "result"}"><th>${label}${tag}</th>${numbers}</tr>`;
  });
  return html`<div class="numbers">${heading}<div class="scroll"><table class="${columns.length > 3 ? "many" : "few"}"><thead><tr><th></th>${head}</tr></thead><tbody>${body}</tbody></table></div></div>`;
}
