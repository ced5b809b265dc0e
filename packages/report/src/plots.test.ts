import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { fixtureModel } from "./__fixtures__/report.ts";
import { cosinePlot } from "./cosine-plot.ts";
import { histogram } from "./histogram.ts";
import { historyPlot } from "./history-plot.ts";
import { hoyerPlot } from "./hoyer-plot.ts";
import { logTicks } from "./log-ticks.ts";
import { median } from "./median.ts";
import { resolutionPlot } from "./resolution-plot.ts";
import { resolutionPoints } from "./resolution-points.ts";
import { smoothCurve } from "./smooth-curve.ts";
import { utilizationPlot } from "./utilization-plot.ts";

describe("plots", () => {
  it("say in words what they compare with", () => {
    const model = fixtureModel();
    expect(resolutionPlot([model])).toContain("training grid");
    expect(hoyerPlot([model])).toMatch(/noise 0\.215/);
    expect(cosinePlot([model])).toMatch(/spread \(std\)/);
    expect(utilizationPlot([model])).toContain("rank of the concept");
  });

  it("label every tick of a logarithmic axis", () => {
    const history = [1, 0.5, 0.01, 0.004].map((loss, i) => ({ step: i + 1, loss, relativeError: 1 }));
    const plot = historyPlot([fixtureModel({ history })], "loss");
    for (const tick of [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]) expect(plot).toContain(`>${tick}</text>`);
    const resolution = [5, 6, 7, 8, 9].map((n) => ({ grid: [n, n], relativeError: 0.1 }));
    const sweep = resolutionPlot([fixtureModel({ resolution })]);
    for (const n of [4, 5, 6, 7, 8, 9]) expect(sweep).toContain(`>${n} × ${n}</text>`);
  });

  it("are pictures in files of their own: XML with its namespace, whatever a name holds", () => {
    const plot = hoyerPlot([fixtureModel({ name: "<a> & \u00a0b" })]);
    const { documentElement } = new JSDOM(plot, { contentType: "image/svg+xml" }).window.document;
    expect(documentElement.namespaceURI).toBe("http://www.w3.org/2000/svg");
    expect(documentElement.textContent).toContain("<a> & \u00a0b");
  });

  it("are empty without data, and never hold NaN", () => {
    const empty = fixtureModel({ history: [{ step: 1, loss: Number.NaN, relativeError: Number.NaN }], resolution: [] });
    expect(historyPlot([empty], "loss")).toBe("");
    expect(historyPlot([], "loss")).toBe("");
    expect(resolutionPlot([empty])).toBe("");
    const history = [1, Number.NaN, 0.1, 0.01].map((loss, i) => ({ step: i + 1, loss, relativeError: 1 }));
    expect(historyPlot([fixtureModel({ history })], "loss")).not.toContain("NaN");
  });

  it("draw two models of one name apart", () => {
    const model = fixtureModel();
    expect(hoyerPlot([model, model]).match(/median 0\.450/g)?.length).toBe(2);
  });

  it("draw a long history with a bounded number of points", () => {
    const history = Array.from({ length: 50_000 }, (_, i) => ({ step: i + 1, loss: 1 / (i + 1), relativeError: 1 }));
    expect(historyPlot([fixtureModel({ history })], "loss").length).toBeLessThan(60_000);
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

describe("numbers for plots", () => {
  it("smooth a curve by a centered mean that passes over what is not a number", () => {
    expect(smoothCurve([0, 3, 6, 9], 3)).toEqual([1.5, 3, 6, 7.5]);
    expect(smoothCurve([1, Number.NaN, 3], 3)).toEqual([1, 2, 3]);
    expect(smoothCurve([Number.NaN], 1)).toEqual([Number.NaN]);
  });

  it("count shares that sum to 1, whatever lies outside or is not a number", () => {
    const bins = histogram([0, 0.5, 1, 7, Number.NaN], 0, 1, 4);
    expect(bins.map(({ share }) => share)).toEqual([0.25, 0, 0.25, 0.5]);
    expect(bins.at(-1)).toMatchObject({ from: 0.75, to: 1 });
  });

  it("tick a logarithmic axis", () => {
    expect(logTicks(0.03, 1.2)).toEqual([0.05, 0.1, 0.2, 0.5, 1]);
    expect(logTicks(1e-6, 1)).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
  });

  it("find a median", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});
