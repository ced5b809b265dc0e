export { conjugateCounts, frequencies, type Grid, type Modes, spectrumShape } from "@saeno/backend";
export { analyze, type Spectrum } from "./analyze.ts";
export { fromRows, toRows } from "./channels.ts";
export { allModes, checkModes } from "./check-modes.ts";
export { resample } from "./resample.ts";
export { spectralEnergy } from "./spectral-energy.ts";
export { modesOf, synthesize } from "./synthesize.ts";
