/** Opens the network that a person names, or that the run names, with the run's layer and images. */
import { type Grid, messageOf, parseJson, SaenoError } from "@saeno/backend";
import type { Dataset } from "@saeno/datasets";
import type { RunConfig, RunStore } from "@saeno/experiments";
import {
  type InputOptions,
  inputOptions,
  type Network,
  type NetworkLayer,
  type NetworkOptions,
  openNetwork,
  openNetworkImages,
} from "@saeno/networks";
import * as v from "valibot";
import { files, savedPrefix } from "./data-files.ts";
import { NetworkSession, type OpenedNetwork } from "./network-session.ts";
import { remoteSamples } from "./remote-samples.ts";
import type { RunSession } from "./run-session.ts";

/** What a person says of a network; the rest is as the run says. */
export interface NetworkChoice {
  /** An address, or a place in the storage of the browser. */
  readonly network?: string;
  readonly layer?: string;
  readonly range?: string;
  /** `320` or `512x384` */
  readonly size?: string;
  /** Of each channel, with a slash between. */
  readonly mean?: string;
  readonly deviation?: string;
  /** Nodes, with a comma between. */
  readonly outputs?: string;
}

/** `network.json` of a server. */
const range = v.picklist(["0..1", "0..255", "-1..1"], "must be 0..1, 0..255 or -1..1");
const servedSchema = v.object({
  network: v.string(),
  layer: v.string(),
  /** What the channels of its outputs are called. */
  classes: v.exactOptional(v.array(v.string())),
  input: v.object({
    range: v.optional(range),
    layout: v.optional(v.picklist(["channels-last", "channels-first"])),
    size: v.optional(v.array(v.number())),
    mean: v.optional(v.array(v.number())),
    deviation: v.optional(v.array(v.number())),
  }),
});
const numbers = v.pipe(
  v.string(),
  v.regex(/^[\d.e+-]+(\/[\d.e+-]+)*$/i, "must be numbers with a slash between, one for each channel"),
);
const chosenSchema = v.object({
  range: v.optional(range),
  size: v.optional(v.pipe(v.string(), v.regex(/^\d+(x\d+)?$/, "must be a number of points, or two such as 512x384"))),
  mean: v.optional(numbers),
  deviation: v.optional(numbers),
});

/** What a run says of its network. */
interface Named {
  readonly network: string | undefined;
  readonly layer: string | undefined;
  readonly input: NetworkOptions;
  readonly classes?: readonly string[];
}

/**
 * @param base what relative addresses of runs start from.
 * @returns nothing where no network is named, or the one that the run names is not here.
 * @throws SaenoError as `openNetwork`; `network.layer` for a layer whose maps the model does not take.
 */
export async function openNetworkFor(
  run: RunSession,
  store: RunStore,
  choice: NetworkChoice,
  base: string,
): Promise<NetworkSession | undefined> {
  const { model, path, config } = run;
  const isServed = (await store.names(path)).includes("network.json");
  const named = isServed ? await servedNetwork(store, path, base) : namedNetwork(config);
  const place = choice.network ?? named.network;
  if (place === undefined) return undefined;
  const source = place.startsWith(savedPrefix) ? await savedNetwork(place) : place;
  if (model.dictionary.domain === "vectors")
    throw new SaenoError(
      "effects.vectors",
      "Only models of functions, SAE-FNO or SAE-CNN, can be viewed in a network; this one takes vectors.",
    );
  const outputs = choice.outputs?.split(",").map((name) => name.trim());
  const open = (names: readonly string[] | undefined) =>
    openNetwork(source, { files, ...defined(named.input), ...given(choice), ...(names && { outputs: names }) });
  const served = isServed ? settled(remoteSamples(store, path, "images")) : undefined;
  const network = await open(outputs).catch((error: unknown) => {
    const isElsewhere = choice.network === undefined && SaenoError.isInstance(error) && error.code === "file.missing";
    if (isElsewhere) return undefined;
    throw error;
  });
  if (network === undefined) return undefined;
  try {
    const images = await (served ?? settled(imagesOf(config, source)));
    const found = typeof images === "string" ? undefined : images?.dataset;
    const size = network.preprocessing.size ?? found?.grid ?? [224, 224];
    const fits = found === undefined || found.grid.join() === size.join();
    const layers = await network.layers(size);
    const rest: Pick<OpenedNetwork, "images" | "withoutImages"> = {
      images: fits ? found : undefined,
      withoutImages:
        typeof images === "string" ? images : fits ? undefined : "The images of the run have another size.",
    };
    return new NetworkSession(
      {
        network,
        classes: named.classes,
        withOutput: (name) => open([name]),
        size,
        ...layerFor(run, network, layers, choice.layer ?? named.layer),
        ...rest,
      },
      model,
    );
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** What comes, or why it does not. */
function settled<Value>(coming: Promise<Value>): Promise<Value | string> {
  return coming.catch((error: unknown) => messageOf(error));
}

/** A network in the storage of the browser: an ONNX file, or else a graph model. */
async function savedNetwork(place: string): Promise<string> {
  const onnx = (await files.list(place))?.find((name) => name.endsWith(".onnx"));
  return onnx === undefined ? `tfjs:${place}` : `onnx:${place}/${onnx}`;
}

async function servedNetwork(store: RunStore, path: string, base: string): Promise<Named> {
  const bytes = await store.read(path, "network.json");
  const { network, layer, input, classes } = v.parse(
    servedSchema,
    parseJson(bytes ?? new Uint8Array(), "network.json"),
  );
  const [, kind = "", relative = network] = /^(onnx:|tfjs:)(.*)$/.exec(network) ?? [];
  return {
    network: `${kind}${new URL(relative, new URL(`${path}/`, base)).href}`,
    layer,
    input: defined(input),
    ...(classes && { classes }),
  };
}

function namedNetwork(config: RunConfig | undefined): Named {
  const { kind, network, ...options } = config?.data ?? { kind: "" };
  const [, source, layer] = (kind === "network" && /^(.*)#(.*)$/.exec(String(network))) || [];
  // They were checked when the configuration was read.
  return {
    network: source,
    layer,
    input: source === undefined ? {} : inputOptions(options as unknown as InputOptions),
  };
}

/** @throws SaenoError `network.preprocessing`. */
function given(choice: NetworkChoice): NetworkOptions {
  const checked = v.safeParse(chosenSchema, choice);
  if (checked.success) return defined(inputOptions(checked.output as InputOptions));
  const [issue] = checked.issues;
  throw new SaenoError("network.preprocessing", `${v.getDotPath(issue)} ${issue.message}.`);
}

/** Without what is not said. */
function defined<Options extends object>(
  options: Options,
): { [Key in keyof Options]: Exclude<Options[Key], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Options]: Exclude<Options[Key], undefined>;
  };
}

/** The images of a run whose network is here, where they are too. */
async function imagesOf(
  config: RunConfig | undefined,
  source: string,
): Promise<{ readonly dataset: Dataset } | undefined> {
  if (config?.data.kind !== "network") return undefined;
  const layer = String(config.data.network).split("#").at(-1);
  const data = { ...config.data, network: `${source}#${layer}` };
  const { network, images } = await openNetworkImages(data, files, { seed: config.seed });
  network.dispose();
  return { dataset: images.test };
}

/** The layer that was named, or the first that has maps as those that the model learned. @throws SaenoError `network.layer`. */
function layerFor(
  { model, trainingGrid }: RunSession,
  network: Network,
  layers: readonly NetworkLayer[],
  name: string | undefined,
): Pick<OpenedNetwork, "layer" | "layers"> {
  const { channels } = model.dictionary;
  const fitting = layers.filter((layer) => layer.channels === channels && layer.grid.every((points) => points > 1));
  const isLike = (grid: Grid) => grid.join() === trainingGrid?.join();
  const usual =
    fitting.find(({ sensible, grid }) => sensible && isLike(grid)) ??
    fitting.find(({ sensible }) => sensible) ??
    fitting[0];
  const full = name === undefined ? undefined : network.layerName(name);
  const wanted = full === undefined ? usual : layers.find((layer) => layer.name === full);
  if (wanted === undefined) {
    const problem =
      full === undefined ? `none of its ${layers.length} layers has` : `it is not known whether ${full} has`;
    throw new SaenoError(
      "network.layer",
      `The model takes maps of ${channels} channels; ${problem} maps of ${channels} channels.`,
      { kind: "data" },
    );
  }
  if (wanted.channels !== channels)
    throw new SaenoError(
      "network.layer",
      `The model takes maps of ${channels} channels; those of ${wanted.name} have ${wanted.channels}.`,
      { kind: "data" },
    );
  return { layer: wanted, layers: fitting.filter((layer) => layer.sensible || layer.name === wanted.name) };
}
