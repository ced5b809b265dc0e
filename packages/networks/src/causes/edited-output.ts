import type { Grid } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import { placesOf } from "@saeno/inspect";
import { add, tidy } from "@tensorflow/tfjs-core";
import { readInput } from "../data/maps-of.ts";
import { checkComparable, disposeOutputs, type Network } from "../network.ts";
import { changesOf, checkMaps, codesOf, type EditOptions, editOf } from "./code-edits.ts";

export interface EditedOutputOptions extends EditOptions {
  readonly concept: number;
  /** Which of the images. */
  readonly sample: number;
  /** Default the first. */
  readonly output?: string;
}

/** An output without and with an edit, channels last. */
export interface EditedOutput {
  /** Without the axis of samples. */
  readonly shape: readonly number[];
  readonly before: Float32Array;
  readonly after: Float32Array;
  /** How much of the concept there is at each point of the layer's map (`placesOf` of `@saeno/inspect`), as it is. */
  readonly where: { readonly values: Float32Array; readonly grid: Grid };
}

/** What a network says about one image, as it is and with one concept removed, scaled or moved in a layer. @throws SaenoError as `conceptEffects`. */
export async function editedOutput(
  model: SparseAutoencoder,
  network: Network,
  layerText: string,
  images: Dataset,
  { concept, sample, output = network.outputNames[0], ...options }: EditedOutputOptions,
): Promise<EditedOutput> {
  checkMaps(model);
  const edit = editOf(options);
  const layer = network.layerName(layerText);
  const x = await readInput(network, images, [sample]);
  const map = await network.activations(x, layer);
  try {
    const table = await codesOf(model, map);
    const at = table.concepts.indexOf(concept);
    const instead = tidy(() => (at >= 0 ? add(map, changesOf(model, table, [concept], map, edit)) : map.clone()));
    const both = [await network.outputsFrom(x, layer, map), await network.outputsFrom(x, layer, instead)];
    instead.dispose();
    checkComparable(both[1], output, both[0][output].shape);
    const [, ...shape] = both[0][output].shape;
    const values = await Promise.all(both.map(({ [output]: found }) => found.data<"float32">()));
    for (const outputs of both) disposeOutputs(outputs);
    const grid = map.shape.slice(1, -1);
    const [place] = await placesOf(model, table, [at], grid);
    return { shape, before: values[0], after: values[1], where: { values: place, grid } };
  } finally {
    map.dispose();
    x.dispose();
  }
}
