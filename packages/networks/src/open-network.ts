import { type Component, componentsOf, defineComponent, SaenoError } from "@saeno/backend";
import { type FileAccess, urlBytes } from "@saeno/datasets";
import { strictObject } from "valibot";
import { openGraph } from "./graph/graph-network.ts";
import type { Network } from "./network.ts";
import type { PreprocessingOptions } from "./preprocessing.ts";

export interface NetworkOptions extends PreprocessingOptions {
  /** Names of the outputs that are asked for. Default: those that the network names. */
  readonly outputs?: readonly string[];
}

/** A kind of network: `KIND:PLACE` opens one. `register` makes it known. */
export interface NetworkComponent extends Component {
  readonly type: "network";
  open(place: string, options: NetworkOptions & { readonly files: FileAccess }): Network | Promise<Network>;
}

export function defineNetworkKind(definition: Pick<NetworkComponent, "kind" | "summary" | "open">): NetworkComponent {
  return defineComponent("network", { ...definition, schema: strictObject({}) });
}

export const networkKinds: readonly NetworkComponent[] = [
  defineNetworkKind({
    kind: "tfjs",
    summary: "a graph model of TensorFlow.js: its model.json, the folder of it, or an address",
    open: (place, { files, ...options }) => openGraph(files, place, options),
  }),
];

/** Where only addresses are known. */
const addresses: FileAccess = { open: urlBytes, list: async () => undefined };

/**
 * Opens a network by its place: `tfjs:models/centernet.json`, a path without its kind, or `KIND:PLACE` of a kind that was registered.
 *
 * @param options.files where paths are: `nodeFiles` of `@saeno/datasets/node`, `pageFiles(..)` of files that were dropped; default addresses only.
 * @throws SaenoError as the kind says.
 */
export async function openNetwork(
  source: string,
  { files = addresses, ...options }: NetworkOptions & { readonly files?: FileAccess } = {},
): Promise<Network> {
  const kinds = componentsOf("network", networkKinds);
  const kind = kinds.find((each) => source === each.kind || source.startsWith(`${each.kind}:`));
  const place = kind === undefined ? source : source.slice(kind.kind.length + 1);
  const [, unknown] = /^([a-z][\w-]+):(?!\/\/)/.exec(kind === undefined ? source : "") ?? [];
  if (unknown !== undefined || (kind?.kind === "tfjs" && place === "")) {
    const known = kinds.map((each) => each.kind).join(", ");
    throw new SaenoError("network.kind", `A network is KIND:PLACE, of a kind of ${known}; got "${source}".`);
  }
  const [tfjs] = networkKinds;
  return (kind ?? tfjs).open(place, { ...options, files });
}
