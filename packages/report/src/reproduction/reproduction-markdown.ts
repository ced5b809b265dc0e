import type {
  FigureCheck,
  FigureSetting,
  FigureVerdict,
  NumberTable,
  ReproducedFigure,
  ReproductionData,
} from "@saeno/experiments";
import { formatSpread, seedsNote } from "../page/numbers.ts";
import {
  figureAnchors,
  keyCheck,
  senseLabels,
  sensesOf,
  tableColumns,
  verdictIn,
  verdictNote,
  verdictSign,
} from "./verdicts.ts";

/** The page with the plots, beside the Markdown. */
const page = "reproduction.html";

/**
 * What `renderReproduction` shows, as Markdown: the verdicts, and for each figure its claim, numbers, checks and how it was done.
 * Plots and recipes are left to the page, to which it links as `reproduction.html`.
 */
export function reproductionMarkdown({ title, summary = [], figures }: ReproductionData): string {
  const anchors = figureAnchors(figures);
  const blocks = [
    `# ${markdownText(title)}`,
    ...summary.map(markdownText),
    `Plots and recipes are in [${page}](${page}).`,
    verdictTable(figures, anchors),
    ...figures.flatMap((figure, i) => figureBlocks(figure, anchors[i])),
  ];
  return `${blocks.filter(Boolean).join("\n\n")}\n`;
}

function verdictTable(figures: readonly ReproducedFigure[], anchors: readonly string[]): string {
  if (figures.length === 0) return "There are no figures.";
  const senses = sensesOf(figures);
  const rows = figures.map((figure, i) => [
    `[${markdownText(figure.id)}](#${anchors[i]})`,
    markdownText(figure.title),
    ...senses.map(([sense]) => verdictCell(verdictIn(figure, sense))),
  ]);
  return markdownTable(["Figure", "What it shows", ...senses.map(([, label]) => label)], rows);
}

/** A verdict and the number that says most about it. */
function verdictCell(given: FigureVerdict | undefined): string {
  if (given === undefined) return "";
  const check = keyCheck(given);
  const key = check && `${formatSpread(check.value, 4)}: ${markdownText(check.says)}; ${markdownText(check.bound)}`;
  return [verdictText(given), key].filter(Boolean).join(" ");
}

function figureBlocks(figure: ReproducedFigure, anchor: string): string[] {
  const { id, title, claim, source = "The paper", plots, tables, verdicts, observations = [] } = figure;
  const { setup, notes = [], failed = [] } = figure;
  const drawn = plots.map((plot) => `[${markdownText(plot.title)}](${page}#${anchor})`).join(", ");
  return [
    `<a id="${anchor}"></a>`,
    `## Figure ${markdownText(id)}: ${markdownText(title)}`,
    `> ${markdownText(source)}: ${markdownText(claim)}`,
    ...verdicts.map((given) => `${senseLabels.get(given.sense)}: ${verdictText(given)}`),
    drawn === "" ? "" : `Plots: ${drawn}.`,
    ...tables.flatMap(numberBlocks),
    ...verdicts.flatMap(decidedBlocks),
    ...part("Beyond the claim", observations.length === 0 ? [] : [checkTable(observations)]),
    ...part("Setup", setup.length === 0 ? [] : [setup.map(markdownText).join(" ")]),
    ...part("Notes", notes.map(markdownText)),
    ...part(
      "Failed runs",
      failed.map(({ run, error }) => `- **${markdownText(run)}** ${markdownText(error)}`),
    ),
  ];
}

function verdictText(given: FigureVerdict): string {
  const { verdict } = given;
  return `**${verdictSign(verdict)} ${verdict}.** ${markdownText(verdictNote(given))}`.trim();
}

/** What decided a verdict: its rule, and the checks of each setting. */
function decidedBlocks({ sense, rule, settings }: FigureVerdict): string[] {
  const blocks = [...(rule === "" ? [] : [markdownText(rule)]), ...settings.flatMap(settingBlocks)];
  return part(`${senseLabels.get(sense)}: the rule and its checks`, blocks);
}

function part(title: string, blocks: readonly string[]): string[] {
  return blocks.length === 0 ? [] : [`### ${title}`, ...blocks];
}

function numberBlocks(table: NumberTable): string[] {
  const { title, unit, rows } = table;
  const heading = `### ${markdownText(title)}`;
  if (rows.length === 0) return [heading, "There are no numbers."];
  const columns = tableColumns(table);
  const body = rows.map(({ name, cells, baseline = false }) => [
    `${markdownText(name)}${baseline ? " (baseline)" : ""}`,
    ...columns.map((_, i) => formatSpread(cells[i])),
  ]);
  const seeds = seedsNote(rows.flatMap(({ cells }) => cells));
  const notes = [unit === undefined ? "" : `Unit: ${markdownText(unit)}.`, seeds === "" ? "" : `Numbers are ${seeds}.`];
  return [heading, notes.filter(Boolean).join(" "), markdownTable(["", ...columns.map(markdownText)], body, true)];
}

function settingBlocks({ name, passed, checks }: FigureSetting): string[] {
  const heading = `**${markdownText(name)}**: ${passText(passed)}`;
  return [heading, checks.length === 0 ? "There are no checks." : checkTable(checks)];
}

function checkTable(checks: readonly FigureCheck[]): string {
  const rows = checks.map(({ says, value, bound, passed }) => [
    passText(passed),
    markdownText(says),
    formatSpread(value, 4),
    markdownText(bound),
  ]);
  return markdownTable(["", "Check", "Measured", "Bound"], rows);
}

function passText(passed: boolean): string {
  return passed ? "✓ passed" : "✗ failed";
}

/**
 * A table in Markdown, of cells that are Markdown already.
 *
 * @param numbers all columns but the first are aligned right. Default false.
 */
function markdownTable(head: readonly string[], rows: readonly (readonly string[])[], numbers = false): string {
  const rule = head.map((_, i) => (numbers && i > 0 ? "--:" : "---"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Text on one line of Markdown, with nothing in it that Markdown or HTML would take for markup. */
export function markdownText(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[\\`*_[\]|~$>]/g, "\\$&")
    .replace(/^[#+-]/, "\\$&")
    .replace(/^(\d+)(?=[.)] )/, "$1\\");
}
