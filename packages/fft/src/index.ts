export { conjugateCounts, frequencies, type Grid, type Modes, spectrumShape } from "@saeno/backend";
export { analyse, type Spectrum } from "./analyse.ts";
export { fromRows, toRows } from "./channels.ts";
export { allModes, checkModes } from "./check-modes.ts";
export { resample } from "./resample.ts";
export { spectralEnergy } from "./spectral-energy.ts";
export { modesOf, synthesise } from "./synthesise.ts";
