import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { fixtureModel, fixtureReport } from "../__fixtures__/report.ts";
import type { ReportData, ReportModel } from "../data/report-data.ts";
import { renderReport } from "./render-report.ts";

const parse = (data: ReportData) => new JSDOM(renderReport(data)).window.document;
const sectionsOf = (data: ReportData) => [...parse(data).querySelectorAll("section")].map(({ id }) => id);
const all = ["atoms", "numbers", "learning", "resolution", "utilization", "samples", "distributions", "config"];

const training = () => ({ steps: 4, stepsAsked: 4, interrupted: false });

describe("renderReport", () => {
  it("fetches nothing and runs nothing", () => {
    const page = parse(fixtureReport());
    expect(page.querySelectorAll("script, iframe, object, link[rel=stylesheet]").length).toBe(0);
    for (const element of page.querySelectorAll("[src], [href]")) {
      expect(element.getAttribute("src") ?? element.getAttribute("href")).toMatch(/^(data:|#)/);
    }
    expect(renderReport(fixtureReport())).not.toMatch(/@import|url\(/);
  });

  it("links only to what is on the page", () => {
    const page = parse(fixtureReport());
    for (const link of page.querySelectorAll("a")) {
      expect(page.getElementById((link.getAttribute("href") ?? "").slice(1)), link.outerHTML).not.toBeNull();
    }
  });

  it("shows every section that has data", () => {
    expect(sectionsOf(fixtureReport())).toEqual(all);
  });

  it.each<[string, Partial<ReportModel>]>([
    ["learning", { history: [] }],
    ["resolution", { resolution: [] }],
    ["samples", { samples: [] }],
    ["atoms", { atoms: { values: new Float32Array(0), shape: [0, 4, 4, 1] }, samples: [] }],
    ["distributions", { atomStatistics: { hoyer: [], hoyerBaseline: Number.NaN, cosines: [], coherence: 0 } }],
    ["utilization", { evaluation: { ...fixtureModel().evaluation, utilization: [] } }],
  ])("leaves out %s without data", (id, change) => {
    expect(sectionsOf(fixtureReport(change))).not.toContain(id);
  });

  it("leaves out everything about models when there are none", () => {
    expect(sectionsOf({ title: "Empty", models: [] })).toEqual([]);
  });

  it("escapes all text", () => {
    const hostile = `<script>alert("1 & 2")</script>'`;
    const data = fixtureReport({ name: hostile });
    const page = parse({ ...data, title: hostile, summary: [hostile], config: { hostile } });
    expect(page.querySelectorAll("script").length).toBe(0);
    expect(page.title).toBe(hostile);
    expect(page.querySelector("h1")?.textContent).toBe(hostile);
    expect(page.querySelector("pre")?.textContent).toBe(JSON.stringify({ hostile }, null, 2));
    expect(page.querySelector("#distributions svg.plot")?.textContent).toContain(hostile);
  });

  it("draws two models in their own colors and sets the better number in bold", () => {
    const [model] = fixtureReport().models as [ReportModel];
    const worse = { ...model, name: "SAE-CNN", evaluation: { ...model.evaluation, relativeError: 0.456 } };
    const page = parse({ title: "Two", models: [worse, model] });
    const [row] = page.querySelectorAll("#numbers tbody tr");
    expect(row?.querySelector("b")?.textContent).toBe("0.123");
    for (const plot of page.querySelectorAll("#learning svg.plot")) {
      expect(plot.outerHTML).toContain("--model-0");
      expect(plot.outerHTML).toContain("--model-1");
    }
    expect(page.querySelectorAll("#atoms .gallery").length).toBe(2);
    expect(page.querySelectorAll(".panel").length).toBe(2);
  });

  it("draws the same input in the same colors under every model, whatever they make of it", () => {
    const model = fixtureModel();
    const [sample] = model.samples ?? [];
    if (sample === undefined) throw new Error("The fixture has a sample.");
    const wild = { ...sample, reconstruction: sample.reconstruction.map((value) => -9 * value) };
    const page = parse({ title: "Two", models: [model, { ...model, name: "SAE-CNN", samples: [wild] }] });
    const [own, other] = [...page.querySelectorAll(".panel")].map((panel) =>
      [...panel.querySelectorAll(".fields img")].map((image) => image.getAttribute("src")),
    );
    expect(own?.[0]).toBe(other?.[0]);
    expect(own?.[1]).not.toBe(other?.[1]);
  });

  it("has statistics of concepts in use, those of dead ones beside them", () => {
    const { evaluation } = fixtureModel();
    const page = parse(
      fixtureReport({
        evaluation: { ...evaluation, dead: 2, utilization: [0.2, 0, 0.9, 0] },
        atoms: { values: new Float32Array(64), shape: [4, 4, 4, 1] },
        // Pairs 01 02 03 12 13 23.
        atomStatistics: {
          hoyer: [0.6, 0.2, 0.5, 0.3],
          hoyerBaseline: 0.2,
          cosines: [0, -0.4, 0, 0, 0.9, 0],
          coherence: 0.9,
        },
      }),
    );
    const row = (name: string) =>
      [...page.querySelectorAll("#numbers tbody tr")].find((each) => each.querySelector("th")?.textContent === name)
        ?.children[1]?.textContent;
    expect(row("Coherence")).toBe("0.400 dead 0.900");
    expect(row("Hoyer score")).toBe("0.550 dead 0.250");
    const histogram = page.querySelector("#distributions svg.plot")?.textContent;
    expect(histogram).toContain("SAE-FNO   median 0.550");
    expect(histogram).toContain("SAE-FNO, dead   median 0.250");
  });

  it("says what a code costs and how selective concepts are, also of evaluations that do not", () => {
    const { budget: _, ...older } = fixtureModel().evaluation;
    for (const evaluation of [fixtureModel().evaluation, older]) {
      const page = parse(fixtureReport({ evaluation }));
      const tiles = [...page.querySelectorAll(".tile")].map(({ textContent }) => textContent);
      expect(tiles).toContain("Concepts in use2of 2; 1.50 in a sample");
      expect(tiles).toContain("Budget of a code38%of 16 numbers");
      expect(tiles).toContain("Selective concepts50%of those in use; 0 always on");
      expect(page.querySelector("#utilization")?.textContent).toContain("1 selective, 0 always on");
    }
  });

  it("shows which concepts tell which labels, and how alike those of other runs are", () => {
    const labels = {
      samples: 10,
      entropy: 1,
      auc: { median: 0.7, mean: 0.75, chance: 0.55 },
      information: { median: 0.1, mean: 0.25, chance: 0.01 },
      classes: [
        { label: 0, name: "cat", samples: 5, concept: 1, auc: 0.9 },
        { label: 1, name: "<dog>", samples: 5, concept: 1, auc: 0.6 },
      ],
      concepts: [
        { concept: 1, label: 0, name: "cat", auc: 0.9, information: 0.4 },
        { concept: 0, label: 1, name: "<dog>", auc: 0.5, information: 0 },
      ],
    };
    const best = [
      { concept: 1, other: 3, cosine: 0.8, share: 0.75 },
      { concept: 0, other: 0, cosine: 0.4, share: 0.25 },
    ];
    const run = (against: string, weighted: number) => ({
      ...{ against, weighted, untrained: 0.3, matched: 0.6, compared: [2, 4] as const, best },
    });
    const evaluation = { ...fixtureModel().evaluation, labels, stability: [run("a", 0.72), run("b", 0.78)] };
    const page = parse(fixtureReport({ evaluation, training: training() }));
    const ofLabels = page.querySelector("#labels");
    expect(ofLabels?.textContent).toContain("2 classes in 10 samples; AUC 0.700 in the median (labels shuffled 0.550)");
    expect([...(ofLabels?.querySelectorAll("figcaption") ?? [])].map(({ textContent }) => textContent)).toEqual([
      "1 cat: AUC 0.900<dog>: AUC 0.600",
    ]);
    const ofRuns = page.querySelector("#stability");
    expect(ofRuns?.querySelectorAll("tbody tr").length).toBe(2);
    expect([...(ofRuns?.querySelectorAll("figcaption") ?? [])].map(({ textContent }) => textContent)).toEqual([
      "1 0.800",
      "0 0.400",
    ]);
    expect(page.querySelector("#numbers")?.textContent).toMatch(/AUC with labels0.700.*Stability0.750/);
    expect(page.querySelector("#trust")?.textContent).toContain("stability 0.750 against 2 runs");
  });

  it("names those that are like a concept of the data, and says how many were found", () => {
    const found = [
      { known: 0, name: "ring", concept: 1, cosine: 0.984 },
      { known: 1, name: "disc", concept: 0, cosine: 0.7 },
      { known: 2, name: "bar", cosine: 0 },
    ];
    const section = parse(fixtureReport({ found })).querySelector("#atoms");
    expect(section?.textContent).toMatch(/90%ring, cos 0\.98/);
    expect(section?.textContent).toContain("Found 1 of the 3 concepts of the data");
    expect(section?.textContent).not.toContain("disc");
  });

  it("never shows dead atoms before those in use, whatever order is given", () => {
    const utilization = [0, 0, 0, 0.1, 0.5];
    const atoms = { values: new Float32Array(80), shape: [5, 4, 4, 1], order: [0, 1, 2, 3, 4] };
    const page = parse(fixtureReport({ atoms, evaluation: { ...fixtureModel().evaluation, utilization, dead: 3 } }));
    const shown = [...page.querySelectorAll(".gallery b")].map(({ textContent }) => textContent);
    expect(shown).toEqual(["3", "4", "0", "1", "2"]);
  });

  it("says what it draws: colors for planes, lines for functions on an axis, three sides of volumes", () => {
    const sample = (grid: number[], channels: number) => {
      const size = grid.reduce((product, n) => product * n, channels);
      const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
      const map = values.filter((_, i) => i % channels === 0);
      return { input: values, reconstruction: values, grid, channels, concepts: [{ concept: 0, map, energy: 1 }] };
    };
    const page = (grid: number[], channels: number) => parse(fixtureReport({ samples: [sample(grid, channels)] }));
    const reading = (grid: number[], channels = 1) => page(grid, channels).querySelector("#samples")?.textContent ?? "";
    expect(reading([4, 4])).toContain("in the colors of the input's scale");
    expect(reading([16])).not.toContain("color of the input");
    expect(reading([16])).toContain("Lines of input and reconstruction share the scale");
    expect(reading([2, 2, 4])).toContain("three sides");
    expect(reading([4, 4], 8)).toMatch(/inputch( \d){4}/);
    const lines = page([16], 5);
    expect(lines.querySelectorAll(".fields figure:first-child svg").length).toBe(4);
    expect(lines.querySelector(".fields")?.textContent).toMatch(/channel \d/);
    expect(page([4, 4], 2).querySelectorAll(".fields .vectors svg path").length).toBe(3);
  });

  it("shows no more than 96 atoms", () => {
    const K = 100;
    const evaluation = { ...fixtureModel().evaluation, utilization: new Array<number>(K).fill(0.5) };
    const page = parse(fixtureReport({ evaluation, atoms: { values: new Float32Array(K * 16), shape: [K, 4, 4, 1] } }));
    expect(page.querySelectorAll(".gallery figure").length).toBe(96);
    expect(page.querySelector("#atoms .note")?.textContent).toContain("Left out: 4 that are used less.");
  });

  it("shows the most used atoms first, dims dead ones and says how many are left out", () => {
    const K = 100;
    const utilization = Array.from({ length: K }, (_, k) => (k === 7 ? 1 : k < 10 ? 0.5 : 0));
    const evaluation = { ...fixtureModel().evaluation, utilization, dead: 90 };
    const page = parse(fixtureReport({ evaluation, atoms: { values: new Float32Array(K * 16), shape: [K, 4, 4, 1] } }));
    const figures = [...page.querySelectorAll(".gallery figure")];
    expect(figures[0]?.querySelector("b")?.textContent).toBe("7");
    expect(figures.length).toBe(22);
    expect(figures.filter(({ className }) => className === "dead").length).toBe(12);
    expect(page.querySelector("#atoms .note")?.textContent).toContain("Left out: 78 dead ones.");
  });

  it("draws functions on a line, vectors, vectors with a shape, volumes and several channels", () => {
    const values = Float32Array.from({ length: 2 * 24 }, (_, i) => Math.sin(i));
    const note = (shape: number[], sampleShape?: number[]) => {
      const atoms = { values, shape, ...(sampleShape === undefined ? {} : { sampleShape }) };
      const page = parse(fixtureReport({ atoms, samples: [] }));
      const { length: lines } = page.querySelectorAll(".gallery svg");
      const { length: pictures } = page.querySelectorAll(".gallery img");
      return { lines, pictures, text: page.querySelector("#atoms .note")?.textContent?.replace(/\s+/g, " ") };
    };
    expect(note([2, 24, 1])).toMatchObject({ lines: 2, pictures: 0 });
    expect(note([2, 24])).toMatchObject({ lines: 2, text: expect.stringContaining("Vectors of 24") });
    expect(note([2, 24], [4, 6, 1])).toMatchObject({ pictures: 2, text: expect.stringContaining("4 × 6") });
    expect(note([2, 3, 4, 2, 1])).toMatchObject({ pictures: 2, text: expect.stringContaining("three sides") });
    expect(note([2, 4, 2, 3])).toMatchObject({ pictures: 2, text: expect.stringContaining("mid-gray") });
    expect(note([2, 2, 2, 6])).toMatchObject({ pictures: 2, text: expect.stringContaining("Of 6 channels") });
    expect(note([2, 4, 3, 2])).toMatchObject({
      pictures: 2,
      lines: 2,
      text: expect.stringContaining("longest vector"),
    });
  });

  it("takes samples on a line and vectors with scalar codes", () => {
    const line = (grid: number[], channels: number, entries: number) => ({
      input: new Float32Array(16).fill(1),
      reconstruction: new Float32Array(16),
      grid,
      channels,
      concepts: [{ concept: 0, map: new Float32Array(entries).fill(1), energy: 1 }],
    });
    const page = parse(fixtureReport({ samples: [line([16], 1, 16), line([], 16, 1)] }));
    expect(page.querySelectorAll(".panel .fields svg").length).toBe(4);
    expect(page.querySelectorAll(".concepts figure").length).toBe(2);
  });

  it("says where values are not numbers, and draws the rest", () => {
    const model = fixtureModel();
    const values = model.atoms.values.slice();
    values[3] = Number.NaN;
    const [, ...rest] = model.history ?? [];
    const [sample] = model.samples ?? [];
    const page = parse(
      fixtureReport({
        atoms: { ...model.atoms, values },
        history: [{ step: 1, relativeError: 1, loss: Number.NaN }, ...rest],
        evaluation: { ...model.evaluation, r2: Number.NaN },
        samples: sample === undefined ? [] : [{ ...sample, reconstruction: new Float32Array(16).fill(Number.NaN) }],
      }),
    );
    expect(page.querySelector("#atoms .note")?.textContent).toContain("in 1 of these atoms");
    expect(page.querySelector("#learning .reading")?.textContent).toContain("In 1 record the loss is not a number");
    expect(page.querySelector("#numbers .reading")?.textContent).toContain("dash");
    expect(page.body.innerHTML).not.toContain("NaN");
  });

  it("refuses arrays of another size than their shape", () => {
    const { atoms, samples = [] } = fixtureModel();
    expect(() => renderReport(fixtureReport({ atoms: { ...atoms, shape: [2, 5, 4, 1] } }))).toThrow(/atoms of SAE-FNO/);
    expect(() => renderReport(fixtureReport({ atoms: { ...atoms, sampleShape: [5] } }))).toThrow(/sampleShape/);
    const [sample] = samples;
    if (sample === undefined) throw new Error("The fixture has a sample.");
    const short = { ...sample, input: new Float32Array(3) };
    expect(() => renderReport(fixtureReport({ samples: [short] }))).toThrow(/input of sample 0 of SAE-FNO.*got 3/);
  });

  it("stays under 5 MB with 64 atoms and 6 samples of 64 x 64 points in color", () => {
    let state = 1;
    const noise = (length: number) =>
      Float32Array.from({ length }, () => {
        state = (state * 48271) % 2147483647;
        return state / 2147483647 - 0.5;
      });
    const sample = () => ({
      input: noise(64 * 64 * 3),
      reconstruction: noise(64 * 64 * 3),
      grid: [64, 64],
      channels: 3,
      concepts: Array.from({ length: 8 }, (_, concept) => ({
        concept,
        map: noise(4096).map((v) => Math.max(0, v - 0.48)),
        energy: 1,
      })),
    });
    const atoms = { values: noise(64 * 64 * 64 * 3), shape: [64, 64, 64, 3] };
    const samples = Array.from({ length: 6 }, sample);
    const noisy = renderReport(fixtureReport({ atoms, samples })).length;
    expect(noisy).toBeLessThan(5e6);
  });
});
