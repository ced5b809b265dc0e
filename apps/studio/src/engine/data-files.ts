/** Files that were chosen on the page, and networks in the storage of the browser, as data and networks are opened from them. */
import { register, SaenoError } from "@saeno/backend";
import { arrayComponents, type FileAccess, pageFiles } from "@saeno/datasets";
import type { RunStore } from "@saeno/experiments";
import { imageCrops } from "./images.ts";

let chosen: readonly File[] = [];
let storage: RunStore | undefined;
let isNetworkKnown = false;

/** How a place in the storage of the browser begins. */
export const savedPrefix = "saved:";

/** Where networks are: among the files that were chosen, in the storage (`saved:networks/NAME`), or at an address. */
export const files: FileAccess = {
  async open(path) {
    if (!path.startsWith(savedPrefix)) return pageFiles(chosen).open(path);
    const place = path.slice(savedPrefix.length);
    // Weights may be in folders of their own below that of the graph.
    const [, folder = "", file = ""] = /^(networks\/[^/]+)\/(.+)$/.exec(place) ?? [];
    const found = await storage?.open(folder, file);
    if (found !== undefined) return found;
    throw new SaenoError("file.missing", `There is no file ${place} in the storage of this browser.`, { kind: "data" });
  },
  async list(path) {
    if (!path.startsWith(savedPrefix)) return pageFiles(chosen).list(path);
    const place = path.slice(savedPrefix.length);
    return /^networks\/[^/]+$/.test(place) ? storage?.names(place) : undefined;
  },
};

/** Takes files that were chosen as those of data from now on. */
export function useFiles(given: readonly File[]): void {
  chosen = given;
  register(...arrayComponents(files), imageCrops(given));
}

export function useStorage(store: RunStore): void {
  storage = store;
}

/** Makes data `network:` known; its code is loaded then. */
export async function useNetworkData(): Promise<void> {
  if (isNetworkKnown) return;
  const { networkData } = await import("@saeno/networks");
  register(networkData(files));
  isNetworkKnown = true;
}
