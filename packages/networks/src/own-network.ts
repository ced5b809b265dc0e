import { SaenoError } from "@saeno/backend";
import { type Tensor, tidy, tile, zeros } from "@tensorflow/tfjs-core";
import { completeName, type Network, type NetworkLayer, type Outputs } from "./network.ts";
import { checkPreprocessing, type Preprocessing } from "./preprocessing.ts";

/** Lets others read or replace a layer's maps, and returns those that the network continues with. */
export type Tap = (layer: string, map: Tensor) => Tensor;

export interface OwnNetworkOptions {
  readonly name: string;
  /** Default: any size, range 0..1, channels last. */
  readonly preprocessing: Partial<Preprocessing> & Pick<Preprocessing, "channels">;
  /** The outputs to compute: names of what `run` returns, or of layers. Default: what `run` returns. */
  readonly outputs?: readonly string[];
  /** Computes the outputs; every layer that others may see or replace goes through `tap`. Run inside a `tidy`. */
  run(x: Tensor, tap: Tap): Outputs;
  dispose?(): void;
}

/**
 * A network from a function of your own.
 *
 * @throws SaenoError `network.preprocessing`.
 */
export function defineNetwork({ name, run: given, outputs: asked, dispose, ...options }: OwnNetworkOptions): Network {
  const run = asked === undefined ? given : withOutputs(name, given, asked);
  const preprocessing: Preprocessing = { range: "0..1", layout: "channels-last", ...options.preprocessing };
  checkPreprocessing(preprocessing);
  const found = new Map<string, readonly NetworkLayer[]>();
  let outputNames: readonly string[] | undefined;
  const sizeOr = (size = preprocessing.size) => {
    if (size !== undefined) return size;
    throw new SaenoError("network.size", `${name} takes images of any size: say for which its layers are wanted.`);
  };

  function layers(given?: readonly number[]): readonly NetworkLayer[] {
    const size = sizeOr(given);
    const known = found.get(size.join());
    if (known !== undefined) return known;
    const result: NetworkLayer[] = [];
    tidy(() => {
      const shape = [...size, preprocessing.channels];
      const outputs = run(
        zeros([1, ...(preprocessing.layout === "channels-first" ? [shape[2], ...size] : shape)]),
        (layer, map) => {
          const grid = map.shape.slice(1, -1);
          result.push({ name: layer, op: "own", grid, channels: map.shape[map.rank - 1], sensible: true });
          return map;
        },
      );
      outputNames = Object.keys(outputs);
    });
    found.set(size.join(), result);
    return result;
  }

  const layerName = (text: string) =>
    completeName(
      text,
      layers(preprocessing.size ?? [64, 64]).map((layer) => layer.name),
      name,
    );
  const withTap = (x: Tensor, tap: Tap): Outputs => {
    const outputs = tidy(() => ({ ...run(x, tap) }));
    // One that is what was given is not for the caller to dispose.
    return Object.fromEntries(
      Object.entries(outputs).map(([key, value]) => [key, value === x ? value.clone() : value]),
    );
  };

  return {
    name,
    preprocessing,
    get outputNames() {
      if (outputNames === undefined) layers(preprocessing.size ?? [64, 64]);
      return outputNames ?? [];
    },
    layers: async (size) => layers(size),
    layerName,
    async activations(x, text) {
      const layer = layerName(text);
      return tidy(() => {
        let map: Tensor | undefined;
        run(x, (at, value) => {
          if (at === layer) map = value.clone();
          return value;
        });
        if (map === undefined) throw new SaenoError("network.layer", `${name} did not come to its layer "${layer}".`);
        return map;
      });
    },
    outputs: async (x) => withTap(x, (_, map) => map),
    async outputsFrom(x, text, map) {
      const layer = layerName(text);
      return withTap(x, (at, value) => (at === layer ? map.clone() : value));
    },
    async tail(x, text) {
      const layer = layerName(text);
      const copies = (count: number) => tile(x, [count, ...x.shape.slice(1).map(() => 1)]);
      const outputsInTape = (maps: Tensor) =>
        tidy(() => ({ ...run(copies(maps.shape[0]), (at, value) => (at === layer ? maps.clone() : value)) }));
      return { outputs: async (maps) => outputsInTape(maps), outputsInTape, dispose() {} };
    },
    dispose: () => dispose?.(),
  };
}

/** The same, with layers among its outputs. */
function withOutputs(name: string, run: OwnNetworkOptions["run"], asked: readonly string[]): OwnNetworkOptions["run"] {
  return (x, tap) => {
    const maps: Record<string, Tensor> = {};
    const outputs = run(x, (layer, map) => {
      maps[layer] = tap(layer, map);
      return maps[layer];
    });
    const all = { ...maps, ...outputs };
    const missing = asked.find((output) => all[output] === undefined);
    if (missing !== undefined) {
      const known = Object.keys(all).join(", ");
      throw new SaenoError("network.outputs", `${name} has no output "${missing}"; it has ${known}.`);
    }
    return Object.fromEntries(asked.map((output) => [output, all[output]]));
  };
}
