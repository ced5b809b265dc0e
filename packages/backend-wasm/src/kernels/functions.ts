/** The kernels of functions with their channels last (assembly/functions.ts), registered for their contracts. */
import {
  analyzeFunctions,
  centerGradient,
  type Modes,
  sizeOf,
  spectrumShape,
  synthesizeFunctions,
  synthesizeFunctionsGradient,
  transformWeights,
  zeroFrequency,
} from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { FourierPlan } from "../plans/fourier-plan.ts";
import { addresses, allocate } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Kernels } from "../runtime/thread-pool.ts";
import { addressOf, floatWord, type WasmBackend } from "../runtime/wasm-memory.ts";

type PlanFor = (grid: readonly number[], modes: Modes) => FourierPlan;

export function registerFunctionKernels(kernels: Kernels, planFor: PlanFor): void {
  register(analyzeFunctions, ({ x, center }, { modes }, backend) => {
    const outputs = spectra(backend, x, modes);
    analyze(backend, x, outputs, modes, { center: addressOf(center, backend) });
    return outputs;
  });

  register(synthesizeFunctionsGradient, ({ x }, { modes }, backend) => {
    const shift = backend.makeOutput([x.shape[x.shape.length - 1]], "float32");
    const outputs = { ...spectra(backend, x, modes), shift };
    analyze(backend, x, outputs, modes, { adjoint: true, sums: addressOf(shift, backend) });
    return outputs;
  });

  function spectra(backend: WasmBackend, x: TensorInfo, modes: Modes): Record<"re" | "im", TensorInfo> {
    const shape = [x.shape[0], x.shape[x.shape.length - 1], sizeOf(spectrumShape(modes))];
    return allocate(backend, { re: shape, im: shape });
  }

  function analyze(
    backend: WasmBackend,
    x: TensorInfo,
    { re, im }: Record<"re" | "im", TensorInfo>,
    modes: Modes,
    { center = 0, sums = 0, adjoint = false },
  ): void {
    const plan = planFor(x.shape.slice(1, -1), modes);
    const [batch, channels] = re.shape;
    const [from, ...parts] = addresses(backend, x, re, im);
    const factors = transformWeights("analysis", adjoint, plan.gridSize).map(floatWord);
    kernels.run("functionsAnalysis", [plan.address, from, center, ...parts, batch, channels, ...factors, sums], {
      scratch: kernels.compute("functionsScratch", plan.address, channels),
      operations: batch * channels * plan.gridSize * 8,
    });
  }

  register(synthesizeFunctions, ({ re, im, shift }, { grid, modes }, backend) => {
    const [batch, channels] = re.shape;
    const plan = planFor(grid, modes);
    const outputs = allocate(backend, { x: [batch, ...grid, channels] });
    const factors = transformWeights("synthesis", false, plan.gridSize).map(floatWord);
    const tensors = addresses(backend, re, im, shift, outputs.x);
    kernels.run("functionsSynthesis", [plan.address, ...tensors, batch, channels, ...factors], {
      scratch: kernels.compute("functionsScratch", plan.address, channels),
      operations: batch * channels * plan.gridSize * 8,
    });
    return outputs;
  });

  register(centerGradient, ({ theta, upstream }, _, backend) => {
    const [concepts, , channels, ...spectrum] = theta.shape;
    const modes = spectrum.map((size, axis) => (axis === spectrum.length - 1 ? size : (size + 1) / 2));
    const outputs = allocate(backend, { center: [channels] });
    const tensors = addresses(backend, theta, upstream, outputs.center);
    kernels.run("centerGradient", [...tensors, concepts, channels, sizeOf(spectrum), zeroFrequency(modes)], {
      operations: 2 * concepts * channels,
    });
    return outputs;
  });
}
