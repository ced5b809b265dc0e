/** Everything the module exports: one function for each operation. */
export { adam } from "./optimizer";
export {
  analysis,
  analysisOfPoints,
  chosenAccumulation,
  chosenCorrelation,
  chosenDecoding,
  encodedPoints,
  energies,
  largestOfRows,
  samplesAtPoints,
  spectralScratch,
  synthesis,
  weights,
} from "./spectral";
export { selectScratch } from "./select";
