/** Everything the module exports: one function for each operation. */
export { convAccumulatedPoints, convDecodedPoints, convEncodedPoints, convPointsScratch, convSampledPoints } from "./conv-points";
export { convSpectralEnergies, convSpectraScratch } from "./conv-spectra";
export { convCorrelation, convKernelGradient, convMapEnergies, convolutionScratch, convSynthesis } from "./convolution";
export { chosenOfAll, listUses, rowAccumulation, rowCorrelation, rowDecoding, weightedRows } from "./dense-rows";
export { encodeScratch, encodeTopK } from "./encode";
export { screenedScratch, screenedTopK } from "./screened-encode";
export { centerGradient } from "./spectral-products";
export { functionsAnalysis, functionsScratch, functionsSynthesis } from "./functions";
export { gatheredMaps, gatheredRows, scatteredMaps, scatteredRows } from "./gather";
export { gridEnergies, gridEnergiesMemory, gridEnergiesScratch } from "./grid-energies";
export { localityEnergies, localityGradient } from "./locality";
export { matMul } from "./mat-mul";
export { binary, columnSums, meanSquare, rowSums, transposed } from "./elementwise";
export { adam, adamOfUses, sgd } from "./optimizer";
export {
  analysis,
  analysisOfPoints,
  chosenAccumulation,
  chosenCorrelation,
  chosenDecoding,
  encodedPoints,
  largestOfRows,
  samplesAtPoints,
  spectralScratch,
  spectrumEnergies,
  synthesis,
  usesScratch,
  weights,
  wideEnergies,
  wideEnergiesScratch,
} from "./spectral";
export { codeAccumulation, codeCorrelation, codeDecoding, nonZeros } from "./sparse-codes";
export { selectScratch, separatedPoints } from "./select";
export { packedWeightsSize } from "./packed-weights";
export { spectralProduct, spectralProductScratch } from "./spectral-products";
export { unrolledMaps, unrolledMapsScratch } from "./unrolled-maps";
export { unrolledMapsGradient, unrolledMapsGradientScratch } from "./unrolled-maps-gradient";
export { gramAndCorrelations, unrolledScratch, unrolledSteps } from "./unrolled";
export { activeConcepts, stepsBack, symmetricRows, unrolledColumns } from "./unrolled-gradient";
export {
  pointsGradient,
  pointsGradientScratch,
  pointSums,
  thetaAccumulation,
  thetaCorrelation,
  thetaDecoding,
} from "./theta";
export { useWideKernels } from "./wide-imports";
