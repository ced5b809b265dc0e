import { sizeOf } from "@saeno/backend";
import type { Network, NetworkLayer } from "../network.ts";
import type { Preprocessing } from "../preprocessing.ts";
import { checkBehind, layerOf, layersOf, type WalkNode } from "./walk.ts";

/** A graph whose layers are listed, whatever runs it. */
export interface ListedGraph {
  readonly place: string;
  readonly nodes: readonly WalkNode[];
  readonly input: string;
  /** Names of nodes. */
  readonly outputs: readonly string[];
  readonly preprocessing: Preprocessing;
  /** What some layers give for an input of a shape: `[..grid, C]`; nothing for what is not a map. */
  shapesOf(shape: readonly number[], names: readonly string[]): Promise<readonly (readonly number[] | undefined)[]>;
}

export interface ListedLayers extends Pick<Network, "layers" | "layerName"> {
  /** What is asked for, with a layer in between. @throws SaenoError where no output comes after it. */
  behind(layer: string): { readonly input: string; readonly layer: string; readonly outputs: readonly string[] };
}

/** The part of a network that its graph alone decides: what its layers are called, which there are, and what comes after one. */
export function listedLayers({ place, nodes, input, outputs, preprocessing, shapesOf }: ListedGraph): ListedLayers {
  const { channels, layout } = preprocessing;
  const listed = new Map<string, readonly NetworkLayer[]>();
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const sizeOr = (size = preprocessing.size) => size ?? [224, 224];
  return {
    layerName(text) {
      // By its full name it may be any node.
      const known = byName.get(text);
      return known !== undefined && !/^Const(ant)?$/.test(known.op)
        ? text
        : layerOf(text, layersOf(nodes, input, sizeOr()), place);
    },
    behind(layer) {
      checkBehind(nodes, { place, layer, outputs });
      return { input, layer, outputs };
    },
    async layers(size) {
      const own = sizeOr(size);
      const known = listed.get(own.join());
      if (known !== undefined) return known;
      const found = layersOf(nodes, input, own);
      const shapes = await shapesOf(
        [1, ...(layout === "channels-first" ? [channels, ...own] : [...own, channels])],
        found.map(({ node }) => node.name),
      );
      const layers = found.flatMap(({ node, stride, field, global, parameters, sensible }, i) => {
        const shape = shapes[i];
        if (shape === undefined) return [];
        const grid = shape.slice(0, -1);
        return {
          name: node.name,
          op: node.op,
          grid,
          channels: shape[shape.length - 1],
          parameters,
          ...(stride === undefined ? {} : { stride }),
          receptiveField: field,
          global,
          sensible: sensible && sizeOf(grid) > 1,
        };
      });
      listed.set(own.join(), layers);
      return layers;
    },
  };
}
