export { atomGallery } from "./atom-gallery.ts";
export { configSection } from "./config-section.ts";
export { cosinePlot } from "./cosine-plot.ts";
export { distributionSection } from "./distribution-section.ts";
export type {
  AtomsPlot,
  Curve,
  CurvesPlot,
  DistributionGroup,
  DistributionsPlot,
  FigurePlot,
  HistogramsPlot,
  PlotAxis,
  ReferenceX,
  ReferenceY,
  SortedCurve,
  SortedPlot,
} from "./figure-plot-data.ts";
export { type GalleryPngOptions, galleryPng } from "./gallery-png.ts";
export { type HistoryQuantity, historyPlot } from "./history-plot.ts";
export { hoyerPlot } from "./hoyer-plot.ts";
export type { Html } from "./html.ts";
export { keyNumbers } from "./key-numbers.ts";
export { learningCurves } from "./learning-curves.ts";
export { renderReport } from "./render-report.ts";
export { renderReproduction } from "./render-reproduction.ts";
export { renderSweep } from "./render-sweep.ts";
export type {
  HistoryRecord,
  ReportAtoms,
  ReportConcept,
  ReportData,
  ReportModel,
  ReportSample,
} from "./report-data.ts";
export type {
  FailedRun,
  FigureCheck,
  FigureSetting,
  NumberRow,
  NumberTable,
  ReproducedFigure,
  ReproductionData,
  Verdict,
} from "./reproduction-data.ts";
export { reproductionMarkdown } from "./reproduction-markdown.ts";
export { resolutionPlot } from "./resolution-plot.ts";
export { resolutionSection } from "./resolution-section.ts";
export { sampleSection } from "./sample-section.ts";
export type { Section } from "./section.ts";
export type { Spread } from "./spread.ts";
export type { SweepData, SweepRun, SweepSetting } from "./sweep-data.ts";
export { sweepPlot } from "./sweep-plot.ts";
export { utilizationPlot } from "./utilization-plot.ts";
export { utilizationSection } from "./utilization-section.ts";
