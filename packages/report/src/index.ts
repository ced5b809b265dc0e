export { atomGallery } from "./atom-gallery.ts";
export { configSection } from "./config-section.ts";
export { cosinePlot } from "./cosine-plot.ts";
export { distributionSection } from "./distribution-section.ts";
export { type GalleryPngOptions, galleryPng } from "./gallery-png.ts";
export { type HistoryQuantity, historyPlot } from "./history-plot.ts";
export { hoyerPlot } from "./hoyer-plot.ts";
export type { Html } from "./html.ts";
export { keyNumbers } from "./key-numbers.ts";
export { learningCurves } from "./learning-curves.ts";
export { renderReport } from "./render-report.ts";
export type {
  HistoryRecord,
  ReportAtoms,
  ReportConcept,
  ReportData,
  ReportModel,
  ReportSample,
} from "./report-data.ts";
export { resolutionPlot } from "./resolution-plot.ts";
export { resolutionSection } from "./resolution-section.ts";
export { sampleSection } from "./sample-section.ts";
export type { Section } from "./section.ts";
export { utilisationPlot } from "./utilisation-plot.ts";
export { utilisationSection } from "./utilisation-section.ts";
