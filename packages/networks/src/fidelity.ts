/** What a network says with reconstructions in place of its activations. */
import { disposeCodes } from "@saeno/activations";
import { breathe, hostValues, relativeNorm, SaenoError, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { batches, type Dataset } from "@saeno/datasets";
import { add, mean as meanOf, mul, reshape, type Tensor, tensor1d, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { readInput } from "./data/maps-of.ts";
import { checkComparable, disposeOutputs, type Network, type Outputs } from "./network.ts";

/** What was put in place of the maps. */
export type Replacement = "reconstruction" | "zero" | "mean";

/** How far an output is from the output without a replacement. */
export interface OutputChange {
  /** `||y - y'|| / ||y||` over all samples. */
  readonly relativeError: number;
  /** Of all entries, Pearson's. */
  readonly correlation: number;
  /** For classifiers: the share of samples with the same class on top. */
  readonly agreement?: number;
  /** For classifiers: the mean Kullback-Leibler divergence from the clean output, in nats. */
  readonly divergence?: number;
  /** Of a loss of one's own. */
  readonly loss?: number;
}

export interface OutputFidelity {
  readonly output: string;
  readonly changes: Readonly<Record<Replacement, OutputChange>>;
  /**
   * How much of what is lost without the layer the reconstruction recovers: `1 - change / change of the ablation`, where the change is the divergence if
   * there is one, else the squared error. 1 is everything, 0 no more than the ablation.
   */
  readonly recovered: { readonly zero: number; readonly mean: number };
}

export interface Fidelity {
  readonly network: string;
  readonly layer: string;
  readonly samples: number;
  /** `||m - m'|| / ||m||` of the maps themselves. */
  readonly relativeError: number;
  readonly outputs: readonly OutputFidelity[];
  /** For a loss of your own: its value for the clean outputs, and the share of its rise that is recovered. */
  readonly loss?: { readonly clean: number; readonly recovered: { readonly zero: number; readonly mean: number } };
}

export interface FidelityOptions {
  /** Samples on the device at a time. Default 4. */
  readonly batchSize?: number;
  /** A loss of the outputs, a mean over the samples, as a scalar; `indices` are those of the samples. Run inside a `tidy`. */
  readonly loss?: (outputs: Outputs, indices: Int32Array) => Tensor;
  readonly onProgress?: (done: number, total: number) => void;
}

const replacements: readonly Replacement[] = ["reconstruction", "zero", "mean"];

/**
 * Puts reconstructions of a layer's maps back into the network, and compares its outputs on images with clean ones; does the same with maps of zeros and of
 * each channel's mean over these images. Nothing stays on the device.
 *
 * @throws SaenoError `fidelity.empty` without samples, `network.layer`, `network.input`, and the model's own errors about the shape.
 */
export async function fidelity(
  model: SparseAutoencoder,
  network: Network,
  layerText: string,
  images: Dataset,
  { batchSize = 4, loss, onProgress }: FidelityOptions = {},
): Promise<Fidelity> {
  if (images.size === 0) throw new SaenoError("fidelity.empty", `${images.name} has no samples.`, { kind: "data" });
  const layer = network.layerName(layerText);
  const total = 2 * images.size;
  let done = 0;
  const step = async (count: number) => {
    done += count;
    onProgress?.(done, total);
    await breathe();
  };
  const mean = await channelMeans(network, layer, images, batchSize, step);
  const changes = new Map(network.outputNames.map((name) => [name, changesOf()]));
  const maps = changeAccumulator();
  const losses = { clean: 0, reconstruction: 0, zero: 0, mean: 0 };
  for await (const { indices } of batches(images, { batchSize })) {
    const x = await readInput(network, images, indices);
    const map = await network.activations(x, layer);
    const clean = await network.outputs(x);
    try {
      const cleanValues = await valuesOf(clean);
      if (loss !== undefined) losses.clean += lossOf(loss, clean, indices) * indices.length;
      for (const replacement of replacements) {
        const instead = replace(model, map, replacement, mean);
        const outputs = await network.outputsFrom(x, layer, instead);
        try {
          if (replacement === "reconstruction") maps.add(await map.data(), await instead.data(), map.shape);
          if (loss !== undefined) losses[replacement] += lossOf(loss, outputs, indices) * indices.length;
          for (const name of network.outputNames) checkComparable(outputs, name, clean[name].shape);
          for (const [name, values] of Object.entries(await valuesOf(outputs)))
            changes.get(name)?.[replacement].add(cleanValues[name], values, outputs[name].shape);
        } finally {
          disposeOutputs(outputs);
          instead.dispose();
        }
      }
    } finally {
      disposeOutputs(clean);
      map.dispose();
      x.dispose();
    }
    await step(indices.length);
  }
  const shareOf = (change: number, ablated: number) => (ablated === 0 ? (change === 0 ? 1 : 0) : 1 - change / ablated);
  const rise = (at: Replacement) => (losses[at] - losses.clean) / images.size;
  return {
    network: network.name,
    layer,
    samples: images.size,
    relativeError: maps.result().relativeError,
    outputs: [...changes].map(([output, each]) => ({
      output,
      changes: {
        reconstruction: each.reconstruction.result(),
        zero: each.zero.result(),
        mean: each.mean.result(),
      },
      recovered: {
        zero: shareOf(each.reconstruction.size(), each.zero.size()),
        mean: shareOf(each.reconstruction.size(), each.mean.size()),
      },
    })),
    ...(loss === undefined
      ? {}
      : {
          loss: {
            clean: losses.clean / images.size,
            recovered: {
              zero: shareOf(rise("reconstruction"), rise("zero")),
              mean: shareOf(rise("reconstruction"), rise("mean")),
            },
          },
        }),
  };
}

/** What a model makes of maps, in their shape; one that takes vectors has each map as one. The caller disposes of it. */
export function reconstruct(model: SparseAutoencoder, maps: Tensor): Tensor {
  const isVectors = model.dictionary.domain === "vectors" && model.dictionary.channels === sizeOf(maps.shape.slice(1));
  const x = isVectors ? reshape(maps, [maps.shape[0], -1]) : maps;
  const { codes, reconstruction } = model.forward(x);
  disposeCodes(codes);
  if (!isVectors) return reconstruction;
  x.dispose();
  const shaped = reshape(reconstruction, maps.shape);
  reconstruction.dispose();
  return shaped;
}

function replace(model: SparseAutoencoder, map: Tensor, by: Replacement, mean: Float32Array): Tensor {
  if (by === "reconstruction") return reconstruct(model, map);
  return tidy(() => (by === "zero" ? zerosLike(map) : add(zerosLike(map), tensor1d(mean))));
}

async function channelMeans(
  network: Network,
  layer: string,
  images: Dataset,
  batchSize: number,
  step: (count: number) => Promise<void>,
): Promise<Float32Array> {
  let sums: Float32Array | undefined;
  for await (const { indices } of batches(images, { batchSize })) {
    const x = await readInput(network, images, indices);
    const map = await network.activations(x, layer);
    const found = tidy(() => {
      const axes = map.shape.slice(0, -1).map((_, axis) => axis);
      return mul(meanOf(map, axes), indices.length / images.size);
    });
    for (const tensor of [x, map]) tensor.dispose();
    const part = await found.data<"float32">();
    found.dispose();
    sums = sums === undefined ? part.slice() : sums.map((sum, channel) => sum + part[channel]);
    await step(indices.length);
  }
  return sums ?? new Float32Array(0);
}

function lossOf(loss: NonNullable<FidelityOptions["loss"]>, outputs: Outputs, indices: Int32Array): number {
  return hostValues(() => loss(outputs, indices))[0];
}

async function valuesOf(outputs: Outputs): Promise<Record<string, ArrayLike<number>>> {
  const read = Object.entries(outputs).map(async ([name, value]) => [name, await value.data()] as const);
  return Object.fromEntries(await Promise.all(read));
}

interface ChangeAccumulator {
  add(clean: ArrayLike<number>, changed: ArrayLike<number>, shape: readonly number[]): void;
  /** What shares are of: the divergence where there is one, else the squared error. */
  size(): number;
  result(): OutputChange;
}

function changesOf(): Record<Replacement, ChangeAccumulator> {
  return { reconstruction: changeAccumulator(), zero: changeAccumulator(), mean: changeAccumulator() };
}

/** In float64, batch by batch. */
function changeAccumulator(): ChangeAccumulator {
  let [count, error, sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0, 0, 0];
  let [samples, same, divergence] = [0, 0, 0];
  return {
    add(clean, changed, shape) {
      for (let i = 0; i < clean.length; i++) {
        const [a, b] = [clean[i], changed[i]];
        error += (a - b) ** 2;
        sumA += a;
        sumB += b;
        squaresA += a * a;
        squaresB += b * b;
        products += a * b;
      }
      count += clean.length;
      const [rows, classes] = shape;
      if (shape.length !== 2 || classes < 2) return;
      for (let row = 0; row < rows; row++) {
        const [a, b] = [clean, changed].map((values) => logProbabilities(values, row * classes, classes));
        samples++;
        same += Number(topOf(a) === topOf(b));
        divergence += a.reduce(
          (sum, log, i) => sum + (log === Number.NEGATIVE_INFINITY ? 0 : Math.exp(log) * (log - b[i])),
          0,
        );
      }
    },
    size: () => (samples > 0 ? divergence : error),
    result() {
      const covariance = products - (sumA * sumB) / count;
      const spread = Math.sqrt(Math.max(0, squaresA - sumA ** 2 / count) * Math.max(0, squaresB - sumB ** 2 / count));
      return {
        relativeError: relativeNorm(error, squaresA),
        correlation: spread === 0 ? 0 : covariance / spread,
        ...(samples > 0 ? { agreement: same / samples, divergence: divergence / samples } : {}),
      };
    },
  };
}

/** Of rows that are probabilities already, their logarithms; of others, as logits. */
function logProbabilities(values: ArrayLike<number>, from: number, classes: number): Float64Array {
  const row = Float64Array.from({ length: classes }, (_, i) => values[from + i]);
  const sum = row.reduce((total, value) => total + value, 0);
  if (Math.abs(sum - 1) < 1e-3 && row.every((value) => value >= 0))
    return row.map((value) => Math.log(Math.max(value, 1e-12)));
  const most = Math.max(...row);
  const scale = Math.log(row.reduce((total, value) => total + Math.exp(value - most), 0));
  return row.map((value) => value - most - scale);
}

function topOf(row: Float64Array): number {
  return row.indexOf(Math.max(...row));
}
