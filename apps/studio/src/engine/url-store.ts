import { SaenoError } from "@saeno/backend";
import { type ByteSource, urlBytes } from "@saeno/datasets";
import type { RunStore } from "@saeno/experiments";
import * as v from "valibot";

/** What a run folder may hold, asked for one by one where it has no `listing.json`. */
const usualNames = [
  "config.json",
  "metrics.jsonl",
  "model.safetensors",
  "summary.json",
  "evaluation.json",
  "concepts.idx",
  "names.json",
];

/** What a server says of a run folder, or whoever put it there. */
export const listingFile = "listing.json";
const listingSchema = v.object({ names: v.array(v.string()) });

/** Run folders on a web server; a place is an address, absolute or as seen from `base`. They can be read only. */
export function urlStore(base: string): RunStore {
  const address = (place: string, file: string) => new URL(`${place}/${file}`, base).href;
  const request = async (place: string, file: string, method = "GET"): Promise<Response | undefined> => {
    const response = await fetch(address(place, file), { method, cache: "no-cache" }).catch((cause) => {
      const problem = `${address(place, file)} cannot be fetched: the server is not there, or does not allow other pages to read it.`;
      throw new SaenoError("file.missing", problem, { kind: "data", cause });
    });
    // A single-page host answers with a page where there is no file.
    const isPage = response.headers.get("Content-Type")?.startsWith("text/html") === true;
    return response.ok && !isPage ? response : undefined;
  };
  const open = async (place: string, file: string): Promise<ByteSource | undefined> =>
    (await request(place, file, "HEAD")) && urlBytes(address(place, file));
  return {
    has: async (place) => (await request(place, "config.json", "HEAD")) !== undefined,
    async read(place, file) {
      const response = await request(place, file);
      return response && new Uint8Array(await response.arrayBuffer());
    },
    open,
    async names(place) {
      const listed = await request(place, listingFile);
      if (listed !== undefined) return v.parse(listingSchema, await listed.json()).names;
      const found = await Promise.all(usualNames.map((name) => request(place, name, "HEAD")));
      return usualNames.filter((_, i) => found[i] !== undefined);
    },
    near: async () => ({ inside: [], beside: [] }),
    async edit(place) {
      throw new SaenoError("run.folder", `${place} is on a server and cannot be changed.`);
    },
    async prepare() {},
  };
}
