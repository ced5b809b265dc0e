export { byCost } from "./concepts/concept-data.ts";
export {
  type ConceptPagesOptions,
  conceptFolder,
  conceptPages,
  type NetworkKnowledge,
} from "./concepts/concept-pages.ts";
export { type MapOutline, mapOutline, type OutlinedImage } from "./concepts/map-outline.ts";
export { type ChangedOutput, mainEffects } from "./concepts/network-part.ts";
export type { EncodePhotograph, PhotographFile } from "./concepts/photograph.ts";
export type * from "./data/report-data.ts";
export { type Drawing, defineFigure, type Figure, type Frame } from "./figures/figure.ts";
export { figures, plotPicture } from "./figures/figures.ts";
export { withConceptName } from "./page/concept-name.ts";
export { type Html, type HtmlValue, html } from "./page/html.ts";
export { type LegendEntry, modelColor } from "./page/legend.ts";
export type { Section } from "./page/page.ts";
export { type FunctionsPngOptions, functionsPng } from "./pictures/functions-png.ts";
export { type GalleryPngOptions, galleryPng } from "./pictures/gallery-png.ts";
export type { GridFunction } from "./pictures/plane.ts";
export { plotSvg } from "./plots/svg.ts";
export { renderReproduction } from "./reproduction/render-reproduction.ts";
export { reproductionMarkdown } from "./reproduction/reproduction-markdown.ts";
export { cosinePlot, hoyerPlot } from "./run-report/distributions.ts";
export {
  chosenPages,
  defaultPages,
  type IndexedRun,
  indexFile,
  indexOfRun,
  type KnownConcepts,
  type KnowOptions,
  knowConcepts,
  samplesOfIndex,
} from "./run-report/known-concepts.ts";
export { type HistoryQuantity, historyPlot } from "./run-report/learning.ts";
export { renderReport, reportSections } from "./run-report/render-report.ts";
export { resolutionPlot } from "./run-report/resolution.ts";
export { runFiles } from "./run-report/run-files.ts";
export { describeModel, type ReportedRun, reportOfRun, titleOf } from "./run-report/run-report.ts";
export { defineSection, type ReportSection } from "./run-report/section.ts";
export { utilizationPlot } from "./run-report/utilization.ts";
export { renderSweep, type SweepPageOptions } from "./sweep/render-sweep.ts";
export { sweepPlot } from "./sweep/sweep-plot.ts";
