/** The kernels of theta (assembly/theta.ts), registered for their contracts. */
import {
  accumulateTheta,
  correlateTheta,
  encodeThetaGradient,
  type Modes,
  reconstructTheta,
  sizeOf,
  spectrumShape,
  sumPoints,
  transformWeights,
} from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { FourierPlan } from "../plans/fourier-plan.ts";
import { addresses, allocate } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Kernels } from "../runtime/thread-pool.ts";
import { floatWord } from "../runtime/wasm-memory.ts";

type PlanFor = (grid: readonly number[], modes: Modes) => FourierPlan;

export function registerThetaKernels(kernels: Kernels, planFor: PlanFor): void {
  register(reconstructTheta, ({ zRe, zIm, concepts, theta, shift }, { grid, modes }, backend) => {
    const [batch, chosen, size] = zRe.shape;
    const channels = theta.shape[2];
    const plan = planFor(grid, modes);
    const shape = [batch, channels, size];
    const outputs = allocate(backend, { x: [batch, ...grid, channels] });
    const spectra = allocate(backend, { re: shape, im: shape });
    const [re, im] = addresses(backend, spectra.re, spectra.im);
    const inputs = addresses(backend, zRe, zIm, theta, concepts);
    kernels.run("thetaDecoding", [size, ...inputs, re, im, batch, chosen, channels, plan.inverseRoots], {
      operations: batch * chosen * channels * size * 8,
    });
    const factors = transformWeights("synthesis", false, plan.gridSize).map(floatWord);
    const [added, x] = addresses(backend, shift, outputs.x);
    kernels.run("functionsSynthesis", [plan.address, re, im, added, x, batch, channels, ...factors], {
      scratch: kernels.compute("functionsScratch", plan.address, channels),
      operations: batch * channels * plan.gridSize * 8,
    });
    for (const part of Object.values(spectra)) backend.disposeData(part.dataId);
    return outputs;
  });

  register(correlateTheta, ({ xRe, xIm, theta, concepts, positions }, { grid, modes }, backend) => {
    const [batch, chosen, count] = positions.shape;
    const channels = xRe.shape[1];
    const plan = planFor(grid, modes);
    const outputs = allocate(backend, { values: positions.shape });
    const tensors = addresses(backend, xRe, xIm, theta, concepts, positions, outputs.values);
    const factors = transformWeights("synthesis", true, plan.gridSize).map(floatWord);
    const listedConcepts = conceptsToList(theta);
    kernels.run(
      "thetaCorrelation",
      [plan.address, ...tensors, batch, chosen, count, channels, plan.inverseRoots, ...factors, listedConcepts],
      {
        scratch:
          kernels.compute("spectralScratch", plan.address, 1) +
          kernels.compute("usesScratch", listedConcepts, batch * chosen),
        operations: batch * chosen * (channels + 4) * plan.spectrumSize * 8,
      },
    );
    return outputs;
  });

  register(accumulateTheta, ({ pRe, pIm, qRe, qIm, concepts }, { modes, conceptCount }, backend) => {
    const [batch, channels, size] = pRe.shape;
    const chosen = concepts.shape[1];
    const { inverseRoots } = planFor(smallestGrid(modes), modes);
    const outputs = allocate(backend, { theta: [conceptCount, 2, channels, ...spectrumShape(modes)] });
    const tensors = addresses(backend, pRe, pIm, qRe, qIm, concepts, outputs.theta);
    kernels.run("thetaAccumulation", [size, ...tensors, batch, chosen, channels, conceptCount, inverseRoots], {
      scratch: 8 * batch * chosen + 64,
      operations: (batch * chosen + conceptCount) * channels * size * 8,
    });
    return outputs;
  });

  register(encodeThetaGradient, (inputs, { grid, modes, conceptCount }, backend) => {
    const { upstream, values, positions, concepts, xRe, xIm } = inputs;
    const [batch, chosen, count] = positions.shape;
    const channels = xRe.shape[1];
    const plan = planFor(grid, modes);
    const outputs = allocate(backend, { theta: [conceptCount, 2, channels, ...spectrumShape(modes)] });
    const tensors = addresses(backend, upstream, values, positions, concepts, xRe, xIm, outputs.theta);
    const factors = transformWeights("analysis", true, plan.gridSize).map(floatWord);
    const sizes = [batch, chosen, count, channels, conceptCount];
    kernels.run("pointsGradient", [plan.address, ...tensors, ...sizes, plan.inverseRoots, ...factors], {
      scratch: kernels.compute("pointsGradientScratch", plan.address, batch * chosen, count),
      operations: (batch * chosen + conceptCount) * (channels + 4) * plan.spectrumSize * 8,
    });
    return outputs;
  });

  register(sumPoints, ({ upstream, values, concepts }, { conceptCount }, backend) => {
    const count = upstream.shape[2];
    const maps = upstream.shape[0] * upstream.shape[1];
    const outputs = allocate(backend, { sums: [conceptCount] });
    const tensors = addresses(backend, upstream, values, concepts, outputs.sums);
    kernels.run("pointSums", [...tensors, maps, count, conceptCount], { operations: 2 * maps * count });
    return outputs;
  });
}

/**
 * The number of concepts where their atoms are more than caches hold, else 0: what is done with chosen ones then goes by concept, so that each is
 * read from memory once.
 */
export function conceptsToList(theta: TensorInfo): number {
  return sizeOf(theta.shape) > 2 ** 21 && theta.shape[2] >= 16 ? theta.shape[0] : 0;
}

function smallestGrid(modes: Modes): number[] {
  return modes.map((m) => 2 * m - 1);
}
