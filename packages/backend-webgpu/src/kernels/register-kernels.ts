import { registerChosen } from "./chosen.ts";
import { registerConceptMaps } from "./concept-maps.ts";
import { registerConvPoints } from "./conv-points.ts";
import { registerConvolution } from "./convolution.ts";
import { registerDenseRows } from "./dense-rows.ts";
import { registerElementwise } from "./elementwise.ts";
import { registerLocality } from "./locality.ts";
import { registerOptimizerSteps } from "./optimizer-steps.ts";
import { registerPoints } from "./points.ts";
import type { GpuBackend } from "./program.ts";
import { registerSelection } from "./select.ts";
import { registerSeparation } from "./separate.ts";
import { registerSparseCodes } from "./sparse-codes.ts";
import { registerSpectralMatMul } from "./spectral-mat-mul.ts";
import { registerSpectralWeights } from "./spectral-weights.ts";
import { registerSums } from "./sums.ts";
import { registerTransforms } from "./transforms.ts";
import { registerUnrolledMaps } from "./unrolled-maps.ts";
import { registerUnrolledMapsGradient } from "./unrolled-maps-gradient.ts";
import { registerUnrolledRows } from "./unrolled-rows.ts";
import { registerUnrolledRowsGradient } from "./unrolled-rows-gradient.ts";

/** Kernels of our own for the contracts that tfjs's operations are slow at: many dispatches, or reads that wait for the GPU. */
export function registerKernels(backend: GpuBackend): void {
  registerSelection(backend);
  registerSeparation(backend);
  registerOptimizerSteps(backend);
  registerChosen(backend);
  registerSpectralWeights(backend);
  registerLocality(backend);
  registerDenseRows(backend);
  registerSparseCodes(backend);
  registerSums(backend);
  registerElementwise(backend);
  registerTransforms(backend);
  registerPoints(backend);
  registerSpectralMatMul(backend);
  registerConceptMaps(backend);
  registerConvolution(backend);
  registerConvPoints(backend);
  registerUnrolledMaps(backend);
  registerUnrolledMapsGradient(backend);
  registerUnrolledRows(backend);
  registerUnrolledRowsGradient(backend);
}
