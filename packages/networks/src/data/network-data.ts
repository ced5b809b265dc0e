import { option, parseOptions, positiveInteger, SaenoError } from "@saeno/backend";
import {
  type DataConfig,
  type Dataset,
  type DatasetComponent,
  defineDataset,
  type FileAccess,
  findDataset,
  type OpenDataOptions,
  type OpenedData,
  type OpenedParts,
  openDataset,
  parseDataSource,
  type SampleLike,
} from "@saeno/datasets";
import * as v from "valibot";
import type { Network } from "../network.ts";
import { type NetworkOptions, networkPath, openNetwork } from "../open-network.ts";
import { layouts, ranges } from "../preprocessing.ts";
import { mapsOf } from "./maps-of.ts";

const sizeText = "must be a number of points, or one for each axis such as 512x384";
const numbersText = "must be numbers with a slash between, one for each channel, such as 0.485/0.456/0.406";
const numbers = v.union([v.number(), v.pipe(v.string(), v.regex(/^[\d.e+-]+(\/[\d.e+-]+)*$/i))], numbersText);

const inputSchemas = {
  size: v.optional(
    option(
      v.union([positiveInteger, v.pipe(v.string(), v.regex(/^\d+(x\d+)?$/))], sizeText),
      "size of the network's input images, if not as it declares",
    ),
  ),
  range: v.optional(option(v.picklist(ranges), "values of black and white in the network's input"), "0..1"),
  mean: v.optional(option(numbers, "what to subtract from each channel, in that range: 0.485/0.456/0.406")),
  deviation: v.optional(option(numbers, "what to divide each channel by afterward")),
  inputLayout: v.optional(
    option(
      v.picklist(layouts),
      "where the network has its channels (default: as an ONNX file says, else channels-last)",
    ),
  ),
};

const networkSchema = v.strictObject({
  network: v.pipe(
    v.string("must be text"),
    v.description("a network and one of its layers: NET#LAYER"),
    v.metadata({ path: networkPath }),
  ),
  source: v.pipe(
    v.union([v.string(), v.looseObject({ kind: v.string() })]),
    v.description("the images that it is given: data of any kind, such as images:DIR"),
    v.metadata({ data: true }),
  ),
  ...inputSchemas,
  classes: v.optional(
    v.pipe(
      v.string("must be text"),
      v.description("a file with the names of the network's output channels, such as classes, one on each line"),
      v.metadata({ path: true }),
    ),
  ),
  batch: v.optional(option(positiveInteger, "images that go through the network at a time"), 8),
  cache: v.optional(option(positiveInteger, "MB of computed maps to keep"), 512),
});

type NetworkDataOptions = v.InferOutput<typeof networkSchema>;

/** The data of a network's layer: `network:NET#LAYER,images:DIR`. `register` makes it known. @param files where networks are. */
export function networkData(files: FileAccess): DatasetComponent {
  return defineDataset({
    kind: "network",
    summary: "maps of a layer of a network that is given images: network:NET#LAYER,images:DIR",
    schema: networkSchema,
    shorthand: { option: "network", rest: true, other: "source" },
    // Channels of a network differ in size by orders of magnitude; and a step along a map moves a pre-code by as much as there are channels.
    defaults: { normalization: "channel", learningRate: 0.005 },
    title({ network }) {
      const [place, layer] = String(network).split("#");
      return `${layer} of ${place.replace(/\/model\.json$/, "").replace(/^.*[/:]|\.\w+$/g, "")}`;
    },
    async open(options, context) {
      const { network, layer, images, like } = await openLayer(options, files);
      try {
        const { kind, ...given } = images;
        const component = findDataset(kind);
        // What a model was trained on is maps; images are like what the network takes.
        const { like: _, ...rest } = context;
        const opened = await component.open(parseOptions(component, given, "data"), { ...rest, ...(like && { like }) });
        return await mapParts(network, layer, opened, options);
      } catch (error) {
        network.dispose();
        throw error;
      }
    },
  });
}

export interface NetworkImages {
  readonly network: Network;
  readonly layer: string;
  /** As they are, before the network's preprocessing. */
  readonly images: OpenedData;
  /** What they are, as they were opened. */
  readonly source: DataConfig;
  /** The names of the outputs' channels, if they were declared. */
  readonly classes?: readonly string[];
}

/**
 * The network, the layer and the images that data `network:..` is made from, split in the same way: for questions to the network itself. The caller
 * disposes of the network.
 *
 * @throws SaenoError `data.source` without a layer, and the errors of network and images.
 */
export async function openNetworkImages(
  source: string | DataConfig,
  files: FileAccess,
  { outputs, ...context }: OpenDataOptions & { readonly outputs?: readonly string[] | undefined } = {},
): Promise<NetworkImages> {
  const { options, limit, test } = networkOptions(source);
  const { network, layer, images, like } = await openLayer(options, files, outputs);
  try {
    const parts = { ...(limit === undefined ? {} : { limit }), ...(test === undefined ? {} : { test }) };
    const source = { ...images, ...parts };
    return {
      network,
      layer,
      images: await openDataset(source, { ...context, ...(like && { like }) }),
      source,
      ...(options.classes === undefined ? {} : { classes: await readClasses(files, options.classes) }),
    };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** The network and the layer of such data alone. The caller disposes of the network. @throws SaenoError as `openNetworkImages`. */
export async function openNetworkLayer(
  source: string | DataConfig,
  files: FileAccess,
): Promise<Pick<NetworkImages, "network" | "layer">> {
  const { network, layer } = await openLayer(networkOptions(source).options, files);
  return { network, layer };
}

function networkOptions(source: string | DataConfig) {
  const config: DataConfig = typeof source === "string" ? parseDataSource(source) : source;
  const { kind, limit, test, testData: _, ...given } = config;
  if (kind === "network") return { options: v.parse(networkSchema, given), limit, test };
  const wanted = "Data of a network is wanted, network:NET#LAYER,images:DIR";
  throw new SaenoError("data.source", `${wanted}; got ${kind}.`);
}

/** A network with one of its layers, and which images it is given. */
async function openLayer(options: NetworkDataOptions, files: FileAccess, outputs?: readonly string[]) {
  const at = options.network.lastIndexOf("#");
  if (at < 1) {
    const list = `saeno network info ${options.network}`;
    throw new SaenoError("data.source", `data "network" needs a layer: write NET#LAYER. ${list} lists them.`);
  }
  const network = await openNetwork(options.network.slice(0, at), {
    files,
    ...inputOptions(options),
    ...(outputs === undefined ? {} : { outputs }),
  });
  try {
    const layer = network.layerName(options.network.slice(at + 1));
    const { size, channels } = network.preprocessing;
    const given = parseDataSource(options.source);
    // What a network takes is known: crops of its size, in its colors, as they are.
    const usual = {
      ...(size?.every((points) => points === size[0]) ? { crop: size[0] } : {}),
      color: channels === 3,
      whiten: false,
    };
    const fitting = Object.entries(usual).filter(([name]) => name in findDataset(given.kind).schema.entries);
    // One image is scaled to what the network takes.
    const like: SampleLike | undefined = size && { sampleShape: [...size, channels], data: { kind: "network" } };
    return { network, layer, images: { ...Object.fromEntries(fitting), ...given }, like };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** The names in a file, one on each line. @throws SaenoError `network.classes` for a file without any. */
export async function readClasses(files: FileAccess, path: string): Promise<readonly string[]> {
  const file = await files.open(path);
  try {
    const lines = new TextDecoder().decode(await file.read(0, file.size)).split(/\r?\n/);
    const names = lines.map((line) => line.trim());
    while (names.at(-1) === "") names.pop();
    if (names.length > 0) return names;
    throw new SaenoError("network.classes", `${path} holds no names: write one on each line.`, { kind: "data" });
  } finally {
    await file.close?.();
  }
}

/** What options say about the input of a network. */
export function inputOptions({ size, range, mean, deviation, inputLayout }: InputOptions): NetworkOptions {
  const sizes = size === undefined ? undefined : String(size).split("x").map(Number);
  const list = (given: string | number | undefined) =>
    given === undefined ? undefined : String(given).split("/").map(Number);
  const [means, deviations] = [list(mean), list(deviation)];
  return {
    range,
    ...(inputLayout === undefined ? {} : { layout: inputLayout }),
    ...(sizes === undefined ? {} : { size: sizes.length === 1 ? [sizes[0], sizes[0]] : sizes }),
    ...(means === undefined ? {} : { mean: means }),
    ...(deviations === undefined ? {} : { deviation: deviations }),
  };
}

export type InputOptions = Pick<NetworkDataOptions, "size" | "range" | "mean" | "deviation" | "inputLayout">;

/** The network ends with the last part. */
async function mapParts(
  network: Network,
  layer: string,
  opened: OpenedParts,
  { batch, cache }: NetworkDataOptions,
): Promise<OpenedParts> {
  let open = 0;
  const part = async (images: Dataset): Promise<Dataset> => {
    const maps = await mapsOf(network, layer, images, { batch, cache });
    let isOpen = true;
    open++;
    return {
      ...maps,
      async close() {
        if (!isOpen) return;
        isOpen = false;
        await images.close?.();
        if (--open === 0) network.dispose();
      },
    };
  };
  return "read" in opened ? part(opened) : { train: await part(opened.train), test: await part(opened.test) };
}
