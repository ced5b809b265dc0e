import { describe, expect, it } from "vitest";
import { hostileNumbers, hostileReproduction } from "../__fixtures__/hostile.ts";
import { fixtureReproduction } from "../__fixtures__/reproduction.ts";
import { markdownText, reproductionMarkdown } from "./reproduction-markdown.ts";

/** Cells of a row: bars that are not escaped divide it. */
const cells = (line: string) => line.split(/(?<!\\)\|/).length;

describe("reproductionMarkdown", () => {
  const data = fixtureReproduction();
  const text = reproductionMarkdown(data);

  it("says what every figure claims and what became of it", () => {
    for (const { id, title, claim, verdicts } of data.figures) {
      expect(text).toContain(`## Figure ${id}: ${title}`);
      expect(text).toContain(markdownText(claim));
      expect(text).toMatch(
        new RegExp(`\\| \\[${id}\\]\\(#figure-${id}\\) \\| ${title} \\| \\*\\*. ${verdicts[0]?.verdict}\\.\\*\\*`),
      );
    }
  });

  it("judges a figure in each sense, by the rule that stands with the checks", () => {
    expect(text).toContain("| Figure | What it shows | As the paper measures it | Controlled |");
    expect(text).toMatch(/\n\nControlled: \*\*✗ does not hold\.\*\*\n\n/);
    expect(text).toMatch(/### Controlled: the rule and its checks\n\nAt an equal budget .*\n\n\*\*5 % of the numbers/);
  });

  it("holds the numbers and checks that the page shows, and links to its pictures", () => {
    expect(text).toContain(
      "| L-SAE | 0.195 (0.189 to 0.203) | 0.0330 (0.0320 to 0.0344) | 0.00105 (0.00102 to 0.00109) |",
    );
    expect(text).toContain("| SAE at twice the learning rate (baseline) |");
    expect(text).toContain(
      "| ✗ failed | error on 28 × 28, SAE-FNO over SAE-CNN | 1.954 (1.895 to 2.036) | at most 1 |",
    );
    expect(text).toContain("[Hoyer scores](reproduction.html#figure-4a)");
    expect(text).not.toContain("data:image");
  });

  it("links only to anchors that it has", () => {
    for (const [, anchor] of text.matchAll(/\]\(#([^)]+)\)/g)) expect(text).toContain(`<a id="${anchor}"></a>`);
  });

  it.each([[hostileNumbers], [[]], [[Number.NaN]]])(
    "escapes all text and keeps the form of its tables, given %j",
    (numbers) => {
      const hostile = reproductionMarkdown(hostileReproduction(numbers));
      expect(hostile).not.toMatch(/NaN|undefined|Infinity/);
      expect(hostile).not.toMatch(/<(?!\/?a[ >])/);
      const tables = hostile.split("\n\n").filter((block) => block.startsWith("|"));
      expect(tables.length).toBeGreaterThan(1);
      for (const table of tables) expect(new Set(table.split("\n").map(cells)).size).toBe(1);
    },
  );

  it("is short without figures", () => {
    expect(reproductionMarkdown({ title: "None", figures: [] })).toContain("There are no figures.");
  });
});

describe("markdownText", () => {
  it("stays on one line and is not a list, heading or quote", () => {
    expect(markdownText("a\n\nb")).toBe("a b");
    expect(markdownText("# a")).toBe("\\# a");
    expect(markdownText("- a")).toBe("\\- a");
    expect(markdownText("1. a")).toBe("1\\. a");
    expect(markdownText("> a")).toBe("\\> a");
    expect(markdownText("0.5 of SAE-FNO")).toBe("0.5 of SAE-FNO");
  });
});
