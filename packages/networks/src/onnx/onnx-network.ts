import { messageOf, SaenoError, sizeOf } from "@saeno/backend";
import type { FileAccess } from "@saeno/datasets";
import { concat, dispose, type Tensor, tidy, transpose } from "@tensorflow/tfjs-core";
import { listedLayers } from "../graph/listed-layers.ts";
import { besides } from "../graph/walk.ts";
import { completeName, type Network, type Outputs } from "../network.ts";
import type { NetworkOptions } from "../open-network.ts";
import { checkPreprocessing, type Preprocessing } from "../preprocessing.ts";
import { cut } from "./cut.ts";
import { elementTypes, type OnnxFile, onnxError, readOnnxFile } from "./onnx-file.ts";
import { type Layout, onnxNodes } from "./onnx-layers.ts";
import { loadRuntime, type OnnxTensor, tensorOf, type Values } from "./runtime.ts";

/** Numbers on this side of the library, of samples. */
interface Floats {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/**
 * An ONNX file, run by ONNX Runtime. Values are named as the file names them; each part of the graph that is run is a file of its own, with the values
 * asked for as its outputs and those that are replaced as its inputs.
 *
 * @throws SaenoError `network.onnxruntime` if that is not installed, `network.file`, `network.outputs`, `network.size`, `network.preprocessing`.
 */
export async function openOnnx(files: FileAccess, place: string, options: NetworkOptions = {}): Promise<Network> {
  const { outputs: asked, ...given } = options;
  const file = await readOnnxFile(files, place);
  const { input, batch, preprocessing } = inputOf(file, given);
  const runtime = await loadRuntime();
  const nodes = onnxNodes(file, input, preprocessing.layout);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const outputNames =
    asked?.map((name) => completeName(name, [...byName.keys()], place)) ?? file.graph.output.map(({ name }) => name);
  const sessions = new Map<string, ReturnType<typeof runtime.session>>();

  /** The part of the graph between some values and others. */
  function sessionFor(from: Values, names: readonly string[]) {
    const types = new Map(Object.entries(from).map(([name, { type }]) => [name, type]));
    const key = JSON.stringify([[...types], names]);
    const session = sessions.get(key) ?? runtime.session(cut(file, types, names), place);
    sessions.set(key, session);
    return session;
  }

  async function compute(from: Values, names: readonly string[]): Promise<Values> {
    const wanted = [...new Set(names)].filter((name) => from[name] === undefined);
    if (wanted.length === 0) return from;
    const session = await sessionFor(from, wanted);
    try {
      const needed = Object.fromEntries(session.inputNames.map((name) => [name, from[name]]));
      return { ...from, ...(await session.run(needed)) };
    } catch (cause) {
      throw new SaenoError("network.run", `${place} cannot be run: ${messageOf(cause)}`, { kind: "data", cause });
    }
  }

  const isMap = (name: string, rank: number) => rank === 4 && byName.get(name)?.layout === "channels-first";
  const floats = async (x: Tensor): Promise<Floats> => ({ values: await x.data<"float32">(), shape: x.shape });
  /** A map as the network has it. */
  const placed = async (layer: string, map: Tensor): Promise<Floats> => {
    if (!isMap(layer, map.rank)) return floats(map);
    const moved = transpose(map, [0, 3, 1, 2]);
    return floats(moved).finally(() => moved.dispose());
  };

  /**
   * Runs samples together, or one by one where the graph is made for one; maps have their channels last then.
   *
   * @param of what is computed from so many samples, the first of them at a place.
   */
  async function inTurn(count: number, names: readonly string[], of: (at: number, some: number) => Promise<Values>) {
    const some = batch === 1 ? 1 : count;
    const runs: Tensor[][] = [];
    try {
      for (let at = 0; at < count; at += some) {
        const found = await of(at, some);
        const tensors: Tensor[] = [];
        runs.push(tensors);
        for (const name of names) {
          const { dims } = found[name];
          tensors.push(tensorOf(found[name], name));
          if (count === 1 || dims[0] === some) continue;
          const problem = `${place} gives ${name} of the shape (${dims.join(", ")}) for ${some} images, not one for each`;
          throw new SaenoError("network.run", `${problem}: name other outputs, or give it one image at a time.`);
        }
      }
      return names.map((name, i) =>
        tidy(() => {
          const all = concat(runs.map((tensors) => tensors[i]));
          return isMap(name, all.rank) ? transpose(all, [0, 2, 3, 1]) : all;
        }),
      );
    } finally {
      dispose(runs);
    }
  }

  const named = (tensors: readonly Tensor[]): Outputs =>
    Object.fromEntries(outputNames.map((name, i) => [name, tensors[i]]));
  const { layers, layerName, behind } = listedLayers({
    place,
    nodes,
    input,
    outputs: outputNames,
    preprocessing,
    async shapesOf(shape, names) {
      const x = { [input]: runtime.floats(new Float32Array(sizeOf(shape)), shape) };
      const values = await compute(x, names);
      return names.map((name) => {
        const { dims, type } = values[name];
        if (dims.length !== 4 || type !== "float32") return undefined;
        return isMap(name, 4) ? [...dims.slice(2), dims[1]] : dims.slice(1);
      });
    },
  });
  const part = ({ values, shape }: Floats, at: number, count: number): OnnxTensor => {
    const size = sizeOf(shape.slice(1));
    return runtime.floats(values.slice(at * size, (at + count) * size), [count, ...shape.slice(1)]);
  };

  return {
    name: place,
    preprocessing,
    outputNames,
    layerName,
    layers,
    async activations(x, text) {
      const layer = layerName(text);
      const given = await floats(x);
      const [map] = await inTurn(x.shape[0], [layer], (at, some) =>
        compute({ [input]: part(given, at, some) }, [layer]),
      );
      return map;
    },
    async outputs(x) {
      const given = await floats(x);
      const run = (at: number, some: number) => compute({ [input]: part(given, at, some) }, outputNames);
      return named(await inTurn(x.shape[0], outputNames, run));
    },
    async outputsFrom(x, text, map) {
      const { layer } = behind(layerName(text));
      const [given, instead] = [await floats(x), await placed(layer, map)];
      const run = (at: number, some: number) =>
        compute({ [input]: part(given, at, some), [layer]: part(instead, at, some) }, outputNames);
      return named(await inTurn(x.shape[0], outputNames, run));
    },
    async tail(x, text) {
      const { layer } = behind(layerName(text));
      const wanted = besides(nodes, behind(layer));
      const given = await floats(x);
      let known: { readonly count: number; readonly values: Values } | undefined;
      /** What does not come from the layer, for so many copies of the sample: shapes may say how many there are. */
      const rest = async (count: number): Promise<Values> => {
        if (known?.count === count) return known.values;
        const copies = Float32Array.from(
          { length: count * given.values.length },
          (_, i) => given.values[i % given.values.length],
        );
        const all =
          wanted.length === 0 ? {} : await compute({ [input]: part({ ...given, values: copies }, 0, count) }, wanted);
        const values = Object.fromEntries(wanted.map((name) => [name, all[name]]));
        known = { count, values };
        return values;
      };
      return {
        async outputs(maps) {
          const instead = await placed(layer, maps);
          const run = async (at: number, some: number) =>
            compute({ ...(await rest(some)), [layer]: part(instead, at, some) }, outputNames);
          return named(await inTurn(maps.shape[0], outputNames, run));
        },
        dispose() {
          known = undefined;
        },
      };
    },
    dispose() {
      for (const session of sessions.values()) session.then((opened) => opened.release()).catch(() => {});
      sessions.clear();
    },
  };
}

/** @throws SaenoError `network.file` for a graph that does not take one image, `network.size` for a size that it does not take, `network.preprocessing`. */
function inputOf({ name, graph }: OnnxFile, { size, layout: said, ...given }: NetworkOptions) {
  const constants = new Set(graph.initializer.map((tensor) => tensor.name));
  const inputs = graph.input.filter((each) => !constants.has(each.name));
  const described = inputs.map((each) => {
    const { elemType = 0, shape } = each.type?.tensorType ?? {};
    const type = Object.keys(elementTypes).find((key) => elementTypes[key] === elemType) ?? "no tensor";
    // 0 where it takes any.
    return { name: each.name, type, dims: (shape?.dim ?? []).map(({ dimValue }) => Math.max(0, Number(dimValue))) };
  });
  const [image, ...others] = described;
  if (image === undefined || others.length > 0 || image.dims.length !== 4 || image.type !== "float32") {
    const sizes = (dims: readonly number[]) => dims.map((points) => points || "any").join(", ");
    const there = described.map(({ name, type, dims }) => `${name} (${type}: ${sizes(dims)})`).join(", ") || "none";
    throw onnxError(name, `must take one batch of images, of four axes and float32; its inputs are ${there}`);
  }
  const [batch, ...dims] = image.dims;
  if (batch > 1) throw onnxError(name, `is made for ${batch} images at a time: export it for one, or for any number`);
  const isColors = (count: number) => count === 1 || count === 3;
  const layout: Layout = said ?? (isColors(dims[2]) && !isColors(dims[0]) ? "channels-last" : "channels-first");
  const [height, width, channels] = layout === "channels-first" ? [dims[1], dims[2], dims[0]] : dims;
  const declared = height > 0 && width > 0 ? [height, width] : undefined;
  const fits = size === undefined || [height, width].every((points, axis) => points === 0 || points === size[axis]);
  if (!fits) {
    const takes = [height, width].map((points) => points || "any").join(" x ");
    const problem = `${name} is made for images of ${takes} points; got ${size.join(" x ")}`;
    throw new SaenoError("network.size", `${problem}. Export it with free height and width for others.`);
  }
  const wanted = size ?? declared;
  const preprocessing: Preprocessing = {
    range: "0..1",
    ...given,
    layout,
    channels: channels > 0 ? channels : 3,
    ...(wanted === undefined ? {} : { size: wanted }),
  };
  checkPreprocessing(preprocessing);
  return { input: image.name, batch, preprocessing };
}
