import type { SweepData, SweepRun, SweepSetting } from "@saeno/experiments";
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { hostileNumbers, hostileSweep, hostileText } from "../__fixtures__/hostile.ts";
import { fixtureSweep } from "../__fixtures__/sweep.ts";
import { renderSweep } from "./render-sweep.ts";
import { sweepPlot } from "./sweep-plot.ts";

const parse = (data: SweepData) => new JSDOM(renderSweep(data)).window.document;
const textsOf = (parent: ParentNode, selector: string) =>
  [...parent.querySelectorAll(selector)].map(({ textContent }) => textContent);

const run = (value: SweepSetting, mean: number, change: Partial<SweepRun> = {}): SweepRun => ({
  settings: { field: value },
  seeds: 1,
  metric: { mean, low: mean, high: mean, count: 1 },
  others: {},
  ...change,
});
const sweep = (runs: readonly SweepRun[], change: Partial<SweepData> = {}): SweepData => ({
  title: "A sweep",
  metric: "error",
  goal: "lowest",
  fields: ["field"],
  runs,
  ...change,
});

describe("renderSweep", () => {
  it("fetches nothing and runs nothing", () => {
    const page = parse(fixtureSweep());
    expect(page.querySelectorAll("script, iframe, object, link[rel=stylesheet], [src]").length).toBe(0);
  });

  it("lists the best run first and marks it, then those without a number, and last those that failed", () => {
    const runs = [run("a", 3), run("b", 0, { failed: "It diverged." }), run("c", Number.NaN), run("d", 1), run("e", 2)];
    const order = (goal: SweepData["goal"]) => textsOf(parse(sweep(runs, { goal })), "tbody td:nth-child(2)");
    expect(order("lowest")).toEqual(["d", "e", "a", "c", "b"]);
    expect(order("highest")).toEqual(["a", "e", "d", "c", "b"]);
    const rows = [...parse(sweep(runs)).querySelectorAll("tbody tr")];
    expect(rows[0]?.querySelector("th")?.textContent).toBe("1");
    expect(rows[0]?.textContent).toContain("d");
    expect(rows.at(-1)?.textContent).toContain("It diverged.");
    expect(parse(sweep(runs)).querySelector(".tile")?.textContent).toBe("error, the lowest1field d");
  });

  it("claims a best only where its range over seeds overlaps with no other", () => {
    const over = (value: number, low: number, high: number) =>
      run(value, (low + high) / 2, { seeds: 2, metric: { mean: (low + high) / 2, low, high, count: 2 } });
    const apart = parse(sweep([over(1, 1, 2), over(2, 3, 4)]));
    expect(textsOf(apart, "tbody th")).toEqual(["best", "2"]);
    const overlapping = parse(sweep([over(1, 1, 3), over(2, 2, 4), over(3, 5, 6)]));
    expect(textsOf(overlapping, "tbody th")).toEqual(["1", "2", "3"]);
    expect(overlapping.querySelector("header")?.textContent).toContain("overlaps with that of 1 other setting");
    expect(parse(sweep([run(1, 1), run(2, 2)])).querySelector("header")?.textContent).toContain("--seeds 3");
  });

  it("links to the runs of all seeds, says which were interrupted, and calls things by their names", () => {
    const folders = [
      { seed: 4, place: "runs/a" },
      { seed: 5, place: "runs/b", interrupted: "interrupted at step 3 of 9" },
    ];
    const data = sweep([run(1, 1, { folders }), run(2, 2)], { labels: { field: "learning rate", error: "the error" } });
    const page = new JSDOM(renderSweep(data, { reportAt: (place) => `../${place}/report.html` })).window.document;
    const links = [...page.querySelectorAll("td.place a")].map((a) => [a.textContent, a.getAttribute("href")]);
    expect(links).toEqual([
      ["seed 4", "../runs/a/report.html"],
      ["seed 5", "../runs/b/report.html"],
    ]);
    expect(page.querySelector("td.place")?.textContent).toContain("interrupted at step 3 of 9");
    expect(page.querySelector("#runs .reading")?.textContent).toContain("1 run was interrupted");
    expect(textsOf(page, "thead th")).toContain("learning rate");
    expect(page.querySelector("#settings svg")?.textContent).toContain("learning rate");
  });

  it("shows settings as they were given, further numbers, seeds and places", () => {
    const more = { mean: 5, low: 4.5, high: 5.5, count: 2 };
    const runs = [
      run(16_384, 1, { seeds: 2, others: { steps: more }, place: "runs/a" }),
      run(0.00025, 2, { others: { other: more } }),
      run(true, 3),
      run(undefined, 4),
    ];
    const page = parse(sweep(runs));
    expect(textsOf(page, "thead th")).toEqual(["", "field", "seeds", "error", "steps", "other", "runs"]);
    expect(textsOf(page, "tbody tr:first-child td")).toEqual(["16,384", "2", "1", "5 (4.50 to 5.50)", "–", "runs/a"]);
    expect(textsOf(page, "tbody td:nth-child(2)")).toEqual(["16,384", "0.00025", "true", "–"]);
  });

  it("draws a plot for every field that has more than one value", () => {
    const page = parse(fixtureSweep({ fields: ["learningRate", "concepts", "start", "balance", "seed"] }));
    expect(page.querySelectorAll("#settings svg").length).toBe(4);
    expect(page.querySelector("#settings svg")?.innerHTML).toContain("learningRate");
  });

  it.each([
    ["no runs", []],
    ["one run", [run(1, 1)]],
    ["runs that failed", [run(1, 1, { failed: "no" }), run(2, 1, { failed: "no" })]],
    ["runs without a number", [run(1, Number.NaN), run(2, Number.NaN)]],
  ])("has no plots given %s", (_, runs) => {
    expect(parse(sweep(runs)).querySelector("#settings")).toBeNull();
    expect(sweepPlot(sweep(runs))).toBe("");
  });

  it.each([
    ["extreme numbers", hostileNumbers],
    ["no numbers", []],
    ["numbers that hardly differ", [1, 1 + 1e-15, 1]],
  ])("escapes all text and writes nothing that is not a number, given %s", (_, numbers) => {
    const data = hostileSweep(numbers);
    const markup = renderSweep(data);
    expect(markup + sweepPlot(data)).not.toMatch(/NaN|undefined|Infinity/);
    const page = new JSDOM(markup).window.document;
    expect(page.querySelectorAll("script").length).toBe(0);
    expect(page.querySelector("h1")?.textContent).toBe(hostileText);
  });

  it("comes out the same every time, however its runs are ordered", () => {
    const data = fixtureSweep();
    expect(renderSweep(data)).toBe(renderSweep(data));
    const rows = (runs: readonly SweepRun[]) => textsOf(parse({ ...data, runs }), "tbody tr");
    expect(rows([...data.runs].reverse())).toEqual(rows(data.runs));
  });
});

describe("sweepPlot", () => {
  const dots = (data: SweepData) => sweepPlot(data).match(/<circle/g)?.length;

  it("has a dot for every run, and one for the best", () => {
    expect(dots(sweep([run(1, 1), run(2, 2), run(3, 3), run(4, 0, { failed: "no" })]))).toBe(3 + 1);
  });

  it("sets all fields in one picture", () => {
    const picture = new JSDOM(sweepPlot(fixtureSweep()), { contentType: "image/svg+xml" }).window.document;
    expect(picture.querySelectorAll("svg").length).toBe(1);
    for (const field of fixtureSweep().fields) expect(picture.documentElement.textContent).toContain(field);
  });

  it("labels numbers at their values, spread ones on a logarithmic axis, and anything else by name", () => {
    const places = (values: readonly SweepSetting[]) => {
      const picture = sweepPlot(sweep(values.map((value) => run(value, 1))));
      return [...picture.matchAll(/<circle[^>]* cx="([\d.]+)"/g)].slice(0, values.length).map(([, x]) => Number(x));
    };
    const gaps = (values: readonly SweepSetting[]) => {
      const [a = 0, b = 0, c = 0] = places(values).sort((x, y) => x - y);
      return (c - b) / (b - a);
    };
    expect(gaps([0.001, 0.01, 0.1])).toBeCloseTo(1, 3);
    expect(gaps([1, 2, 3])).toBeCloseTo(1, 3);
    expect(gaps([0, 1, 10])).toBeCloseTo(9, 2);
    const named = sweepPlot(sweep([run("global", 1), run(undefined, 2), run(3, 2)]));
    for (const name of ["global", "–", "3"]) expect(named).toContain(`>${name}</text>`);
  });

  it("keeps a run that is far worse at the edge, and the page says so", () => {
    const runs = [1, 2, 3, 4, 5, 6].map((field) => run(field, -1 - field / 10));
    const far = sweep([...runs, run(7, -1e9)], { goal: "highest" });
    const heights = [...sweepPlot(far).matchAll(/<circle[^>]* cy="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(new Set(heights).size).toBe(7);
    expect(renderSweep(far)).toContain("One run lies beyond the axis");
    expect(renderSweep(sweep(runs))).not.toContain("beyond the axis");
  });
});
