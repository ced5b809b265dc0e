import { type Component, componentsOf, defineComponent, SaenoError } from "@saeno/backend";
import { type FileAccess, isUrl, urlBytes } from "@saeno/datasets";
import { strictObject } from "valibot";
import { openGraph } from "./graph/graph-network.ts";
import { modelFiles } from "./graph/model-file.ts";
import type { Network } from "./network.ts";
import type { PreprocessingOptions } from "./preprocessing.ts";

export interface NetworkOptions extends PreprocessingOptions {
  /** Names of the outputs to compute. Default: those that the network names. */
  readonly outputs?: readonly string[];
}

/** A kind of network: `KIND:PLACE` opens one. `register` makes it known. */
export interface NetworkComponent extends Component {
  readonly type: "network";
  open(place: string, options: NetworkOptions & { readonly files: FileAccess }): Network | Promise<Network>;
  /** The files of a network, the one that names the others first; absent where a network does not consist of files. */
  files?(place: string, files: FileAccess): Promise<readonly [string, ...string[]]>;
}

export function defineNetworkKind(
  definition: Pick<NetworkComponent, "kind" | "summary" | "open" | "files">,
): NetworkComponent {
  return defineComponent("network", { ...definition, schema: strictObject({}) });
}

export const networkKinds: readonly NetworkComponent[] = [
  defineNetworkKind({
    kind: "tfjs",
    summary: "a TensorFlow.js graph model: its model.json, its folder, or an address",
    open: (place, { files, ...options }) => openGraph(files, place, options),
    files: (place, files) => modelFiles(files, place),
  }),
  defineNetworkKind({
    kind: "onnx",
    summary: "an ONNX file",
    async open(place, { files, ...options }) {
      const { openOnnx } = await import("./onnx/onnx-network.ts");
      return openOnnx(files, place, options);
    },
    async files(place, files) {
      const { onnxFiles } = await import("./onnx/onnx-file.ts");
      return onnxFiles(files, place);
    },
  }),
];

/** Where only addresses are known. */
const addresses: FileAccess = { open: urlBytes, list: async () => undefined };

/**
 * Opens a network by its place: `tfjs:models/centernet.json`, `onnx:FILE`, a path or address without its kind (those of ONNX files end in `.onnx`), or
 * `KIND:PLACE` for a kind that was registered.
 *
 * @param options.files how to find paths: `nodeFiles` of `@saeno/datasets/node`, `pageFiles(..)` for files that were dropped; by default, addresses only.
 *   @throws SaenoError as the kind says.
 */
export async function openNetwork(
  source: string,
  { files = addresses, ...options }: NetworkOptions & { readonly files?: FileAccess } = {},
): Promise<Network> {
  const { kind = usualKind(source), place } = splitKind(source);
  const [, unknown] = /^([a-z][\w-]+):(?!\/\/)/.exec(place === source ? source : "") ?? [];
  if (unknown !== undefined || (place === "" && networkKinds.includes(kind))) {
    const known = componentsOf("network", networkKinds)
      .map((each) => each.kind)
      .join(", ");
    throw new SaenoError("network.kind", `A network is KIND:PLACE, of a kind of ${known}; got "${source}".`);
  }
  return kind.open(place, { ...options, files });
}

/** The kind of a place that names none; of an address without what it asks for, such as `?download=true`. */
function usualKind(place: string): NetworkComponent {
  const [tfjs, onnx] = networkKinds;
  return /\.onnx$/i.test(isUrl(place) ? place.replace(/[?#].*$/, "") : place) ? onnx : tfjs;
}

/** The kind that a source names, if it does, and what it says of the place. */
function splitKind(source: string): { readonly kind?: NetworkComponent; readonly place: string } {
  const kinds = componentsOf("network", networkKinds);
  const kind = kinds.find((each) => source.split(/[:#]/, 1)[0] === each.kind);
  return kind === undefined ? { place: source } : { kind, place: source.slice(kind.kind.length + 1) };
}

/** The part of a source, up to its end, that is a path: those that are known here are files, and what else is one its kind knows. */
export function networkPath(source: string): string | undefined {
  const { kind, place } = splitKind(source);
  return kind === undefined || networkKinds.includes(kind) ? place : undefined;
}

/**
 * The files of a network, for programs that serve or copy it: its graph first. Paths of the others start with the folder of the graph. Nothing for a
 * network at an address, or of a kind that names none.
 *
 * @throws SaenoError as `openNetwork`.
 */
export async function networkFiles(
  source: string,
  files: FileAccess,
): Promise<readonly [string, ...string[]] | undefined> {
  const { kind = usualKind(source), place } = splitKind(source);
  return isUrl(place) ? undefined : kind.files?.(place, files);
}
