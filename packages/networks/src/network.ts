import { type Grid, SaenoError, suggestion } from "@saeno/backend";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import type { Preprocessing } from "./preprocessing.ts";

/** What a network says about its input, by the name of each output; maps have their channels last, as in layers. The caller disposes of the tensors. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** A place in a network whose activations are maps on a grid. */
export interface NetworkLayer {
  readonly name: string;
  /** As the file names it, such as `FusedConv2D`; `own` for networks of your own. */
  readonly op: string;
  readonly grid: Grid;
  readonly channels: number;
  /** The number of weights in it and before it; absent if it is not known. */
  readonly parameters?: number;
  /** Points of the input from one point of the map to the next. */
  readonly stride?: readonly number[];
  /** Points of the input along each axis that one point of the map can see, without averages over the whole input. */
  readonly receptiveField?: readonly number[];
  /** Whether averages over the whole input reach it, too, as in squeeze and excitation. */
  readonly global?: boolean;
  /** Whether it is a sensible one to look at: the result of a convolution, a normalization, an activation or a sum of branches, not a step within one. */
  readonly sensible: boolean;
}

/**
 * A vision network, opened so that every layer can be read and replaced. Tensors `x` are its input as it takes it, `[B, height, width, channels]`:
 * `preprocess` makes it from images. The caller disposes of what functions return.
 */
export interface Network {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  readonly outputNames: readonly string[];
  /** The layers with maps, in the order in which they are computed, for an input of a size: default that of the preprocessing. */
  layers(size?: Grid): Promise<readonly NetworkLayer[]>;
  /** The full name of a layer, from a part of it. @throws SaenoError `network.layer` with similar names. */
  layerName(text: string): string;
  /** Maps `[B, ...grid, C]` of a layer. */
  activations(x: Tensor, layer: string): Promise<Tensor>;
  outputs(x: Tensor): Promise<Outputs>;
  /** Outputs as if a layer had given `map` instead. What goes around the layer comes from `x`. */
  outputsFrom(x: Tensor, layer: string, map: Tensor): Promise<Outputs>;
  /** The same for one sample and many maps: what does not depend on the layer is computed once. */
  tail(x: Tensor, layer: string): Promise<Tail>;
  dispose(): void;
}

/** What comes after a layer, for one sample. */
export interface Tail {
  /** The outputs for each of the maps `[B, ...grid, C]`. */
  outputs(maps: Tensor): Promise<Outputs>;
  /** The same synchronously, inside a gradient tape; absent if the network is run by a library without gradients. */
  outputsInTape?(maps: Tensor): Outputs;
  dispose(): void;
}

export function disposeOutputs(outputs: Outputs): void {
  dispose({ ...outputs });
}

/**
 * Outputs can be compared if they are of one size, whatever a network finds in an image: lists of what it found are not.
 *
 * @param wanted the shape of the output as it is.
 * @throws SaenoError `network.output`, once all outputs are disposed of.
 */
export function checkComparable(outputs: Outputs, name: string, wanted: readonly number[]): void {
  const { shape } = outputs[name];
  if (shape.join() === wanted.join()) return;
  disposeOutputs(outputs);
  const problem = `${name} has the shape (${wanted.join(", ")}) as it is, and (${shape.join(", ")}) after a change of the layer`;
  throw new SaenoError("network.output", `${problem}, and so cannot be compared: name other outputs.`, {
    kind: "data",
  });
}

/**
 * The one name that a text stands for: the name itself, the only one that ends in it, or the only one that contains it.
 *
 * @throws SaenoError `network.layer`.
 */
export function completeName(text: string, names: readonly string[], network: string): string {
  if (names.includes(text)) return text;
  for (const fits of [(name: string) => name.endsWith(`/${text}`), (name: string) => name.includes(text)]) {
    const found = names.filter(fits);
    if (found.length === 1) return found[0];
    if (found.length > 1) {
      const some = found.slice(0, 8).join(", ");
      throw layerError(
        network,
        `${found.length} layers are called "${text}": ${some}${found.length > 8 ? ", .." : ""}`,
      );
    }
  }
  const lasts = names.map((name) => name.split("/").slice(-text.split("/").length).join("/"));
  const close = suggestion(text, names) || suggestion(text, lasts);
  throw layerError(network, `it has no layer "${text}"`, close);
}

function layerError(network: string, problem: string, close = ""): SaenoError {
  const remedy = "saeno network info lists its layers.";
  return new SaenoError("network.layer", `${network}: ${problem}.${close} ${remedy}`);
}
