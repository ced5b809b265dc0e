import type { FigurePlot, FigureVerdict, ReproductionData } from "@saeno/experiments";
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { hostileNumbers, hostileReproduction, hostileText } from "../__fixtures__/hostile.ts";
import { fixtureFigure, fixtureReproduction, fixtureSpread } from "../__fixtures__/reproduction.ts";
import { renderReproduction } from "./render-reproduction.ts";

const parse = (data: ReproductionData) => new JSDOM(renderReproduction(data)).window.document;
const parseFigure = (change: Parameters<typeof fixtureFigure>[0]) => {
  const section = parse({ title: "One", figures: [fixtureFigure(change)] }).querySelector("section");
  if (section === null) throw new Error("The page has a section for its figure.");
  return section;
};
const textsOf = (parent: ParentNode, selector: string) =>
  [...parent.querySelectorAll(selector)].map(({ textContent }) => textContent);
const one = (mean: number) => ({ mean, low: mean, high: mean, count: 1 });

describe("renderReproduction", () => {
  const data = fixtureReproduction();
  const page = parse(data);

  it("fetches nothing and runs nothing", () => {
    expect(page.querySelectorAll("script, iframe, object, link[rel=stylesheet]").length).toBe(0);
    for (const element of page.querySelectorAll("[src], [href]")) {
      expect(element.getAttribute("src") ?? element.getAttribute("href")).toMatch(/^(data:|#)/);
    }
  });

  it("says the verdict of every figure at the top and in its section, to which it links", () => {
    const rows = [...page.querySelectorAll(".verdicts tbody tr")];
    expect(rows.length).toBe(data.figures.length);
    for (const [i, { id, title, verdicts, claim }] of data.figures.entries()) {
      const found = verdicts.map(({ verdict }) => verdict);
      expect(rows[i]?.textContent).toContain(title);
      expect(textsOf(rows[i], ".badge")).toEqual(found);
      const link = rows[i]?.querySelector("a")?.getAttribute("href") ?? "";
      const section = page.getElementById(link.slice(1));
      expect(section?.querySelector("h2")?.textContent).toBe(`Figure ${id}: ${title}`);
      expect(section?.querySelector(".reading")?.textContent).toContain(claim);
      expect(section && textsOf(section, ".verdict .badge")).toEqual(found);
    }
  });

  it("counts the verdicts in each sense, and has no column for a sense in which nothing was judged", () => {
    expect(textsOf(page, ".counts")).toEqual([
      "As the paper measures it4 holds1 holds under these settings1 does not hold1 not run",
      "Controlled1 does not hold",
    ]);
    expect(textsOf(page, ".verdicts th").slice(0, 4)).toEqual([
      "Figure",
      "What it shows",
      "As the paper measures it",
      "Controlled",
    ]);
    expect(parse({ title: "", figures: [fixtureFigure()] }).body.textContent).not.toContain("Controlled");
  });

  it("says each rule beside the checks that it decides by", () => {
    const parts = [...page.querySelectorAll("#figure-11 .part")].map(({ textContent }) => textContent);
    expect(parts[0]).toMatch(/^As the paper measures it.*at most 1.02 for SAE-FNO.*global start, as in the paper/s);
    expect(parts[1]).toMatch(/^Controlled.*At an equal budget.*5 % of the numbers of a sample/s);
  });

  it("names the settings that a claim holds under, and the reason why a figure was not run", () => {
    const row = (id: string) =>
      [...page.querySelectorAll(".verdicts tbody tr")].find((r) => r.querySelector("th")?.textContent === id);
    expect(row("11")?.textContent).toContain("Namely: localized start.");
    expect(row("7")?.textContent).toContain("The photographs are not there");
  });

  it("takes as key number the check that decides: one that failed, unless a setting passed", () => {
    const [failing, passing] = [false, true].map((passed) => ({
      name: `${passed}`,
      passed,
      checks: [
        { says: "first", value: one(1), bound: "at most 2", passed: true },
        { says: "second", value: one(3), bound: "at most 2", passed },
      ],
    }));
    if (failing === undefined || passing === undefined) throw new Error("There are two.");
    const keyOf = (settings: FigureVerdict["settings"]) =>
      parse({ title: "", figures: [fixtureFigure({ settings })] }).querySelector(".verdicts td:last-child div")
        ?.textContent ?? "";
    expect(keyOf([failing])).toBe("3 second; at most 2");
    expect(keyOf([failing, passing])).toBe("1 first; at most 2");
    expect(keyOf([])).toBe("");
  });

  it("shows checks with their number, bound and mark, setting by setting", () => {
    const settings = page.querySelectorAll("#figure-11 .setting");
    expect(textsOf(page, "#figure-11 h4")).toEqual([
      "global start, as in the paper failed",
      "localized start passed",
      "5 % of the numbers of a sample failed",
    ]);
    const cells = [...(settings[0]?.querySelectorAll("tbody tr") ?? [])].map((row) => textsOf(row, "td"));
    expect(cells).toEqual([
      ["passed", "error on 112 × 112 over that on 28 × 28, SAE-FNO", "0.9206 (0.8930 to 0.9593)", "at most 1.02"],
      ["failed", "error on 28 × 28, SAE-FNO over SAE-CNN", "1.954 (1.895 to 2.036)", "at most 1"],
    ]);
  });

  it("shows numbers with their range, marks baselines, and has a dash for what is missing", () => {
    const section = parseFigure({
      tables: [
        {
          title: "Error",
          unit: "percent",
          columns: ["a", "b"],
          rows: [
            { name: "first", cells: [{ mean: 0.12, low: 0.118, high: 0.123, count: 3 }, one(7)] },
            {
              name: "second",
              cells: [undefined, { mean: Number.NaN, low: 0, high: 1, count: 3 }, one(9)],
              baseline: true,
            },
          ],
        },
      ],
    });
    expect(section.querySelector(".numbers h3")?.textContent).toBe(
      "Error percent, mean (lowest to highest) over 3 seeds",
    );
    expect(textsOf(section, "tbody td")).toEqual(["0.120 (0.118 to 0.123)", "7", "–", "–", "–", "9"]);
    expect(textsOf(section, "tbody th")).toEqual(["first", "second baseline"]);
  });

  it("shows what failed, how it was done, and the recipe folded", () => {
    const section = parseFigure({
      failed: [{ run: "seed 2", error: "It diverged." }],
      setup: ["One.", "Two."],
      notes: ["Three."],
      rule: "Four.",
      config: { seed: 1 },
    });
    for (const text of ["seed 2 It diverged.", "One. Two.", "Three.", "Four."])
      expect(section.textContent).toContain(text);
    expect(section.querySelector("details[open]")).toBeNull();
    expect(section.querySelector("details pre")?.textContent).toBe(JSON.stringify({ seed: 1 }, null, 2));
  });

  it("gives a name the same color in all pictures and tables of a figure", () => {
    const points = [1, 2].map((x) => ({ x, y: fixtureSpread(x) }));
    const plot = (...names: string[]): FigurePlot => ({
      kind: "curves",
      title: "",
      x: { label: "" },
      y: { label: "" },
      curves: names.map((name) => ({ name, points })),
    });
    const section = parseFigure({
      plots: [plot("a", "b"), plot("b")],
      tables: [{ title: "", columns: [], rows: [{ name: "b", cells: [] }] }],
    });
    const [first, second] = section.querySelectorAll("figure");
    expect(first?.innerHTML).toContain("--model-0");
    expect(first?.innerHTML).toContain("--model-1");
    expect(second?.innerHTML).not.toContain("--model-0");
    expect(second?.innerHTML).toContain("--model-1");
    expect(section.querySelector(".numbers .model")?.innerHTML).toContain("--model-1");
  });

  it("shows what there is of a figure without pictures and numbers, and of a reproduction without figures", () => {
    expect(parseFigure({}).querySelectorAll("figure, table").length).toBe(0);
    const empty = parse({ title: "None", figures: [] });
    expect(empty.querySelectorAll("section, table").length).toBe(0);
    expect(empty.body.textContent).toContain("There are no figures.");
  });

  it.each([
    ["extreme numbers", hostileNumbers],
    ["no numbers", []],
    ["NaN alone", [Number.NaN]],
    ["one number", [3]],
    ["numbers that hardly differ", [1, 1 + 1e-15]],
    ["negative numbers", [-1, -1e99]],
  ])("escapes all text and writes nothing that is not a number, given %s", (_, numbers) => {
    const markup = renderReproduction(hostileReproduction(numbers));
    expect(markup).not.toMatch(/NaN|undefined|Infinity/);
    const hostile = new JSDOM(markup).window.document;
    expect(hostile.querySelectorAll("script").length).toBe(0);
    expect(hostile.title).toBe(hostileText.trim());
    expect(hostile.querySelector("h1")?.textContent).toBe(hostileText);
    expect(hostile.querySelector(".failed b")?.textContent).toBe(hostileText);
    const ids = [...hostile.querySelectorAll("section")].map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });

  it("comes out the same every time", () => {
    expect(renderReproduction(data)).toBe(renderReproduction(data));
  });

  it("refuses atoms of another size than their shape", () => {
    const atoms = { values: new Float32Array(3), shape: [2, 2, 2, 1] };
    const plots: FigurePlot[] = [{ kind: "atoms", title: "Broken", atoms, count: 2 }];
    expect(() => parseFigure({ plots })).toThrow(/atoms of "Broken".*got 3 values/);
  });
});
