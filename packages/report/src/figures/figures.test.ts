import type { AtomsPlot, CurvesPlot, DistributionsPlot, FigurePlot, SortedPlot } from "@saeno/experiments";
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { fixtureNoise, fixturePlots, fixtureSpread } from "../__fixtures__/reproduction.ts";
import { thinPoints } from "./curves.ts";
import { drawPlots, figures, plotPicture } from "./figures.ts";

const figure = (plot: FigurePlot) => new JSDOM(drawPlots([plot]).plots[0]?.markup).window.document.body;

const curves = (
  points: readonly (readonly [x: number, y: number])[],
  change: Partial<CurvesPlot> = {},
): CurvesPlot => ({
  kind: "curves",
  title: "Error against step",
  x: { label: "step" },
  y: { label: "error" },
  curves: [{ name: "a", points: points.map(([x, y]) => ({ x, y: { mean: y, low: y, high: y, count: 1 } })) }],
  ...change,
});

/** The vertices of the longest path that is only a line. */
const vertices = (markup: string) =>
  Math.max(...[...markup.matchAll(/ d="(M[^"A]*)"/g)].map(([, path = ""]) => path.split(/[ML]/).length - 1));

describe("figures", () => {
  it.each(fixturePlots().map((plot) => [plot.kind, plot] as const))("have a title and a picture: %s", (_, plot) => {
    const body = figure(plot);
    expect(body.querySelector("h3")?.textContent).toBe(plot.title);
    expect(body.querySelector("svg.plot, .gallery img")).not.toBeNull();
  });

  it.each<FigurePlot>([
    curves([]),
    curves([[1, Number.NaN]]),
    { kind: "histograms", title: "", label: "", groups: [] },
    {
      kind: "distributions",
      title: "",
      label: "",
      x: "",
      groups: [{ name: "a", boxes: [] }],
      references: [{ name: "b", y: 1 }],
    },
    { kind: "sorted", title: "", x: "", y: { label: "" }, curves: [{ name: "a", values: [] }] },
    { kind: "atoms", title: "", atoms: { values: new Float32Array(0), shape: [0, 4, 4, 1] }, count: 8 },
  ])("say so when there is nothing to draw: $kind", (plot) => {
    expect(figure(plot).textContent).toContain("There is nothing to draw.");
  });
});

describe("a plot of an unknown kind or with wrong options", () => {
  it("is refused with the kinds there are", () => {
    expect(() => drawPlots([{ kind: "curve", title: "" }])).toThrow(/no figure "curve".*atoms, curves, distributions/);
    expect(figures().map(({ kind }) => kind)).toContain("sorted");
  });

  it("is refused with the name of the option", () => {
    const broken = JSON.parse('{"kind":"sorted","title":"","x":"rank","y":{"label":3},"curves":[]}');
    expect(() => drawPlots([broken])).toThrow(/figure "sorted", y\.label/);
  });
});

describe("curves", () => {
  it("name every curve and reference in the legend, dashed as they are drawn", () => {
    const plot = curves(
      [
        [1, 1],
        [2, 2],
      ],
      {
        references: [
          { name: "bound", y: 1.5 },
          { name: "lost", y: Number.NaN },
        ],
      },
    );
    const [first] = plot.curves;
    if (first === undefined) throw new Error("There is a curve.");
    const body = figure({ ...plot, curves: [first, { ...first, name: "b", dashed: true }] });
    expect([...body.querySelectorAll(".curves li")].map(({ textContent }) => textContent)).toEqual([
      "a",
      "b",
      "bound (1.5)",
    ]);
    for (const swatch of [...body.querySelectorAll(".curves path")].slice(1)) {
      const dash = swatch.getAttribute("stroke-dasharray");
      expect(dash).not.toBeNull();
      expect(body.querySelector("svg.plot")?.innerHTML).toContain(`stroke-dasharray="${dash}"`);
    }
  });

  it("have a band where there is more than one seed", () => {
    const bands = (count: number) => {
      const points = [1, 2, 3].map((x) => ({ x, y: fixtureSpread(x, 0.1, count) }));
      const areas = figure(curves([], { curves: [{ name: "a", points }] })).querySelectorAll(
        '[aria-label="area"] path',
      );
      return [...areas].filter((area) => area.getAttribute("d")).length;
    };
    expect([bands(3), bands(1)]).toEqual([1, 0]);
  });

  it("are drawn with at most 300 points, spread over the axis as it is, with the first and the last", () => {
    const long = Array.from({ length: 20_000 }, (_, i) => [i + 1, 1 + i] as const);
    for (const log of [false, true]) {
      const drawn = plotPicture(curves(long, { x: { label: "step", log } }));
      expect(vertices(drawn)).toBeLessThanOrEqual(300);
      expect(vertices(drawn)).toBeGreaterThan(log ? 200 : 295);
    }
  });

  it("leave a gap for NaN, and say what a logarithmic axis leaves out", () => {
    const points = [
      [1, 1],
      [2, Number.NaN],
      [3, 0],
      [4, 0.1],
    ] as const;
    const text = figure(curves(points, { y: { label: "error", log: true } })).textContent;
    expect(text).toContain("1 point without a number");
    expect(text).toContain("1 value that is not positive");
    expect(figure(curves(points)).textContent).not.toContain("logarithmic");
  });

  it("have a tick at every x where they are few", () => {
    const grids = [28, 42, 56, 84, 112];
    const drawn = plotPicture(
      curves(
        grids.map((n) => [n, 1]),
        { x: { label: "grid", log: true } },
      ),
    );
    for (const n of grids) expect(drawn).toContain(`>${n}</text>`);
  });
});

describe("sorted values", () => {
  it("fall, by rank or by share", () => {
    const curves = [{ name: "a", values: [1, 3, Number.NaN, 2] }];
    const plot: SortedPlot = { kind: "sorted", title: "", x: "rank", y: { label: "use" }, curves };
    const heights = [...plotPicture(plot).matchAll(/<circle[^>]* cy="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(heights).toEqual([...heights].sort((a, b) => a - b));
    expect(heights.length).toBe(3);
    expect(plotPicture(plot)).toContain(">3</text>");
    expect(plotPicture({ ...plot, normalized: true })).toContain(">0.5</text>");
  });

  it("lie on a band, as far as the axis holds it", () => {
    const curves = [{ name: "a", values: [0.2, 0.5, 0.4] }];
    const shaded = (from: number, to: number): SortedPlot => ({
      ...{ kind: "sorted", title: "", x: "rank", y: { label: "use", zero: true } },
      ...{ curves, band: { name: "selective", from, to } },
    });
    const rectangles = (plot: SortedPlot) => plotPicture(plot).match(/<rect[^>]* height="([\d.]+)"/)?.[1];
    expect(Number(rectangles(shaded(0.1, 0.6)))).toBeGreaterThan(Number(rectangles(shaded(0.2, 0.3))));
    expect(rectangles(shaded(2, 3))).toBeUndefined();
    expect(figure(shaded(0.1, 0.6)).textContent).toContain("selective");
  });
});

describe("distributions", () => {
  const plot: DistributionsPlot = {
    kind: "distributions",
    title: "Hoyer",
    label: "score",
    x: "k_c",
    groups: ["a", "b"].map((name, g) => ({
      name,
      boxes: ["2", "4", "8"].map((x, i) => ({ x, values: i === 1 && g === 1 ? [] : fixtureNoise(50, i) })),
    })),
  };

  it("have a box at every x of every group that has values", () => {
    expect(plotPicture(plot).match(/<rect/g)?.length).toBe(5);
  });

  it("take the width of the page when there are many", () => {
    const groups = Array.from({ length: 5 }, (_, i) => ({
      ...plot.groups[0],
      name: `${i}`,
      boxes: plot.groups[0]?.boxes ?? [],
    }));
    expect(
      figure({ ...plot, groups })
        .querySelector(".wide svg.plot")
        ?.getAttribute("width"),
    ).toBe("1120");
    expect(figure(plot).querySelector(".narrow svg.plot")?.getAttribute("width")).toBe("560");
  });
});

describe("atoms", () => {
  const atoms = { values: Float32Array.from({ length: 4 * 16 }, (_, i) => Math.sin(i)), shape: [4, 4, 4, 1] };
  const plot: AtomsPlot = { kind: "atoms", title: "Atoms", atoms, utilization: [0.1, 0, 0.9, 0.5], count: 3 };
  const numbers = (change: Partial<AtomsPlot>) =>
    [...figure({ ...plot, ...change }).querySelectorAll("figcaption")].map(({ textContent }) => textContent);

  it("come in their order, or the most used first, no more than asked for", () => {
    expect(numbers({})).toEqual(["2 90%", "3 50%", "0 10%"]);
    expect(numbers({ atoms: { ...atoms, order: [1, 0] } })).toEqual(["0 10%", "1 dead"]);
    expect(figure(plot).textContent).toContain("1 more is left out");
  });

  it("are large enough to see", () => {
    for (const picture of figure(plot).querySelectorAll("img")) {
      expect(Number(picture.getAttribute("width"))).toBeGreaterThanOrEqual(64);
    }
  });
});

describe("thinPoints", () => {
  it("keeps the first and the last, and no more than asked for", () => {
    const points = Array.from({ length: 1000 }, (_, i) => i / 999);
    const thin = thinPoints(points, (x) => x, 50);
    expect(thin.length).toBeLessThanOrEqual(50);
    expect([thin[0], thin.at(-1)]).toEqual([0, 1]);
    expect(thinPoints([3, 1], () => 0, 50)).toEqual([3, 1]);
  });
});

describe("histograms", () => {
  it("have bins by the share of values, those outside in the nearest, NaN in none", () => {
    const groups = [{ name: "a", values: [0, 0.5, 1, 7, Number.NaN] }];
    const plot: FigurePlot = { kind: "histograms", title: "", label: "", groups, domain: [0, 1], bins: 4 };
    const bars = [...new JSDOM(plotPicture(plot)).window.document.querySelectorAll("rect")];
    const [first, ...others] = bars.map((bar) => Number(bar.getAttribute("height")));
    expect(others.map((height) => height / (first ?? 0))).toEqual([1, 2]);
    const [left, middle, right] = bars.map((bar) => Number(bar.getAttribute("x")));
    expect(((middle ?? 0) - (left ?? 0)) / ((right ?? 0) - (middle ?? 0))).toBeCloseTo(2, 1);
    expect(figure(plot).textContent).toContain("median 0.750");
  });
});
