/** What concepts do to the outputs of a network: the truth, one run of its tail for each edit; and a guess by the gradient, one run for all. */
import { disposeCodes } from "@saeno/activations";
import { breathe, messageOf, SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import { type CodeTable, codeTableWriter, denseCodes, readCodes, sparseCodes } from "@saeno/inspect";
import {
  add,
  div,
  grad,
  mul,
  reshape,
  slice,
  sqrt,
  square,
  squaredDifference,
  sub,
  sum,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { readInput } from "../data/maps-of.ts";
import { disposeOutputs, type Network, type Outputs } from "../network.ts";
import { registerGradientKernels } from "./gradient-kernels.ts";
import { rankCorrelation } from "./rank-correlation.ts";

export interface EffectsOptions {
  /** What the code of the concept is multiplied with: 0 removes it. Default 0. */
  readonly factor?: number;
  /** Which concepts are looked at. Default: all that are active. */
  readonly concepts?: readonly number[];
  /** The output that is looked at. Default the first. */
  readonly output?: string;
  /**
   * What of the outputs is asked about, one number for each sample: `[B]`. Default: how much of the clean output is in the output,
   * `<y, y'> / <y, y>`, which is 1 without an edit. Runs inside a gradient tape.
   */
  readonly target?: (outputs: Outputs, clean: Outputs) => Tensor;
  /** Edits on the device at a time. Default 8. */
  readonly batchSize?: number;
  /** Whether the guess by the gradient is made too. Default: where the network has gradients, which those that ONNX Runtime runs have not. */
  readonly attribution?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ConceptEffect {
  readonly concept: number;
  /** How many samples it is active in. */
  readonly samples: number;
  /** Means over all samples, those where it is not active with 0: of the change of the target .. */
  readonly effect: number;
  /** .. of `||y' - y|| / ||y||` .. */
  readonly change: number;
  /** .. and of the guess: the gradient of the target times what the edit changes in the map. */
  readonly attribution?: number;
}

export interface ConceptEffects {
  readonly network: string;
  readonly layer: string;
  readonly output: string;
  readonly factor: number;
  readonly samples: number;
  /** Those that were active, by the change of the output, largest first. */
  readonly concepts: readonly ConceptEffect[];
  /** Spearman's correlation of guess and truth, over all pairs of a sample and a concept that is active in it; absent without a guess. */
  readonly rankCorrelation?: number;
  readonly pairs: number;
}

/**
 * The effect of removing or scaling each concept of each sample on the outputs. Edits are exact: decoding is linear in the code, so an edit adds
 * `(factor - 1) d` to the network's own map, with d the part of the reconstruction that is the concept's; what the model does not explain stays.
 * Nothing stays on the device.
 *
 * @throws SaenoError `effects.output` for an output that is not there, `effects.vectors` for a model of vectors,
 *   `effects.gradient` where there is none, and as `fidelity`.
 */
export async function conceptEffects(
  model: SparseAutoencoder,
  network: Network,
  layerText: string,
  images: Dataset,
  options: EffectsOptions = {},
): Promise<ConceptEffects> {
  const { factor = 0, output = network.outputNames[0], batchSize = 8, attribution, onProgress } = options;
  if (!network.outputNames.includes(output)) {
    const known = network.outputNames.join(", ");
    throw new SaenoError("effects.output", `${network.name} was opened with the outputs ${known}; got "${output}".`);
  }
  if (model.dictionary.domain === "vectors")
    throw new SaenoError("effects.vectors", "Effects are those of models of functions: SAE-FNO or SAE-CNN.");
  if (attribution !== false) registerGradientKernels();
  const layer = network.layerName(layerText);
  const target = options.target ?? ((outputs, clean) => shareOf(outputs[output], clean[output]));
  const wanted = options.concepts === undefined ? undefined : new Set(options.concepts);
  const found = new Map<number, { samples: number; effect: number; change: number; attribution: number }>();
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
      const before = scalar(() => target(clean, clean));
      const gradient =
        attribution === false || outputsInTape === undefined
          ? undefined
          : gradientOf((m) => target(outputsInTape(m), clean), map);
      for (let begin = 0; begin < active.length; begin += batchSize) {
        const some = active.slice(begin, begin + batchSize);
        const [edited, guess] = tidy(() => {
          const edits = mul(contributions(model, table, some, map), factor - 1);
          const guesses = gradient && sum(reshape(mul(edits, gradient), [some.length, -1]), 1);
          return [add<Tensor>(map, edits), guesses];
        }) as [Tensor, Tensor | undefined];
        const outputs = await tail.outputs(edited);
        const [effects, changes] = tidy(() => [
          sub<Tensor>(target(outputs, clean), before),
          changeOf(outputs[output], clean[output]),
        ]);
        disposeOutputs(outputs);
        const [effect, change, guessed] = await Promise.all([effects.data(), changes.data(), guess?.data()]);
        for (const tensor of [edited, effects, changes, guess]) tensor?.dispose();
        isGuessed ||= guessed !== undefined;
        for (const [i, concept] of some.entries()) {
          const sums = found.get(concept) ?? { samples: 0, effect: 0, change: 0, attribution: 0 };
          sums.samples++;
          sums.effect += effect[i];
          sums.change += change[i];
          sums.attribution += guessed?.[i] ?? 0;
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
  }));
  return {
    network: network.name,
    layer,
    output,
    factor,
    samples: images.size,
    concepts: concepts.sort((a, b) => b.change - a.change || a.concept - b.concept),
    ...(isGuessed ? { rankCorrelation: rankCorrelation(truths, guesses) } : {}),
    pairs: truths.length,
  };
}

async function codesOf(model: SparseAutoencoder, map: Tensor): Promise<CodeTable> {
  const codes = model.encode(map);
  return readCodes(codes).finally(() => disposeCodes(codes));
}

/** What each of some concepts adds to the reconstruction of one sample, `[B, ...grid, C]`. Run inside a `tidy`. */
function contributions(model: SparseAutoencoder, table: CodeTable, concepts: readonly number[], map: Tensor): Tensor {
  const writer = codeTableWriter(table.grid, table.conceptCount);
  for (const concept of concepts) {
    const at = table.concepts.indexOf(concept);
    writer.nextMap(concept);
    for (let i = table.maps[at]; i < table.maps[at + 1]; i++) writer.entry(table.positions[i], table.values[i]);
    writer.nextSample();
  }
  // The last sample has no code: what remains is no concept's.
  writer.nextSample();
  const alone = writer.table();
  const codes = table.grid.length === 0 ? denseCodes(alone) : sparseCodes(alone);
  const decoded = model.decode(codes, map.shape.slice(1, -1));
  disposeCodes(codes);
  return sub(slice(decoded, 0, concepts.length), slice(decoded, concepts.length, 1));
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

function scalar(of: () => Tensor): number {
  const found = tidy(of);
  const [value] = found.dataSync();
  found.dispose();
  return value;
}
