import { type Html, html } from "./html.ts";
import type { FigureCheck, FigureSetting } from "./reproduction-data.ts";
import { spreadElement } from "./spread-element.ts";
import { passBadge } from "./verdict-badge.ts";

/** The checks of a setting, each with its number, its bound and whether it passed. */
export function settingChecks({ name, passed, checks }: FigureSetting): Html {
  const table = checks.length === 0 ? html`<p class="note">There are no checks.</p>` : checkTable(checks);
  return html`<div class="setting"><h4>${name} ${passBadge(passed)}</h4>${table}</div>`;
}

export function checkTable(checks: readonly FigureCheck[]): Html {
  const rows = checks.map(
    ({ says, value, bound, passed }) =>
      html`<tr><td>${passBadge(passed)}</td><td class="wrap">${says}</td><td class="number">${spreadElement(value, 4)}</td><td class="bound">${bound}</td></tr>`,
  );
  return html`<div class="scroll"><table><thead><tr><th></th><th>Check</th><th class="number">Measured</th><th>Bound</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
