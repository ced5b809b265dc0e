import { fileURLToPath } from "node:url";
import { cell } from "@observablehq/plot";
import { register } from "@saeno/backend";
import { JSDOM } from "jsdom";
import { rolldown } from "rolldown";
import { array, number, object, strictObject, string } from "valibot";
import { describe, expect, it } from "vitest";
import { fixtureReport } from "./__fixtures__/report.ts";
import { fixtureFigure } from "./__fixtures__/reproduction.ts";
import { defineFigure, defineSection, html, plotSvg, renderReport, renderReproduction } from "./index.ts";

describe("the package in a page", () => {
  it("is bundled without Node and its XML library, and renders in the document of the page", async () => {
    const warnings: unknown[] = [];
    // Evaluated below, where there are no modules.
    const transform = { define: { "import.meta": "{}" } };
    const input = fileURLToPath(new URL("./index.ts", import.meta.url));
    const bundle = await rolldown({
      input,
      platform: "browser",
      transform,
      onLog: (_, log) => warnings.push(log.message),
    });
    const { output } = await bundle.generate({ format: "iife", name: "report" });
    await bundle.close();
    expect(warnings).toEqual([]);
    expect(output.length).toBe(1);
    expect(output[0].imports).toEqual([]);
    expect(output[0].moduleIds.filter((id) => id.includes("xmldom"))).toEqual([]);
    const { window } = new JSDOM("", { runScripts: "outside-only" });
    // Every browser has these, jsdom does not.
    Object.assign(window, { TextEncoder, TextDecoder, data: fixtureReport() });
    const rendered = new JSDOM(String(window.eval(`${output[0].code};report.renderReport(data)`))).window.document;
    const inNode = new JSDOM(renderReport(fixtureReport())).window.document;
    expect(rendered.body.textContent).toBe(inNode.body.textContent);
    expect(rendered.querySelectorAll("svg.plot").length).toBeGreaterThan(3);
    expect(rendered.querySelectorAll("img").length).toBe(inNode.querySelectorAll("img").length);
  });
});

describe("registered components", () => {
  it("are figures that reproductions show as they show ours", () => {
    register(
      defineFigure({
        kind: "heat-map",
        summary: "A number in every cell of a table, as a color.",
        schema: strictObject({ cells: array(object({ x: string(), y: string(), value: number() })) }),
        draw({ cells }, { title }) {
          const marks = [cell(cells, { x: "x", y: "y", fill: "value" })];
          return { picture: { markup: plotSvg({ ariaLabel: title, marks }) }, notes: ["Darker is more."], wide: true };
        },
      }),
    );
    const plot = { kind: "heat-map", title: "Errors", cells: [{ x: "a", y: "b", value: 1 }] };
    const page = new JSDOM(renderReproduction({ title: "", figures: [fixtureFigure({ plots: [plot] })] }));
    const figure = page.window.document.querySelector("figure.wide");
    expect(figure?.querySelector("h3")?.textContent).toBe("Errors");
    expect(figure?.querySelector(".note")?.textContent).toBe("Darker is more.");
    expect(figure?.querySelectorAll("svg.plot rect").length).toBe(1);
    const wrong = { ...plot, cells: [{ x: "a" }] };
    expect(() => renderReproduction({ title: "", figures: [fixtureFigure({ plots: [wrong] })] })).toThrow(/heat-map/);
  });

  it("are sections that reports show before the configuration", () => {
    register(
      defineSection({
        kind: "remarks",
        summary: "What the models are called.",
        draw: ({ models }) => ({
          title: "Remarks",
          reading: "Read on.",
          body: html`<p>${models.map(({ name }) => name).join()}</p>`,
        }),
      }),
    );
    const page = new JSDOM(renderReport(fixtureReport())).window.document;
    expect([...page.querySelectorAll("section")].map(({ id }) => id).slice(-2)).toEqual(["remarks", "config"]);
    expect(page.querySelector("#remarks p:last-child")?.textContent).toBe("SAE-FNO");
    expect(page.querySelector('nav a[href="#remarks"]')).not.toBeNull();
  });
});
