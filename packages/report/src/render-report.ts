import { atomGallery } from "./atom-gallery.ts";
import { checkReport } from "./check-report.ts";
import { configSection } from "./config-section.ts";
import { distributionSection } from "./distribution-section.ts";
import { html } from "./html.ts";
import { keyNumbers } from "./key-numbers.ts";
import { keyTiles } from "./key-tiles.ts";
import { learningCurves } from "./learning-curves.ts";
import { pageText } from "./page.ts";
import type { ReportData } from "./report-data.ts";
import { resolutionSection } from "./resolution-section.ts";
import { sampleSection } from "./sample-section.ts";
import { sectionElement } from "./section.ts";
import { utilizationSection } from "./utilization-section.ts";

/**
 * One page about trained models: HTML that carries its own pictures and style, and needs neither a network nor scripts.
 * Parts without data are left out; what is not a number is drawn as missing.
 *
 * @throws SaenoError `report.atoms`, `report.sample` when an array has another size than its shape says.
 */
export function renderReport(data: ReportData): string {
  checkReport(data);
  const { title, summary, models, config } = data;
  const sections = [
    models.length > 0 ? keyNumbers(models) : undefined,
    learningCurves(models),
    resolutionSection(models),
    utilizationSection(models),
    atomGallery(models),
    sampleSection(models),
    distributionSection(models),
    configSection(config),
  ].filter((section) => section !== undefined);
  const links = sections.map((section) => html`<a href="#${section.id}">${section.title}</a>`);
  const head = [models.length > 0 ? keyTiles(models) : undefined, html`<nav>${links}</nav>`];
  return pageText({ title, eyebrow: "saeno report", summary, head, body: sections.map(sectionElement) });
}
