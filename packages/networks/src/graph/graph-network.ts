import { messageOf, SaenoError } from "@saeno/backend";
import type { FileAccess } from "@saeno/datasets";
import type { GraphModel } from "@tensorflow/tfjs-converter";
import { concat, dispose, type io, slice, type Tensor, tidy, tile, zeros } from "@tensorflow/tfjs-core";
import { completeName, type Network, type Outputs } from "../network.ts";
import { checkPreprocessing, type Preprocessing, type PreprocessingOptions } from "../preprocessing.ts";
import { walkNodes } from "./graph-layers.ts";
import { listedLayers } from "./listed-layers.ts";
import {
  fileError,
  type GraphNode,
  type ModelFile,
  nodeName,
  readModelFile,
  wholeNumbers,
  withWholeNumbers,
} from "./model-file.ts";
import { besides } from "./walk.ts";

export interface GraphNetworkOptions extends PreprocessingOptions {
  /** The outputs to compute: any nodes. Default: those that the file names. */
  readonly outputs?: readonly string[];
}

/**
 * A TensorFlow.js graph model, run by `@tensorflow/tfjs-converter`. For another size than the file declares, the sizes that its graph enlarges maps to
 * change in proportion.
 *
 * @param place a `model.json`, or the folder of one.
 * @throws SaenoError `network.converter` if the converter is not installed, `network.file`, `network.outputs`, `network.size`, `network.preprocessing`.
 */
export async function openGraph(files: FileAccess, place: string, options: GraphNetworkOptions = {}): Promise<Network> {
  const { outputs: asked, size, ...given } = options;
  const read = await readModelFile(files, place);
  checkLayout(read);
  const placeholder = inputOf(read);
  const declared = dimensions(placeholder);
  const [batch, ...image] = declared;
  const isFirst = given.layout === "channels-first";
  const [height, width, channels] = isFirst ? [image[1], image[2], image[0]] : image;
  const wanted = size ?? (height > 0 && width > 0 ? [height, width] : undefined);
  const preprocessing: Preprocessing = {
    range: "0..1",
    layout: "channels-last",
    ...given,
    channels: channels > 0 ? channels : 3,
    ...(wanted === undefined ? {} : { size: wanted }),
  };
  checkPreprocessing(preprocessing);
  const file = size === undefined ? read : resized(read, placeholder, [height, width], size, isFirst);
  const model = await load(file);
  const input = placeholder.name;
  const byName = new Map(file.nodes.map((node) => [node.name, node]));
  const nodes = [...byName.keys()];
  const outputNames = asked?.map((name) => completeName(name, nodes, place)) ?? model.outputNodes.map((name) => name);
  const walked = walkNodes(file);
  const several = new Set(
    [...outputNames, ...file.nodes.flatMap((node) => node.input)].filter((name) => /:[1-9]/.test(name)).map(nodeName),
  );

  function execute(inputs: Record<string, Tensor>, names: readonly string[]): Tensor[] {
    if (names.length === 0) return [];
    try {
      const found = [model.execute(inputs, [...names])].flat();
      // An output that is an input, or the same as another, is not the graph's to give away.
      const given = Object.values(inputs);
      return found.map((tensor, i) => (given.includes(tensor) || found.indexOf(tensor) < i ? tensor.clone() : tensor));
    } catch (cause) {
      const remedy = `If one of its outputs is at fault, name others (outputs); the file has ${model.outputNodes.join(", ")}.`;
      throw new SaenoError("network.run", `${place} cannot be run: ${sentence(messageOf(cause))} ${remedy}`, {
        kind: "data",
        cause,
      });
    }
  }

  /** One sample at a time where the graph is made for one. */
  function run(inputs: Record<string, Tensor>, names: readonly string[]): Tensor[] {
    const count = inputs[input].shape[0];
    if (batch !== 1 || count === 1) return execute(inputs, names);
    const runs = Array.from({ length: count }, (_, i) =>
      execute(Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, slice(value, i, 1)])), names),
    );
    return names.map((_, output) => concat(runs.map((found) => found[output])));
  }

  const named = (names: readonly string[], tensors: readonly Tensor[]): Outputs =>
    Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
  const { layers, layerName, behind } = listedLayers({
    place,
    nodes: walked,
    input,
    outputs: outputNames.map(nodeName),
    preprocessing,
    shapesOf: async (shape, names) =>
      tidy(() =>
        execute({ [input]: zeros([...shape]) }, names).map((map) => (map.rank === 4 ? map.shape.slice(1) : undefined)),
      ),
  });

  return {
    name: place,
    preprocessing,
    outputNames,
    layerName,
    layers,
    activations: async (x, text) => tidy(() => run({ [input]: x }, [layerName(text)])[0]),
    outputs: async (x) => tidy(() => named(outputNames, run({ [input]: x }, outputNames))),
    async outputsFrom(x, text, map) {
      const layer = layerName(text);
      behind(layer);
      return tidy(() => named(outputNames, run({ [input]: x, [layer]: map }, outputNames)));
    },
    async tail(x, text) {
      const layer = layerName(text);
      const wanted = besides(walked, behind(layer));
      // One of several results of a node cannot be given to it alone.
      const isPlain = wanted.every((name) => !several.has(name));
      const given = isPlain ? wanted : [input];
      const known = tidy(() => (isPlain ? run({ [input]: x }, wanted) : [x.clone()]));
      const outputsInTape = (maps: Tensor): Outputs =>
        tidy(() => {
          const count = maps.shape[0];
          const single = batch === 1 || count === 1;
          const rest = known.map((tensor) =>
            single || tensor.rank < 2 || tensor.shape[0] !== 1
              ? tensor
              : tile(tensor, [count, ...tensor.shape.slice(1).map(() => 1)]),
          );
          const inputs = Object.fromEntries(given.map((name, i) => [name, rest[i]]));
          if (!single || count === 1) return named(outputNames, execute({ ...inputs, [layer]: maps }, outputNames));
          const runs = Array.from({ length: count }, (_, i) =>
            execute({ ...inputs, [layer]: slice(maps, i, 1) }, outputNames),
          );
          return named(
            outputNames,
            outputNames.map((_, output) => concat(runs.map((found) => found[output]))),
          );
        });
      return { outputs: async (maps) => outputsInTape(maps), outputsInTape, dispose: () => dispose(known) };
    },
    dispose: () => model.dispose(),
  };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

async function load(file: ModelFile): Promise<GraphModel> {
  const converter = await import("@tensorflow/tfjs-converter").catch((cause: unknown) => {
    const install = "npm install @tensorflow/tfjs-converter@4.22.0";
    throw new SaenoError("network.converter", `Graph models are run by a library that is not installed: ${install}`, {
      cause,
    });
  });
  const { json, bytes, name } = file;
  const { buffer, byteOffset, byteLength } = bytes;
  // The file was checked; the rest of it is the converter's to read.
  const artifacts = {
    ...json,
    modelTopology: { versions: { producer: 0 }, ...json.modelTopology },
    weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights),
    weightData: buffer.slice(byteOffset, byteOffset + byteLength),
  } as unknown as io.ModelArtifacts;
  try {
    return await converter.loadGraphModel({ load: async () => artifacts });
  } catch (cause) {
    throw new SaenoError("network.file", `${name} cannot be opened: ${messageOf(cause)}`, { kind: "data", cause });
  }
}

/** @throws SaenoError `network.file` for a graph that does not take one image. */
function inputOf({ nodes, name }: ModelFile): GraphNode {
  const inputs = nodes.filter(({ op }) => op === "Placeholder");
  const images = inputs.filter((node) => dimensions(node).length === 4);
  if (inputs.length === 1 && images.length === 1) return images[0];
  const there = inputs.map((node) => `${node.name} (${dimensions(node).join(", ")})`).join(", ") || "none";
  throw new SaenoError(
    "network.file",
    `${name} must take one batch of images, of four axes; its inputs are ${there}.`,
    {
      kind: "data",
    },
  );
}

/** @throws SaenoError `network.file` for operations on maps whose channels come first: what is read as a grid would not be one. */
function checkLayout({ nodes, name }: ModelFile): void {
  const first = nodes.find(({ attr }) => attr.data_format?.s === btoa("NCHW"));
  if (first === undefined) return;
  const problem = `computes ${first.name} with channels first (NCHW), and maps are read with channels last`;
  throw fileError(name, `${problem}: convert the network with channels last, or export it as ONNX`);
}

/** Sizes of a placeholder, -1 where it takes any. */
function dimensions({ attr }: GraphNode): number[] {
  return (attr.shape?.shape?.dim ?? []).map(({ size }) => Number(size ?? -1));
}

/** The same network for images of another size. @throws SaenoError `network.size`. */
function resized(
  file: ModelFile,
  placeholder: GraphNode,
  declared: readonly number[],
  size: readonly number[],
  isFirst: boolean,
): ModelFile {
  if (declared.every((points, axis) => points === size[axis])) return file;
  const changed = new Map<string, Int32Array>();
  for (const node of file.nodes) {
    if (!/^Resize(Bilinear|NearestNeighbor)$/.test(node.op) || declared.some((points) => points <= 0)) continue;
    const name = nodeName(node.input[1] ?? "");
    const numbers = wholeNumbers(file, name);
    if (numbers === undefined) continue;
    const scaled = numbers.map((points, axis) => (points * size[axis]) / declared[axis]);
    const isWhole = numbers.every((points, axis) => (points * size[axis]) % declared[axis] === 0);
    if (!isWhole) {
      const problem = `${file.name} on ${size.join(" x ")} would enlarge maps to parts of a point in ${node.name}`;
      throw new SaenoError(
        "network.size",
        `${problem}: choose a size that is ${declared.join(" x ")} times a simple fraction.`,
      );
    }
    changed.set(name, scaled);
  }
  const [batch, ...image] = dimensions(placeholder);
  const depth = isFirst ? image[0] : image[2];
  const shape = [batch, ...(isFirst ? [depth, ...size] : [...size, depth])];
  const attr = { ...placeholder.attr, shape: { shape: { dim: shape.map((points) => ({ size: String(points) })) } } };
  const nodes = file.nodes.map((node) => (node === placeholder ? { ...placeholder, attr } : node));
  const json = { ...file.json, modelTopology: { ...file.json.modelTopology, node: nodes } };
  return withWholeNumbers({ ...file, nodes, json }, changed);
}
