import { markdownTable } from "markdown-table";
import type { RemedyOutcome } from "./measure-remedy.ts";

/** One row a remedy, as Markdown: means over seeds and, where there are several, each in brackets. */
export function remedyTable(outcomes: readonly RemedyOutcome[]): string {
  const [first] = outcomes;
  const rows = [...new Set(outcomes.map(({ remedy }) => remedy))].map((remedy) => {
    const own = outcomes.filter((outcome) => outcome.remedy === remedy);
    const cell = (value: (outcome: RemedyOutcome) => number, digits = 0) => listed(own.map(value), digits);
    return [
      remedy,
      cell(({ relativeError }) => relativeError, 4),
      cell(({ inUse }) => inUse),
      cell(({ often }) => often),
      String(own[0]?.steps),
    ];
  });
  const heading = [first?.setting ?? "", "relative error", "in use", "in > 1 % of samples", "steps"];
  return markdownTable([heading, ...rows], { align: ["l", "r", "r", "r", "r"] });
}

function listed(values: readonly number[], digits: number): string {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const text = mean.toFixed(digits);
  return values.length === 1 ? text : `${text} (${values.map((value) => value.toFixed(digits)).join(", ")})`;
}
