/** The kernels of unrolled thresholding of maps (assembly/unrolled-maps.ts, assembly/unrolled-maps-gradient.ts), registered for their contracts. */
import { unrolledMapsGradient, unrolledMapsTrace } from "@saeno/backend";
import { fourierPlans } from "../plans/fourier-plan.ts";
import { addresses, allocate, failOnNan } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Kernels } from "../runtime/thread-pool.ts";
import { floatWord } from "../runtime/wasm-memory.ts";

/** Points per integer of a support. */
const together = 16;

/** The most groups of samples with separate sums, and the most bytes of all these sums together. */
const most = { groups: 16, bytes: 2 ** 28 };

export function registerUnrolledMapsKernels(kernels: Kernels): void {
  const planFor = fourierPlans(kernels);

  register(unrolledMapsTrace, ({ xRe, xIm, dRe, dIm, stepSize }, attributes, backend) => {
    const { grid, modes, iterations, threshold, kind, traced = true } = attributes;
    const [batch, channels, kept] = xRe.shape;
    const concepts = dRe.shape[0];
    const plan = planFor(grid, modes);
    const steps = traced ? iterations - 1 : 0;
    const outputs = allocate(
      backend,
      {
        codes: [batch, concepts, plan.gridSize],
        residualRe: [batch, steps, channels, kept],
        residualIm: [batch, steps, channels, kept],
        spectraRe: [batch, steps, concepts, kept],
        spectraIm: [batch, steps, concepts, kept],
        support: [batch, steps, concepts, Math.ceil(plan.gridSize / together)],
      },
      ["support"],
    );
    const { codes, residualRe, residualIm, spectraRe, spectraIm, support } = outputs;
    const tensors = [xRe, xIm, dRe, dIm, stepSize, codes, residualRe, residualIm, spectraRe, spectraIm, support];
    const packed = kernels.allocate(kernels.compute("packedWeightsSize", concepts, channels, kept));
    const words = [
      ...[batch, concepts, channels, iterations, floatWord(threshold), floatWord(kind === "soft" ? threshold : 0)],
      ...[kind === "one-sided" ? 1 : 0, plan.counts, packed.address, traced ? 1 : 0],
    ];
    const status = kernels.run("unrolledMaps", [plan.address, ...addresses(backend, ...tensors), ...words], {
      scratch: kernels.compute("unrolledMapsScratch", plan.address, concepts, channels, traced ? 1 : 0),
      operations: batch * concepts * iterations * (16 * channels * kept + 16 * plan.gridSize),
    });
    packed.free();
    failOnNan(status, backend, outputs);
    return outputs;
  });

  register(unrolledMapsGradient, (inputs, attributes, backend, composite) => {
    const { upstream, codes, xRe, xIm, dRe, dIm, stepSize } = inputs;
    const { grid, modes, iterations } = attributes;
    const [batch, channels, kept] = xRe.shape;
    const concepts = dRe.shape[0];
    if (codes.shape.includes(0)) return composite();
    const plan = planFor(grid, modes);
    const outputs = allocate(backend, {
      xRe: xRe.shape,
      xIm: xIm.shape,
      dRe: dRe.shape,
      dIm: dIm.shape,
      stepSize: stepSize.shape,
    });
    // Only sizes decide how sums are grouped, so the result does not depend on the number of threads.
    const bytes = 8 * concepts * channels * kept;
    const groups = Math.max(1, Math.min(batch, most.groups, Math.floor(most.bytes / bytes)));
    const sums = kernels.allocate(groups * bytes + 8 * batch + 64);
    const packed = kernels.allocate(kernels.compute("packedWeightsSize", concepts, channels, kept));
    const { residualRe, residualIm, spectraRe, spectraIm, support } = inputs;
    const tensors = [
      ...[upstream, codes, xRe, xIm, dRe, dIm, stepSize, residualRe, residualIm, spectraRe, spectraIm, support],
      ...[outputs.xRe, outputs.xIm, outputs.dRe, outputs.dIm, outputs.stepSize],
    ];
    const partial = sums.address + groups * bytes;
    const words = [batch, concepts, channels, iterations, groups, sums.address, partial, packed.address];
    kernels.run("unrolledMapsGradient", [plan.address, ...addresses(backend, ...tensors), ...words], {
      scratch: kernels.compute("unrolledMapsGradientScratch", plan.address, concepts, channels, iterations),
      operations: batch * concepts * iterations * (32 * channels * kept + 16 * plan.gridSize),
    });
    sums.free();
    packed.free();
    return outputs;
  });
}
