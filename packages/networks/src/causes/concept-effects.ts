/** What concepts do to the outputs of a network: the truth, one run of its tail for each edit; and a guess by the gradient, one run for all. */
import { breathe, hostValues, messageOf, SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import type { ChannelChange, ConceptEffects } from "@saeno/inspect";
import {
  abs,
  add,
  dispose,
  div,
  grad,
  mul,
  reshape,
  sqrt,
  square,
  squaredDifference,
  sub,
  sum,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { readInput } from "../data/maps-of.ts";
import { checkComparable, disposeOutputs, type Network, type Outputs } from "../network.ts";
import { changesOf, checkMaps, codesOf, type EditOptions, editOf } from "./code-edits.ts";
import { registerGradientKernels } from "./gradient-kernels.ts";
import { rankCorrelation } from "./rank-correlation.ts";

export interface EffectsOptions extends EditOptions {
  /** The concepts to edit. Default: all that are active. */
  readonly concepts?: readonly number[];
  /** The output to look at. Default the first. */
  readonly output?: string;
  /**
   * What to measure of the outputs, one number for each sample: `[B]`. Default: how much of the clean output is in the output, `<y, y'> / <y, y>`, which is
   * 1 without an edit. Runs inside a gradient tape.
   */
  readonly target?: (outputs: Outputs, clean: Outputs) => Tensor;
  /** Edits on the device at a time. Default 8. */
  readonly batchSize?: number;
  /** Whether to make the guess by the gradient, too. Default: if the network has gradients, which those run by ONNX Runtime do not. */
  readonly attribution?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * The effect of removing, scaling or moving each concept of each sample on the outputs. Edits are exact: decoding is linear in the code, so an edit
 * adds to the network's own map what it changes in the reconstruction; what the model does not explain stays. Nothing stays on the device.
 *
 * @throws SaenoError `effects.output` for an output that is not there, `effects.vectors` for a model of vectors, `effects.edit` for two edits, `edit.move`
 *   for a move on another number of axes, `effects.gradient` if there is none, and as `fidelity`.
 */
export async function conceptEffects(
  model: SparseAutoencoder,
  network: Network,
  layerText: string,
  images: Dataset,
  options: EffectsOptions = {},
): Promise<ConceptEffects> {
  const { output = network.outputNames[0], batchSize = 8, attribution, onProgress } = options;
  const edit = editOf(options);
  if (!network.outputNames.includes(output)) {
    const known = network.outputNames.join(", ");
    throw new SaenoError("effects.output", `${network.name} was opened with the outputs ${known}; got "${output}".`);
  }
  checkMaps(model);
  if (attribution !== false) registerGradientKernels();
  const layer = network.layerName(layerText);
  const target = options.target ?? ((outputs, clean) => shareOf(outputs[output], clean[output]));
  const wanted = options.concepts === undefined ? undefined : new Set(options.concepts);
  const found = new Map<number, Sums>();
  const [truths, guesses]: [number[], number[]] = [[], []];
  let isGuessed = false;
  for (let sample = 0; sample < images.size; sample++) {
    const x = await readInput(network, images, [sample]);
    const map = await network.activations(x, layer);
    const tail = await network.tail(x, layer);
    const { outputsInTape } = tail;
    const clean = await tail.outputs(map);
    try {
      if (attribution === true && outputsInTape === undefined)
        throw new SaenoError(
          "effects.gradient",
          `${network.name} is run by a library without gradients: effects have no attribution there.`,
        );
      const table = await codesOf(model, map);
      const active = [...table.concepts].filter((concept) => wanted?.has(concept) ?? true);
      const before = hostValues(() => target(clean, clean))[0];
      const gradient =
        attribution === false || outputsInTape === undefined
          ? undefined
          : gradientOf((m) => target(outputsInTape(m), clean), map);
      for (let begin = 0; begin < active.length; begin += batchSize) {
        const some = active.slice(begin, begin + batchSize);
        const { edited, ...guess }: Readonly<Record<string, Tensor>> = tidy(() => {
          const edits = changesOf(model, table, some, map, edit);
          const guesses = gradient && { guess: sum(reshape(mul(edits, gradient), [some.length, -1]), 1) };
          return { edited: add(map, edits), ...guesses };
        });
        const outputs = await tail.outputs(edited).finally(() => edited.dispose());
        checkComparable(outputs, output, [some.length, ...clean[output].shape.slice(1)]);
        const measured: Readonly<Record<string, Tensor>> = {
          ...guess,
          ...tidy(() => ({
            effect: sub(target(outputs, clean), before),
            change: changeOf(outputs[output], clean[output]),
            ...channelSums(outputs[output], clean[output]),
          })),
        };
        disposeOutputs(outputs);
        const names = Object.keys(measured);
        const all = await Promise.all(names.map((name) => measured[name].data<"float32">()));
        dispose({ ...measured });
        const {
          effect,
          change,
          guess: guessed,
          ...channels
        } = Object.fromEntries(names.map((name, i) => [name, all[i]]));
        isGuessed ||= guessed !== undefined;
        for (const [i, concept] of some.entries()) {
          const sums = found.get(concept) ?? {
            samples: 0,
            effect: 0,
            change: 0,
            attribution: 0,
            sample,
            most: 0,
            channels: {},
          };
          sums.samples++;
          if (change[i] > sums.most) {
            sums.most = change[i];
            sums.sample = sample;
          }
          sums.effect += effect[i];
          sums.change += change[i];
          sums.attribution += guessed?.[i] ?? 0;
          for (const [name, values] of Object.entries(channels)) {
            const count = values.length / some.length;
            sums.channels[name] ??= new Float64Array(count);
            for (let c = 0; c < count; c++) sums.channels[name][c] += values[i * count + c];
          }
          found.set(concept, sums);
          truths.push(effect[i]);
          guesses.push(guessed?.[i] ?? 0);
        }
        await breathe();
      }
      gradient?.dispose();
    } finally {
      disposeOutputs(clean);
      tail.dispose();
      map.dispose();
      x.dispose();
    }
    onProgress?.(sample + 1, images.size);
  }
  const concepts = [...found].map(([concept, sums]) => ({
    concept,
    samples: sums.samples,
    effect: sums.effect / images.size,
    change: sums.change / images.size,
    ...(isGuessed ? { attribution: sums.attribution / images.size } : {}),
    sample: sums.sample,
    ...channelsOf(sums.channels),
  }));
  return {
    network: network.name,
    layer,
    output,
    edit,
    samples: images.size,
    concepts: concepts.sort((a, b) => b.change - a.change || a.concept - b.concept),
    ...(isGuessed ? { rankCorrelation: rankCorrelation(truths, guesses) } : {}),
    pairs: truths.length,
  };
}

interface Sums {
  samples: number;
  effect: number;
  change: number;
  attribution: number;
  /** The sample of the largest change, and that. */
  sample: number;
  most: number;
  readonly channels: Record<string, Float64Array>;
}

/** Of the changes of each channel of an output, `[B, channels]`, their squares, sums and magnitudes. Nothing if there is only one. */
function channelSums(changed: Tensor, clean: Tensor): Record<string, Tensor> {
  const difference = sub(changed, clean);
  const channels = difference.shape[difference.rank - 1];
  if (difference.rank < 2 || channels < 2) return {};
  const points = reshape(difference, [difference.shape[0], -1, channels]);
  return { squares: sum(square(points), 1), sums: sum(points, 1), magnitudes: sum(abs(points), 1) };
}

/** Channels that are told of a concept, at most. */
const mostChannels = 3;

function channelsOf({ squares, sums, magnitudes }: Sums["channels"]): { readonly channels?: readonly ChannelChange[] } {
  if (squares === undefined) return {};
  const total = squares.reduce((all, value) => all + value, 0);
  const channels = Array.from(squares, (value, channel) => ({
    channel,
    share: value / (total || 1),
    direction: sums[channel] / (magnitudes[channel] || 1),
  }));
  return { channels: channels.sort((a, b) => b.share - a.share || a.channel - b.channel).slice(0, mostChannels) };
}

/** `<y, y'> / <y, y>` of each sample; y is of one. */
function shareOf(changed: Tensor, clean: Tensor): Tensor {
  const products = sum(reshape(mul(changed, clean), [changed.shape[0], -1]), 1);
  return div(products, add(sum(square(clean)), 1e-30));
}

function changeOf(changed: Tensor, clean: Tensor): Tensor {
  const squares = sum(reshape(squaredDifference(changed, clean), [changed.shape[0], -1]), 1);
  return sqrt(div(squares, add(sum(square(clean)), 1e-30)));
}

/** @throws SaenoError `effects.gradient` where an operation after the layer has none. */
function gradientOf(target: (map: Tensor) => Tensor, map: Tensor): Tensor {
  try {
    return tidy(() => grad((m: Tensor) => sum(target(m)))(map));
  } catch (cause) {
    const problem = `What comes after the layer has no gradient here: ${messageOf(cause)}`;
    throw new SaenoError("effects.gradient", `${problem} Ask for another output, or leave the attribution out.`, {
      cause,
    });
  }
}
