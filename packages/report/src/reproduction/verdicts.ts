import type { FigureCheck, FigureVerdict, NumberTable, ReproducedFigure, Sense, Verdict } from "@saeno/experiments";
import { type Html, html } from "../page/html.ts";

type Mark = "pass" | "partly" | "fail" | "none";

/** What verdicts look like: in pages a mark in its color, in text a sign. The best comes first. */
const looks: ReadonlyMap<Verdict, { readonly mark: Mark; readonly sign: string }> = new Map([
  ["holds", { mark: "pass", sign: "✓" }],
  ["holds under these settings", { mark: "partly", sign: "~" }],
  ["does not hold", { mark: "fail", sign: "✗" }],
  ["not run", { mark: "none", sign: "–" }],
]);

/** Strokes on 12 x 12 points: a tick, a tilde, a cross, a dash. */
const paths: Readonly<Record<Mark, string>> = {
  pass: "M2 6.5 4.8 9.3 10 3",
  partly: "M1.8 7.2c1.2-3 2.8-3 4.2-1.2s3 1.8 4.2-1.2",
  fail: "M2.8 2.8l6.4 6.4M9.2 2.8 2.8 9.2",
  none: "M2.5 6h7",
};

/** All verdicts, the best first. */
export const verdicts: readonly Verdict[] = [...looks.keys()];

/** In which sense a figure is judged, as headings say it; the paper's first. */
export const senseLabels: ReadonlyMap<Sense, string> = new Map([
  ["paper", "As the paper measures it"],
  ["controlled", "Controlled"],
]);

/** The senses that some figure is judged in, with their headings. */
export function sensesOf(figures: readonly Pick<ReproducedFigure, "verdicts">[]): (readonly [Sense, string])[] {
  return [...senseLabels].filter(([sense]) => figures.some((figure) => verdictIn(figure, sense) !== undefined));
}

export function verdictIn({ verdicts }: Pick<ReproducedFigure, "verdicts">, sense: Sense): FigureVerdict | undefined {
  return verdicts.find((verdict) => verdict.sense === sense);
}

export function verdictSign(verdict: Verdict): string {
  return looks.get(verdict)?.sign ?? "";
}

/** A verdict in its color, behind a mark. */
export function verdictBadge(verdict: Verdict): Html {
  return badge(looks.get(verdict)?.mark ?? "none", verdict);
}

/** Whether a check or a setting passed, as a badge. */
export function passBadge(passed: boolean): Html {
  return badge(passed ? "pass" : "fail", passed ? "passed" : "failed");
}

function badge(mark: Mark, text: string): Html {
  return html`<span class="badge ${mark}"><svg class="mark" aria-hidden="true" width="12" height="12" viewBox="0 0 12 12"><path d="${paths[mark]}"/></svg>${text}</span>`;
}

/** What goes with a verdict, a sentence each: the settings it holds under, and the reason. */
export function verdictNote({ verdict, reason, settings }: FigureVerdict): string {
  const passed = settings.filter((setting) => setting.passed).map(({ name }) => name);
  const under = verdict === "holds under these settings" && passed.length > 0 && `Namely: ${passed.join("; ")}.`;
  return [under, reason].filter(Boolean).join(" ");
}

/** The check that says most about a verdict. In the first setting that passed, or else in the first: one that failed, or else the first. */
export function keyCheck({ settings }: FigureVerdict): FigureCheck | undefined {
  const setting = settings.find(({ passed }) => passed) ?? settings[0];
  return setting?.checks.find(({ passed }) => !passed) ?? setting?.checks[0];
}

/** A unique anchor for each figure. */
export function figureAnchors(figures: readonly Pick<ReproducedFigure, "id">[]): string[] {
  const taken = new Set<string>();
  return figures.map(({ id }, i) => {
    const name = `figure-${id.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
    const anchor = taken.has(name) ? `${name}--${i}` : name;
    taken.add(anchor);
    return anchor;
  });
}

/** The headings of a table, empty ones where a row has more cells than there are headings. */
export function tableColumns({ columns, rows }: Pick<NumberTable, "columns" | "rows">): string[] {
  const width = Math.max(columns.length, ...rows.map(({ cells }) => cells.length));
  return Array.from({ length: width }, (_, i) => columns[i] ?? "");
}
