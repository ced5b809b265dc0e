import { type Html, html } from "./html.ts";
import { type Mark, markIcon } from "./mark-icon.ts";
import type { Verdict } from "./reproduction-data.ts";

const marks: Readonly<Record<Verdict, Mark>> = {
  holds: "pass",
  "holds under these settings": "partly",
  "does not hold": "fail",
  "not run": "none",
};

/** All verdicts, the best first. */
export const verdicts: readonly Verdict[] = Object.keys(marks) as Verdict[];

/** A verdict in its color, behind a sign. */
export function verdictBadge(verdict: Verdict): Html {
  return html`<span class="badge ${marks[verdict]}">${markIcon(marks[verdict])}${verdict}</span>`;
}

/** Whether a check or a setting passed, as a badge. */
export function passBadge(passed: boolean): Html {
  const mark = passed ? "pass" : "fail";
  return html`<span class="badge ${mark}">${markIcon(mark)}${passed ? "passed" : "failed"}</span>`;
}
