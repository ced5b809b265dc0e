import { atomGallery } from "./atom-gallery.ts";
import { checkReport } from "./check-report.ts";
import { configSection } from "./config-section.ts";
import { distributionSection } from "./distribution-section.ts";
import { html } from "./html.ts";
import { keyNumbers } from "./key-numbers.ts";
import { keyTiles } from "./key-tiles.ts";
import { learningCurves } from "./learning-curves.ts";
import type { ReportData } from "./report-data.ts";
import { resolutionSection } from "./resolution-section.ts";
import { sampleSection } from "./sample-section.ts";
import { sectionElement } from "./section.ts";
import { stylesheet } from "./stylesheet.ts";
import { utilisationSection } from "./utilisation-section.ts";

/**
 * One page about trained models: HTML that carries its own pictures and style, and needs neither a network nor scripts.
 * Parts without data are left out; what is not a number is drawn as missing.
 *
 * @throws SaenoError `report.atoms`, `report.sample` when an array has another size than its shape says.
 */
export function renderReport(data: ReportData): string {
  checkReport(data);
  const { title, summary = [], models, config } = data;
  const sections = [
    models.length > 0 ? keyNumbers(models) : undefined,
    learningCurves(models),
    resolutionSection(models),
    utilisationSection(models),
    atomGallery(models),
    sampleSection(models),
    distributionSection(models),
    configSection(config),
  ].filter((section) => section !== undefined);
  const links = sections.map((section) => html`<a href="#${section.id}">${section.title}</a>`);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${{ markup: stylesheet }}</style>
</head>
<body>
<main>
<header><p class="eyebrow">saeno report</p><h1>${title}</h1>${summary.map((line) => html`<p>${line}</p>`)}${
    models.length > 0 ? keyTiles(models) : undefined
  }<nav>${links}</nav></header>
${sections.map(sectionElement)}
</main>
</body>
</html>
`.markup;
}
