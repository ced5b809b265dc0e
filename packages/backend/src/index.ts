export { breathe } from "./breathe.ts";
export {
  type Component,
  type ComponentConfig,
  componentsOf,
  defineComponent,
  findComponent,
  type OptionsSchema,
  parseOptions,
  pluginOf,
  readOptions,
  register,
  registerPlugin,
  suggestion,
} from "./component.ts";
export {
  type Contract,
  type ContractDefinition,
  defineContract,
  hasOwnKernel,
  type Kernel,
  registerKernel,
  type Tensors,
} from "./contract.ts";
export { type AdamStepAttributes, adamStep } from "./contracts/adam-step.ts";
export { accumulateChosen, correlateChosen, decodeChosen, sumChosen } from "./contracts/chosen.ts";
export { type ConvEnergiesAttributes, convEnergies } from "./contracts/conv-energies.ts";
export {
  accumulateConvPoints,
  decodeConvPoints,
  encodeConvPoints,
  sampleConvPoints,
} from "./contracts/conv-points.ts";
export { convCorrelate, convKernelGradient, convSynthesize } from "./contracts/convolution.ts";
export { accumulateRows, decodeRows, dotRows, sumRows } from "./contracts/dense-rows.ts";
export { encodeTopK } from "./contracts/encode-top-k.ts";
export {
  analyzeFunctions,
  centeredBias,
  centerGradient,
  sumAtZero,
  synthesizeFunctions,
  synthesizeFunctionsGradient,
} from "./contracts/functions.ts";
export { mapEnergies } from "./contracts/map-energies.ts";
export { gatherMaps, scatterMaps } from "./contracts/maps.ts";
export { meanSquaredDifference } from "./contracts/mean-squared-difference.ts";
export { passPositive } from "./contracts/pass-positive.ts";
export type { Padding } from "./contracts/patches.ts";
export { analyzePoints, encodePoints, samplePoints } from "./contracts/points.ts";
export { gatherRows, scatterRows } from "./contracts/rows.ts";
export { scaledDifference } from "./contracts/scaled-difference.ts";
export { largestPoints, separatePoints } from "./contracts/separate-points.ts";
export { type SgdStepAttributes, sgdStep } from "./contracts/sgd-step.ts";
export { accumulateCodes, decodeCodes, dotCodes } from "./contracts/sparse-codes.ts";
export { type EnergyKind, type SpectralEnergiesAttributes, spectralEnergies } from "./contracts/spectral-energies.ts";
export { spectralLocality, spectralLocalityGradient } from "./contracts/spectral-locality.ts";
export { type Adjoint, spectralMatMul } from "./contracts/spectral-mat-mul.ts";
export {
  packTheta,
  projectOnRealFunctions,
  spectralWeights,
  spectralWeightsAdjoint,
} from "./contracts/spectral-weights.ts";
export {
  accumulateTheta,
  correlateTheta,
  encodeTheta,
  encodeThetaGradient,
  reconstructTheta,
  sumPoints,
  thetaEnergies,
} from "./contracts/theta-points.ts";
export { nanError, topKRows } from "./contracts/top-k-rows.ts";
export { transformWeights, truncatedAnalysis, truncatedSynthesis } from "./contracts/truncated-transforms.ts";
export { type UnrolledMapsResult, unrolledMaps } from "./contracts/unrolled-maps.ts";
export { unrolledMapsGradient } from "./contracts/unrolled-maps-gradient.ts";
export { type UnrolledMapsAttributes, unrolledMapsTrace } from "./contracts/unrolled-maps-trace.ts";
export { type UnrolledRows, unrolledRows } from "./contracts/unrolled-rows.ts";
export { unrolledRowsGradient } from "./contracts/unrolled-rows-gradient.ts";
export {
  type ThresholdKind,
  type UnrolledRowsAttributes,
  unrolledRowsTrace,
  usesGram,
} from "./contracts/unrolled-rows-trace.ts";
export { unrolledSynthesisGradient } from "./contracts/unrolled-synthesis-gradient.ts";
export { cpuBackend } from "./cpu-backend.ts";
export { detach } from "./detach.ts";
export { type ErrorKind, machineProblem, messageOf, SaenoError } from "./error.ts";
export { type ReadValues, registerHostKernels } from "./host-kernels.ts";
export { hostValues } from "./host-values.ts";
export { jointly } from "./jointly.ts";
export { parseJson } from "./json.ts";
export {
  nonNegativeInteger,
  nonNegativeNumber,
  type OptionMetadata,
  oneOf,
  option,
  perAxis,
  positiveInteger,
  positiveNumber,
  share,
  yesOrNo,
} from "./option-schemas.ts";
export { isFrozen, type Parameter, type ParameterRole, tidied, trainable } from "./parameter.ts";
export {
  type Availability,
  type BackendPlugin,
  type ChosenBackend,
  defineBackend,
  registeredBackends,
  useBackend,
} from "./plugin.ts";
export { issueOf, problemOf, shown } from "./problem.ts";
export { createRandom, type Random } from "./random.ts";
export { isConstant, rangeOf, relativeNorm } from "./rounding.ts";
export { sha256 } from "./sha256.ts";
export {
  conjugateCounts,
  frequencies,
  type Grid,
  type Modes,
  sizeOf,
  spectrumShape,
  zeroFrequency,
} from "./spectrum.ts";
