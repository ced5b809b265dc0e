/** The kernels of a conv dictionary (assembly/convolution.ts, assembly/conv-points.ts), registered for their contracts. */
import {
  accumulateConvPoints,
  convCorrelate,
  convEnergies,
  convKernelGradient,
  convSynthesize,
  decodeConvPoints,
  encodeConvPoints,
  type Grid,
  type Padding,
  sampleConvPoints,
  sizeOf,
} from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { SLACK } from "../../assembly/layout.ts";
import { transformLengths, transformPlans } from "../plans/transform-plan.ts";
import { addresses, allocate, failOnNan } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Kernels } from "../runtime/thread-pool.ts";

/** What all kernels are told about a convolution: missing leading axes have length one. */
interface Geometry {
  readonly words: readonly number[];
  /** Floats of a padded sample. */
  readonly padded: number;
  /** Operations per concept and point. */
  readonly taps: number;
}

function geometryOf(grid: Grid, size: Grid, channels: number, padding: Padding): Geometry {
  const three = (axes: Grid) => [1, 1, ...axes].slice(-3);
  const [points, taps] = [three(grid), three(size)];
  const plane = sizeOf(points.map((n, axis) => n + taps[axis] - 1));
  return {
    words: [...points, ...taps, channels, padding === "circular" ? 1 : 0],
    padded: channels * ((plane + 3) & ~3) + SLACK,
    taps: 2 * sizeOf(size) * channels,
  };
}

/** Bytes for the spectra of samples, and as many again for those of kernels. */
const spectraBytes = 2 ** 25;

export function registerConvolutionKernels(kernels: Kernels): void {
  const planFor = transformPlans(kernels);
  const denseScratch = ({ words }: Geometry, kept = 1) =>
    kernels.compute("convolutionScratch", ...words.slice(0, 7), kept);
  const pointsScratch = ({ words }: Geometry, kept = 1) =>
    kernels.compute("convPointsScratch", ...words.slice(0, 7), kept);

  register(convCorrelate, ({ x, kernels: given }, { padding }, backend) => {
    const { batch, grid, channels } = axesOf(x);
    const concepts = given.shape[0];
    const geometry = geometryOf(grid, given.shape.slice(1, -1), channels, padding);
    const outputs = allocate(backend, { a: [batch, ...grid, concepts] });
    kernels.run("convCorrelation", [...geometry.words, ...addresses(backend, x, given, outputs.a), batch, concepts], {
      scratch: denseScratch(geometry),
      operations: batch * sizeOf(grid) * concepts * geometry.taps,
    });
    return outputs;
  });

  register(convSynthesize, ({ z, kernels: given }, { padding }, backend) => {
    const { batch, grid, channels: concepts } = axesOf(z);
    const channels = given.shape[given.shape.length - 1];
    const geometry = geometryOf(grid, given.shape.slice(1, -1), concepts, padding);
    const outputs = allocate(backend, { x: [batch, ...grid, channels] });
    const memory = kernels.allocate(4 * sizeOf(given.shape));
    kernels.run(
      "convSynthesis",
      [...geometry.words, ...addresses(backend, z, given, outputs.x), batch, channels, memory.address],
      { scratch: denseScratch(geometry), operations: batch * sizeOf(grid) * channels * geometry.taps },
    );
    memory.free();
    return outputs;
  });

  register(convKernelGradient, ({ x, a }, { size, padding }, backend) => {
    const { batch, grid, channels } = axesOf(x);
    const concepts = a.shape[a.shape.length - 1];
    const geometry = geometryOf(grid, size, channels, padding);
    const outputs = allocate(backend, { kernels: [concepts, ...size, channels] });
    const memory = kernels.allocate(4 * batch * geometry.padded);
    kernels.run(
      "convKernelGradient",
      [...geometry.words, ...addresses(backend, x, a, outputs.kernels), batch, concepts, memory.address],
      { scratch: denseScratch(geometry), operations: batch * sizeOf(grid) * concepts * geometry.taps },
    );
    memory.free();
    return outputs;
  });

  register(convEnergies, ({ x, kernels: given, bias }, { padding, kind, count }, backend) => {
    const { batch, grid, channels } = axesOf(x);
    const concepts = given.shape[0];
    const size = given.shape.slice(1, -1);
    const geometry = geometryOf(grid, size, channels, padding);
    const outputs = allocate(backend, { energies: [batch, concepts] });
    const kept = Math.min(count ?? sizeOf(grid), sizeOf(grid));
    const kinds = { preactivation: 0, rectified: 1, kept: 2 } as const;
    const lengths = transformLengths({ batch, concepts, channels, grid, size, padding });
    if (lengths !== undefined) {
      const tensors = addresses(backend, x, given, bias, outputs.energies);
      const how = { kind: kinds[kind], kept: kind === "kept" ? kept : 0, size: sizeOf(grid) };
      const status = energiesBySpectra({ geometry, lengths, tensors, batch, concepts, channels, ...how });
      failOnNan(status, backend, outputs);
      return outputs;
    }
    const status = kernels.run(
      "convMapEnergies",
      [
        ...geometry.words,
        ...addresses(backend, x, given, bias, outputs.energies),
        ...[batch, concepts, kinds[kind], kind === "kept" ? kept : 0],
      ],
      {
        scratch: denseScratch(geometry, kind === "kept" ? kept : 1),
        operations: batch * sizeOf(grid) * concepts * geometry.taps,
      },
    );
    failOnNan(status, backend, outputs);
    return outputs;
  });

  interface SpectralEnergies {
    readonly geometry: Geometry;
    readonly lengths: readonly number[];
    /** Addresses of samples, kernels, biases and energies. */
    readonly tensors: readonly number[];
    readonly batch: number;
    readonly concepts: number;
    readonly channels: number;
    readonly size: number;
    readonly kind: number;
    readonly kept: number;
  }

  /** Energies by transforms, for as many samples and concepts at a time as the memory for their spectra allows. */
  function energiesBySpectra(call: SpectralEnergies): number {
    const { geometry, lengths, tensors, batch, concepts, channels, size, kind, kept } = call;
    const [x, given, bias, energies] = tensors;
    const plans = [1, 1, ...lengths].slice(-3).map(planFor);
    const scratch = kernels.compute("convSpectraScratch", ...plans, size, kept);
    const entries = sizeOf(lengths) * channels;
    const samples = Math.min(batch, Math.max(1, Math.floor(spectraBytes / (8 * entries))));
    const octets = Math.max(1, Math.floor(spectraBytes / (32 * entries)));
    // Of several an even number, for vectors of 256 bits.
    const together = Math.min(concepts, 8 * (octets === 1 ? 1 : octets - (octets % 2)));
    const memory = kernels.allocate(entries * (8 * samples + 32 * Math.ceil(together / 8)));
    let status = 0;
    for (let b = 0; b < batch; b += samples) {
      for (let k = 0; k < concepts; k += together) {
        const [some, many] = [Math.min(samples, batch - b), Math.min(together, concepts - k)];
        status |= kernels.run(
          "convSpectralEnergies",
          [
            ...[...geometry.words, ...plans],
            x + 4 * b * size * channels,
            given + 2 * k * geometry.taps,
            bias + 4 * k,
            energies + 4 * (b * concepts + k),
            ...[some, many, concepts, kind, kept],
            memory.address,
            memory.address + 8 * samples * entries,
            k === 0 ? 0 : 1,
          ],
          { scratch, operations: some * many * entries * 20 },
        );
      }
    }
    memory.free();
    return status;
  }

  register(encodeConvPoints, (inputs, { padding, count }, backend) => {
    const { x, kernels: given, bias, concepts } = inputs;
    const { grid, channels } = axesOf(x);
    const [batch, chosen] = concepts.shape;
    const geometry = geometryOf(grid, given.shape.slice(1, -1), channels, padding);
    const shape = [batch, chosen, count];
    const outputs = allocate(backend, { values: shape, positions: shape }, ["positions"]);
    const tensors = [x, given, bias, concepts, outputs.values, outputs.positions];
    const status = kernels.run(
      "convEncodedPoints",
      [...geometry.words, ...addresses(backend, ...tensors), batch, chosen, count],
      { scratch: pointsScratch(geometry, count), operations: batch * chosen * sizeOf(grid) * geometry.taps },
    );
    failOnNan(status, backend, outputs);
    return outputs;
  });

  register(decodeConvPoints, (inputs, { grid, padding }, backend) => {
    const { values, positions, concepts, kernels: given } = inputs;
    const [batch, chosen, count] = values.shape;
    const channels = given.shape[given.shape.length - 1];
    const geometry = geometryOf(grid, given.shape.slice(1, -1), channels, padding);
    const outputs = allocate(backend, { x: [batch, ...grid, channels] });
    const tensors = [values, positions, given, concepts, outputs.x];
    kernels.run("convDecodedPoints", [...geometry.words, ...addresses(backend, ...tensors), batch, chosen, count], {
      scratch: pointsScratch(geometry),
      operations: batch * (sizeOf(grid) * channels + chosen * count * geometry.taps),
    });
    return outputs;
  });

  register(sampleConvPoints, ({ x, kernels: given, positions, concepts }, { padding }, backend) => {
    const { grid, channels } = axesOf(x);
    const [batch, chosen, count] = positions.shape;
    const geometry = geometryOf(grid, given.shape.slice(1, -1), channels, padding);
    const outputs = allocate(backend, { values: [batch, chosen, count] });
    const tensors = [x, given, positions, concepts, outputs.values];
    kernels.run("convSampledPoints", [...geometry.words, ...addresses(backend, ...tensors), batch, chosen, count], {
      scratch: pointsScratch(geometry),
      operations: batch * (sizeOf(grid) * channels + chosen * count * geometry.taps),
    });
    return outputs;
  });

  register(accumulateConvPoints, (inputs, { size, conceptCount, padding }, backend) => {
    const { x, values, positions, concepts } = inputs;
    const { grid, channels } = axesOf(x);
    const [batch, chosen, count] = values.shape;
    const geometry = geometryOf(grid, size, channels, padding);
    const outputs = allocate(backend, { kernels: [conceptCount, ...size, channels] });
    const memory = kernels.allocate(4 * batch * geometry.padded);
    const tensors = [x, values, positions, concepts, outputs.kernels];
    kernels.run(
      "convAccumulatedPoints",
      [...geometry.words, ...addresses(backend, ...tensors), batch, chosen, count, conceptCount, memory.address],
      {
        scratch: pointsScratch(geometry),
        operations: batch * (sizeOf(grid) * channels + chosen * count * geometry.taps),
      },
    );
    memory.free();
    return outputs;
  });
}

/** The axes of `[B, ...N, C]`. */
function axesOf({ shape }: TensorInfo): { readonly batch: number; readonly grid: Grid; readonly channels: number } {
  return { batch: shape[0], grid: shape.slice(1, -1), channels: shape[shape.length - 1] };
}
