import { componentsOf, SaenoError, sizeOf } from "@saeno/backend";
import type { ReportData, ReportSample } from "../data/report-data.ts";
import { html } from "../page/html.ts";
import { foldedJson, pageText } from "../page/page.ts";
import { checkAtoms } from "../pictures/atoms.ts";
import { atoms } from "./atoms.ts";
import { distributions } from "./distributions.ts";
import { effects } from "./effects.ts";
import { keyNumbers, keyTiles } from "./key-numbers.ts";
import { labels } from "./labels.ts";
import { learning } from "./learning.ts";
import { resolution } from "./resolution.ts";
import { samples } from "./samples.ts";
import { defineSection, type ReportSection } from "./section.ts";
import { stability } from "./stability.ts";
import { trust } from "./trust.ts";
import { utilization } from "./utilization.ts";

const builtins: readonly ReportSection[] = [
  atoms,
  keyNumbers,
  trust,
  learning,
  resolution,
  utilization,
  labels,
  effects,
  stability,
  samples,
  distributions,
];

const configuration: ReportSection = defineSection({
  kind: "config",
  summary: "The configuration as JSON, folded.",
  draw({ config }) {
    const body = foldedJson(config);
    if (body === undefined) return undefined;
    return { title: "Configuration", reading: "The settings of this run.", body };
  },
});

/** The sections of a report in order: the built-in ones, then registered ones, and last the configuration. */
export function reportSections(): readonly ReportSection[] {
  return [...componentsOf("section", builtins), configuration];
}

/**
 * One page about trained models: HTML that carries its own pictures and style, and needs neither a network nor scripts.
 * Sections without data are left out; what is not a number is drawn as missing.
 *
 * @throws SaenoError `report.atoms`, `report.sample` if the size of an array does not match its shape.
 */
export function renderReport(data: ReportData): string {
  checkReport(data);
  const { title, summary, models } = data;
  const sections = reportSections().flatMap((section) => {
    const drawn = section.draw(data);
    return drawn === undefined ? [] : [{ id: section.kind, ...drawn }];
  });
  const links = sections.map((section) => html`<a href="#${section.id}">${section.title}</a>`);
  const head = [models.length > 0 ? keyTiles(models) : undefined, html`<nav>${links}</nav>`];
  return pageText({ title, eyebrow: "saeno report", summary, head, sections });
}

/** Values may be anything, as those that are not numbers are drawn as missing; sizes have to match. */
function checkReport({ models }: ReportData): void {
  for (const { name, atoms, samples = [] } of models) {
    checkAtoms(`The atoms of ${name}`, atoms);
    for (const [index, sample] of samples.entries()) checkSample(`sample ${index} of ${name}`, sample);
  }
}

function checkSample(name: string, { input, reconstruction, grid, channels, concepts }: ReportSample): void {
  const points = sizeOf(grid);
  const expected = points * channels;
  for (const [part, { length }] of Object.entries({ input, reconstruction })) {
    if (length === expected) continue;
    throw new SaenoError(
      "report.sample",
      `The ${part} of ${name} must have ${expected} entries, ${channels} for each of ${points} grid points; got ${length}.`,
    );
  }
  for (const { concept, map } of concepts) {
    if (map.length === points || map.length === 1) continue;
    throw new SaenoError(
      "report.sample",
      `The map of concept ${concept} in ${name} must have ${points} entries, one per grid point, or a single one; got ${map.length}.`,
    );
  }
}
