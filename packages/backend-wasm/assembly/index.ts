/** Everything the module exports: one function for each operation. */
export { matMul } from "./mat-mul";
export { adam } from "./optimizer";
export {
  analysis,
  analysisOfPoints,
  chosenAccumulation,
  chosenCorrelation,
  chosenDecoding,
  encodedPoints,
  gridEnergies,
  gridEnergiesScratch,
  largestOfRows,
  samplesAtPoints,
  spectralScratch,
  spectrumEnergies,
  synthesis,
  weights,
} from "./spectral";
export { selectScratch } from "./select";
