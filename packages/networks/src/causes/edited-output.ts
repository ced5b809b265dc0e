import type { Grid } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import { add, tidy } from "@tensorflow/tfjs-core";
import { readInput } from "../data/maps-of.ts";
import { disposeOutputs, type Network } from "../network.ts";
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
  /** The code of the concept, on its grid. */
  readonly code: { readonly positions: Int32Array; readonly values: Float32Array; readonly grid: Grid };
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
    const isActive = at >= 0;
    const [begin, end] = isActive ? [table.maps[at], table.maps[at + 1]] : [0, 0];
    const instead = tidy(() => (isActive ? add(map, changesOf(model, table, [concept], map, edit)) : map.clone()));
    const both = [await network.outputs(x), await network.outputsFrom(x, layer, instead)];
    instead.dispose();
    const [, ...shape] = both[0][output].shape;
    const values = await Promise.all(both.map(({ [output]: found }) => found.data<"float32">()));
    for (const outputs of both) disposeOutputs(outputs);
    const code = {
      positions: table.positions.slice(begin, end),
      values: table.values.slice(begin, end),
      grid: table.grid,
    };
    return { shape, before: values[0], after: values[1], code };
  } finally {
    map.dispose();
    x.dispose();
  }
}
