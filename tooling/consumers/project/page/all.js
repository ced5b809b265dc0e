/** Every package that pages can use. */
import * as activations from "@saeno/activations";
import * as backend from "@saeno/backend";
import * as wasm from "@saeno/backend-wasm";
import * as webgpu from "@saeno/backend-webgpu";
import * as core from "@saeno/core";
import * as datasets from "@saeno/datasets";
import * as experiments from "@saeno/experiments";
import * as fft from "@saeno/fft";
import * as inspect from "@saeno/inspect";
import * as interop from "@saeno/interop";
import * as lifting from "@saeno/lifting";
import * as metrics from "@saeno/metrics";
import * as networks from "@saeno/networks";
import * as report from "@saeno/report";
import * as training from "@saeno/training";

const all = {
  activations,
  backend,
  wasm,
  webgpu,
  core,
  datasets,
  experiments,
  fft,
  inspect,
  interop,
  lifting,
  metrics,
  networks,
  report,
  training,
};

/** How many packages there are; everything that they export is kept by bundlers that way. */
export const count = Object.values(all).filter((each) => Object.keys(each).length > 0).length;
