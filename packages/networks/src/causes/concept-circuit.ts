/** Circuits: which concepts of a layer drive which concepts of a later one. */
import { breathe, SaenoError, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import { type CodeTable, sampleCount } from "@saeno/inspect";
import { add, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { readInput } from "../data/maps-of.ts";
import { disposeOutputs, type Network } from "../network.ts";
import { changesOf, checkMaps, codesOf, type EditOptions, editOf } from "./code-edits.ts";

export interface CircuitOptions extends EditOptions {
  /** The layers of the first and of the second model; parts of names are enough. The second is an output of the network. */
  readonly from: string;
  readonly to: string;
  /** Which concepts of the first are edited. Default: all that are active. */
  readonly concepts?: readonly number[];
  /** Edits on the device at a time. Default 8. */
  readonly batchSize?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What an edit of a concept of the first layer does to one of the second. */
export interface CircuitLink {
  readonly from: number;
  readonly to: number;
  /** How much the total code of `to`, the mean of its map, changes, as the mean over all samples. */
  readonly change: number;
  /** The same as a share of the mean magnitude of its total code without the edit: -1 if nothing is left. Absent if that is 0. */
  readonly relative?: number;
}

export interface ConceptCircuit {
  readonly network: string;
  readonly from: string;
  readonly to: string;
  readonly samples: number;
  /** Concepts of the first layer that were edited, and in how many samples they are active. */
  readonly edited: readonly { readonly concept: number; readonly samples: number }[];
  /** Concepts of the later layer as it is, and in how many samples they are active. */
  readonly later: readonly { readonly concept: number; readonly samples: number }[];
  /**
   * By how much of a later concept they change, most first; rare concepts, with less code than most, count less. Last are links to concepts that are active
   * only with an edit: they come and go at the threshold of their activation.
   */
  readonly links: readonly CircuitLink[];
}

/**
 * Edits one concept at a time in the maps of a layer, exactly, runs the network on to a later layer, once for each edit, and compares the codes of that layer
 * with those of the network as it is. Open the network with that layer as its output: `openNetwork(net, { outputs: [layer] })`. Nothing
 * stays on the device.
 *
 * @throws SaenoError `circuit.layers` if the second layer is not an output, or does not come after the first; and as `conceptEffects`.
 */
export async function conceptCircuit(
  first: SparseAutoencoder,
  second: SparseAutoencoder,
  network: Network,
  images: Dataset,
  options: CircuitOptions,
): Promise<ConceptCircuit> {
  const { concepts, batchSize = 8, onProgress } = options;
  const edit = editOf(options);
  for (const model of [first, second]) checkMaps(model);
  const [from, to] = [options.from, options.to].map((text) => network.layerName(text));
  await checkOrder(network, from, to);
  const wanted = concepts === undefined ? undefined : new Set(concepts);
  const edited = new Map<number, number>();
  const clean = new Float64Array(second.dictionary.conceptCount);
  const counts = new Int32Array(clean.length);
  const changes = new Map<number, Float64Array>();
  for (let sample = 0; sample < images.size; sample++) {
    const x = await readInput(network, images, [sample]);
    const map = await network.activations(x, from);
    const tail = await network.tail(x, from);
    const later = async (maps: Tensor): Promise<readonly Float64Array[]> => {
      const found = await tail.outputs(maps);
      return totals(await codesOf(second, found[to]).finally(() => disposeOutputs(found)));
    };
    try {
      const table = await codesOf(first, map);
      const active = [...table.concepts].filter((concept) => wanted?.has(concept) ?? true);
      const [before] = await later(map);
      for (const [concept, total] of before.entries()) {
        clean[concept] += Math.abs(total);
        if (total !== 0) counts[concept]++;
      }
      for (let begin = 0; begin < active.length; begin += batchSize) {
        const some = active.slice(begin, begin + batchSize);
        const maps = tidy(() => add(map, changesOf(first, table, some, map, edit)));
        const after = await later(maps).finally(() => maps.dispose());
        for (const [i, concept] of some.entries()) {
          edited.set(concept, (edited.get(concept) ?? 0) + 1);
          const sums = changes.get(concept) ?? new Float64Array(clean.length);
          for (const [other, total] of after[i].entries()) sums[other] += total - before[other];
          changes.set(concept, sums);
        }
        await breathe();
      }
    } finally {
      tail.dispose();
      map.dispose();
      x.dispose();
    }
    onProgress?.(sample + 1, images.size);
  }
  const links = [...changes].flatMap(([concept, sums]) =>
    Array.from(sums, (sum, other) => ({
      from: concept,
      to: other,
      change: sum / images.size,
      ...(clean[other] > 0 ? { relative: sum / clean[other] } : {}),
    })).filter(({ change }) => change !== 0),
  );
  const later = [...counts].flatMap((samples, concept) => (samples > 0 ? [{ concept, samples }] : []));
  const usual = clean.reduce((total, value) => total + value, 0) / (later.length || 1) || 1;
  const isNew = ({ to }: CircuitLink) => Number(clean[to] === 0);
  const size = ({ to, change }: CircuitLink) => Math.abs(change) / (clean[to] + usual);
  return {
    network: network.name,
    from,
    to,
    samples: images.size,
    edited: [...edited].map(([concept, samples]) => ({ concept, samples })).sort((a, b) => a.concept - b.concept),
    later,
    links: links.sort((a, b) => isNew(a) - isNew(b) || size(b) - size(a)),
  };
}

/** @throws SaenoError `circuit.layers`. */
async function checkOrder(network: Network, from: string, to: string): Promise<void> {
  const names = (await network.layers(network.preprocessing.size)).map(({ name }) => name);
  const [first, second] = [names.indexOf(from), names.indexOf(to)];
  const isAfter = from !== to && (first < 0 || second < 0 || first < second);
  if (isAfter && network.outputNames.includes(to)) return;
  const problem = isAfter
    ? `${network.name} was opened with the outputs ${network.outputNames.join(", ")}: open it with the output ${to}`
    : `In ${network.name}, the layer ${to} does not come after ${from}: name the earlier layer first`;
  throw new SaenoError("circuit.layers", `${problem}.`);
}

/** The mean of each concept's map, of each sample. */
function totals(table: CodeTable): readonly Float64Array[] {
  const { samples, concepts, maps, values, grid, conceptCount } = table;
  return Array.from({ length: sampleCount(table) }, (_, sample) => {
    const found = new Float64Array(conceptCount);
    for (let map = samples[sample]; map < samples[sample + 1]; map++)
      for (let i = maps[map]; i < maps[map + 1]; i++) found[concepts[map]] += values[i] / sizeOf(grid);
    return found;
  });
}
