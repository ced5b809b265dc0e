import { dot } from "@observablehq/plot";
import type { FigurePlot } from "@saeno/experiments";
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { fixtureModel } from "../__fixtures__/report.ts";
import { drawPlots, plotPicture } from "../figures/figures.ts";
import { plotSvg } from "../plots/svg.ts";
import { cosinePlot, hoyerPlot } from "./distributions.ts";
import { historyPlot, meanAround } from "./learning.ts";
import { resolutionPlot, resolutionPoints } from "./resolution.ts";
import { utilizationPlot } from "./utilization.ts";

const picture = (plot: FigurePlot | undefined) => (plot === undefined ? "" : plotPicture(plot));
const page = (plot: FigurePlot | undefined) =>
  drawPlots(plot === undefined ? [] : [plot])
    .plots.map(({ markup }) => markup)
    .join("");

describe("plots", () => {
  it("say in words what they compare with", () => {
    const model = fixtureModel();
    expect(page(resolutionPlot([model]))).toContain("training grid (4)");
    expect(page(hoyerPlot([model]))).toMatch(/noise \(0\.215\)/);
    expect(picture(cosinePlot([model]))).toMatch(/standard deviation/);
    expect(picture(utilizationPlot([model]))).toContain("rank of the concept");
  });

  it("label every tick of a logarithmic axis", () => {
    const history = [1, 0.5, 0.01, 0.004].map((loss, i) => ({ step: i + 1, loss, relativeError: 1 }));
    const plot = picture(historyPlot([fixtureModel({ history })], "loss"));
    for (const tick of [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]) expect(plot).toContain(`>${tick}</text>`);
    const resolution = [5, 6, 7, 8, 9].map((n) => ({ grid: [n, n], relativeError: 0.1 }));
    const sweep = picture(resolutionPlot([fixtureModel({ resolution })]));
    for (const n of [4, 5, 6, 7, 8, 9]) expect(sweep).toContain(`>${n} × ${n}</text>`);
  });

  it("are pictures in files of their own: XML with its namespace, whatever a name holds", () => {
    const plot = picture(hoyerPlot([fixtureModel({ name: "<a> & \u00a0b" })]));
    const { documentElement } = new JSDOM(plot, { contentType: "image/svg+xml" }).window.document;
    expect(documentElement.namespaceURI).toBe("http://www.w3.org/2000/svg");
    expect(documentElement.textContent).toContain("<a> & \u00a0b");
  });

  it("keep what a mark links to", () => {
    const marks = [dot([{ x: 1, to: "a.html?b=1&c=2" }], { x: "x", y: "x", href: "to" })];
    const page = new JSDOM(plotSvg({ ariaLabel: "a", marks }), { contentType: "image/svg+xml" }).window.document;
    expect(page.querySelector("svg.plot a")?.getAttribute("href")).toBe("a.html?b=1&c=2");
  });

  it("are empty without data, and never hold NaN", () => {
    const empty = fixtureModel({ history: [{ step: 1, loss: Number.NaN, relativeError: Number.NaN }], resolution: [] });
    expect(historyPlot([empty], "loss")).toBeUndefined();
    expect(historyPlot([], "loss")).toBeUndefined();
    expect(resolutionPlot([empty])).toBeUndefined();
    const history = [1, Number.NaN, 0.1, 0.01].map((loss, i) => ({ step: i + 1, loss, relativeError: 1 }));
    expect(picture(historyPlot([fixtureModel({ history })], "loss"))).not.toContain("NaN");
  });

  it("draw two models of one name apart", () => {
    const model = fixtureModel();
    expect(picture(hoyerPlot([model, model])).match(/median 0\.450/g)?.length).toBe(2);
  });

  it("draw a long history with a bounded number of points", () => {
    const history = Array.from({ length: 50_000 }, (_, i) => ({ step: i + 1, loss: 1 / (i + 1), relativeError: 1 }));
    expect(picture(historyPlot([fixtureModel({ history })], "loss")).length).toBeLessThan(60_000);
  });
});

describe("resolutionPoints", () => {
  it("joins the evaluation's own grid, by rising size", () => {
    const points = resolutionPoints(
      fixtureModel({ resolution: [16, 2].map((n) => ({ grid: [n, n], relativeError: n })) }),
    );
    expect(points.map(({ points }) => points)).toEqual([2, 4, 16]);
    expect(points[1]?.relativeError).toBe(0.123);
  });
});

describe("meanAround", () => {
  const smooth = (values: number[], window: number) => values.map((_, i) => meanAround(values, i, window));

  it("is a centered mean that passes over what is not a number", () => {
    expect(smooth([0, 3, 6, 9], 3)).toEqual([1.5, 3, 6, 7.5]);
    expect(smooth([1, Number.NaN, 3], 3)).toEqual([1, 2, 3]);
    expect(smooth([Number.NaN], 1)).toEqual([Number.NaN]);
  });
});
