/** The kernels of a fourier dictionary (assembly/spectral.ts), registered for their contracts. */
import {
  accumulateChosen,
  analyzePoints,
  correlateChosen,
  decodeChosen,
  encodePoints,
  encodeTheta,
  type Grid,
  type Modes,
  samplePoints,
  separatePoints,
  spectralLocality,
  spectralLocalityGradient,
  spectralMatMul,
  spectralWeights,
  spectralWeightsAdjoint,
  spectrumShape,
  topKRows,
  transformWeights,
  truncatedAnalysis,
  truncatedSynthesis,
} from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type FourierPlan, fourierPlans } from "../plans/fourier-plan.ts";
import { addresses, allocate, failOnNan } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Kernels } from "../runtime/thread-pool.ts";
import { addressOf, floatWord, type WasmBackend } from "../runtime/wasm-memory.ts";
import { registerEnergyKernels } from "./energies.ts";
import { registerFunctionKernels } from "./functions.ts";
import { conceptsToList, registerThetaKernels } from "./theta.ts";

interface EncodeAttributes {
  readonly grid: Grid;
  readonly modes: Modes;
  readonly count: number;
  readonly separation?: readonly number[];
}

export function registerSpectralKernels(kernels: Kernels): void {
  const planFor = fourierPlans(kernels);
  registerFunctionKernels(kernels, planFor);
  registerEnergyKernels(kernels, planFor);
  registerThetaKernels(kernels, planFor);
  const scratchFor = (plan: { readonly address: number }, kept = 1) =>
    kernels.compute("spectralScratch", plan.address, kept);

  register(truncatedAnalysis, ({ x }, { modes, adjoint = false }, backend) => {
    const [rows, ...grid] = x.shape;
    const plan = planFor(grid, modes);
    const shape = [rows, ...spectrumShape(modes)];
    const outputs = allocate(backend, { re: shape, im: shape });
    const factors = transformWeights("analysis", adjoint, plan.gridSize).map(floatWord);
    kernels.run("analysis", [plan.address, ...addresses(backend, x, outputs.re, outputs.im), rows, ...factors], {
      scratch: scratchFor(plan),
      operations: rows * plan.gridSize * 8,
    });
    return outputs;
  });

  register(truncatedSynthesis, ({ re, im }, { grid, adjoint = false }, backend) => {
    const [rows, ...spectrum] = re.shape;
    const modes = spectrum.map((size, axis) => (axis === spectrum.length - 1 ? size : (size + 1) / 2));
    const plan = planFor(grid, modes);
    const outputs = allocate(backend, { x: [rows, ...grid] });
    const factors = transformWeights("synthesis", adjoint, plan.gridSize).map(floatWord);
    kernels.run("synthesis", [plan.address, ...addresses(backend, re, im, outputs.x), rows, ...factors], {
      scratch: scratchFor(plan),
      operations: rows * plan.gridSize * 8,
    });
    return outputs;
  });

  register(analyzePoints, ({ values, positions }, { grid, modes, adjoint = false }, backend) => {
    const [rows, count] = values.shape;
    const plan = planFor(grid, modes);
    const shape = [rows, plan.spectrumSize];
    const outputs = allocate(backend, { re: shape, im: shape });
    const factors = transformWeights("analysis", adjoint, plan.gridSize).map(floatWord);
    kernels.run(
      "analysisOfPoints",
      [plan.address, ...addresses(backend, values, positions, outputs.re, outputs.im), rows, count, ...factors],
      { scratch: scratchFor(plan), operations: rows * plan.spectrumSize * 8 },
    );
    return outputs;
  });

  register(samplePoints, ({ re, im, positions }, { grid, modes, adjoint = false }, backend) => {
    const [rows, count] = positions.shape;
    const plan = planFor(grid, modes);
    const outputs = allocate(backend, { values: [rows, count] });
    const factors = transformWeights("synthesis", adjoint, plan.gridSize).map(floatWord);
    kernels.run(
      "samplesAtPoints",
      [plan.address, ...addresses(backend, re, im, positions, outputs.values), rows, count, ...factors],
      { scratch: scratchFor(plan), operations: rows * plan.spectrumSize * 8 },
    );
    return outputs;
  });

  register(encodePoints, ({ xRe, xIm, eRe, eIm, bias, concepts }, attributes, backend) =>
    pointsOf(backend, xRe, xIm, bias, concepts, attributes, ({ spectrumSize }, channels) => [
      ...addresses(backend, eRe, eIm),
      channels * spectrumSize,
      0,
      0,
    ]),
  );

  register(encodeTheta, ({ xRe, xIm, theta, bias, concepts }, attributes, backend) =>
    pointsOf(backend, xRe, xIm, bias, concepts, attributes, ({ spectrumSize, inverseRoots }, channels) => {
      const re = addressOf(theta, backend);
      return [re, re + 4 * channels * spectrumSize, 2 * channels * spectrumSize, inverseRoots, conceptsToList(theta)];
    }),
  );

  /** `atomsOf` tells where atoms are, real and imaginary parts, the floats from one to the next, factors for their frequencies (0: none), and how many concepts to list (0: none). */
  function pointsOf(
    backend: WasmBackend,
    xRe: TensorInfo,
    xIm: TensorInfo,
    bias: TensorInfo,
    concepts: TensorInfo,
    { grid, modes, count, separation }: EncodeAttributes,
    atomsOf: (plan: FourierPlan, channels: number) => readonly number[],
  ): Record<"values" | "positions", TensorInfo> {
    const [batch, chosen] = concepts.shape;
    const channels = xRe.shape[1];
    const plan = planFor(grid, modes);
    const shape = [batch, chosen, count];
    const outputs = allocate(backend, { values: shape, positions: shape }, ["positions"]);
    const apart = separation === undefined ? Array(6).fill(0) : [...threeAxes(grid), ...threeAxes(separation, 0)];
    const [re, im, ...atoms] = atomsOf(plan, channels);
    const [fromRe, fromIm, ...rest] = addresses(backend, xRe, xIm, bias, concepts, outputs.values, outputs.positions);
    const inputs = [plan.address, fromRe, fromIm, re, im, ...rest];
    const status = kernels.run("encodedPoints", [...inputs, batch, chosen, channels, count, ...apart, ...atoms], {
      scratch: scratchFor(plan, count) + kernels.compute("usesScratch", atoms[2], batch * chosen),
    });
    failOnNan(status, backend, outputs);
    return outputs;
  }

  register(correlateChosen, ({ xRe, xIm, eRe, eIm, concepts }, _, backend) => {
    const [channels, size] = xRe.shape.slice(1);
    const [batch, chosen] = concepts.shape;
    const shape = [batch, chosen, size];
    const outputs = allocate(backend, { re: shape, im: shape });
    const tensors = [xRe, xIm, eRe, eIm, concepts, outputs.re, outputs.im];
    kernels.run("chosenCorrelation", [size, ...addresses(backend, ...tensors), batch, chosen, channels], {
      operations: batch * chosen * channels * size * 8,
    });
    return outputs;
  });

  register(decodeChosen, ({ zRe, zIm, dRe, dIm, concepts }, _, backend) => {
    const [channels, size] = dRe.shape.slice(1);
    const [batch, chosen] = concepts.shape;
    const shape = [batch, channels, size];
    const outputs = allocate(backend, { re: shape, im: shape });
    const tensors = [zRe, zIm, dRe, dIm, concepts, outputs.re, outputs.im];
    kernels.run("chosenDecoding", [size, ...addresses(backend, ...tensors), batch, chosen, channels], {
      operations: batch * chosen * channels * size * 8,
    });
    return outputs;
  });

  register(accumulateChosen, ({ pRe, pIm, qRe, qIm, concepts }, { conceptCount }, backend) => {
    const [channels, size] = pRe.shape.slice(1);
    const [batch, chosen] = concepts.shape;
    const shape = [conceptCount, channels, size];
    const outputs = allocate(backend, { re: shape, im: shape });
    const tensors = [pRe, pIm, qRe, qIm, concepts, outputs.re, outputs.im];
    kernels.run(
      "chosenAccumulation",
      [size, ...addresses(backend, ...tensors), batch, chosen, channels, conceptCount],
      { scratch: 8 * batch * chosen + 64, operations: batch * chosen * channels * size * 8 },
    );
    return outputs;
  });

  register(spectralMatMul, ({ aRe, aIm, bRe, bIm }, { adjoint }, backend) => {
    const size = aRe.shape[2];
    const rows = aRe.shape[adjoint === "a" ? 1 : 0];
    const inner = aRe.shape[adjoint === "a" ? 0 : 1];
    const columns = bRe.shape[adjoint === "b" ? 0 : 1];
    const shape = [rows, columns, size];
    const outputs = allocate(backend, { re: shape, im: shape });
    const kind = { none: 0, a: 1, b: 2 }[adjoint];
    const tensors = addresses(backend, aRe, aIm, bRe, bIm, outputs.re, outputs.im);
    kernels.run("spectralProduct", [size, ...tensors, rows, inner, columns, kind], {
      scratch: kernels.compute("spectralProductScratch", inner, columns),
      operations: 8 * rows * inner * columns * size,
    });
    return outputs;
  });

  register(spectralWeights, ({ theta }, { modes }, backend) => {
    const [concepts, , channels] = theta.shape;
    const plan = planFor(smallestGrid(modes), modes);
    const shape = [concepts, channels, plan.spectrumSize];
    const outputs = allocate(backend, { re: shape, im: shape });
    const part = channels * plan.spectrumSize;
    const [from, re, im] = addresses(backend, theta, outputs.re, outputs.im);
    scaleWeights(modes, plan, [from, from + 4 * part, re, im, concepts, channels, 2 * part, part]);
    return outputs;
  });

  register(spectralWeightsAdjoint, ({ re, im }, { modes }, backend) => {
    const [concepts, channels, size] = re.shape;
    const plan = planFor(smallestGrid(modes), modes);
    const outputs = allocate(backend, { theta: [concepts, 2, channels, ...spectrumShape(modes)] });
    const part = channels * size;
    const [fromRe, fromIm, to] = addresses(backend, re, im, outputs.theta);
    scaleWeights(modes, plan, [fromRe, fromIm, to, to + 4 * part, concepts, channels, part, 2 * part]);
    return outputs;
  });

  function scaleWeights(
    modes: readonly number[],
    plan: { readonly spectrumSize: number; readonly inverseRoots: number },
    rest: readonly number[],
  ): void {
    const [concepts, channels] = rest.slice(4, 6);
    const last = modes[modes.length - 1];
    kernels.run("weights", [plan.spectrumSize, last, plan.inverseRoots, ...rest], {
      operations: concepts * channels * plan.spectrumSize * 4,
    });
  }

  register(spectralLocality, ({ re, im }, { modes }, backend) => {
    const [concepts, channels, frequencies] = re.shape as [number, number, number];
    const outputs = allocate(backend, { energies: [concepts] });
    const tensors = addresses(backend, re, im, outputs.energies);
    kernels.run(
      "localityEnergies",
      [...tensors, concepts, channels, ...threeAxes(spectrumShape(modes)), modes.length],
      {
        operations: concepts * channels * frequencies * 6 * modes.length,
      },
    );
    return outputs;
  });

  register(spectralLocalityGradient, ({ re, im, upstream }, { modes }, backend) => {
    const [concepts, channels, frequencies] = re.shape as [number, number, number];
    const outputs = allocate(backend, { re: re.shape, im: im.shape });
    const tensors = addresses(backend, re, im, upstream, outputs.re, outputs.im);
    kernels.run(
      "localityGradient",
      [...tensors, concepts, channels, ...threeAxes(spectrumShape(modes)), modes.length],
      {
        operations: concepts * channels * frequencies * 6 * modes.length,
      },
    );
    return outputs;
  });

  register(topKRows, ({ x }, { k }, backend) => {
    const [rows, size] = x.shape;
    const outputs = allocate(backend, { indices: [rows, k] }, ["indices"]);
    const status = kernels.run("largestOfRows", [...addresses(backend, x, outputs.indices), rows, size, k], {
      scratch: kernels.compute("selectScratch", size, k),
      operations: rows * size * 3,
    });
    failOnNan(status, backend, outputs);
    return outputs;
  });

  register(separatePoints, ({ maps }, { grid, count, separation }, backend) => {
    const [rows, points] = maps.shape;
    const outputs = allocate(backend, { positions: [rows, count] }, ["positions"]);
    const status = kernels.run(
      "separatedPoints",
      [...addresses(backend, maps, outputs.positions), rows, count, ...threeAxes(grid), ...threeAxes(separation, 0)],
      { scratch: 4 * (points + 8), operations: rows * points * (2 * count + 1) },
    );
    failOnNan(status, backend, outputs);
    return outputs;
  });
}

function smallestGrid(modes: readonly number[]): number[] {
  return modes.map((m) => 2 * m - 1);
}

/** A number for each of three axes, the missing ones first. */
function threeAxes(axes: readonly number[], missing = 1): number[] {
  return [...Array(3 - axes.length).fill(missing), ...axes];
}
