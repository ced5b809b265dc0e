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
const listingSchema = v.object({
  names: v.array(v.string()),
  /** Whether what is found out may be written there. */
  writable: v.optional(v.boolean(), false),
  state: v.exactOptional(v.string()),
  step: v.exactOptional(v.number()),
});
export type Listing = v.InferOutput<typeof listingSchema>;

/** Run folders on a web server, which may say how they are doing. */
export interface UrlStore extends RunStore {
  /** Nothing if the server says nothing. */
  listing(place: string): Promise<Listing | undefined>;
}

/** A place is an address, absolute or as seen from `base`. They can be read only, but for what a server takes. */
export function urlStore(base: string): UrlStore {
  const address = (place: string, file: string) => new URL(`${place}/${file}`, base).href;
  const request = async (place: string, file: string, method = "GET"): Promise<Response | undefined> => {
    const url = new URL(address(place, file));
    const response = await fetch(url, { method, cache: "no-cache" }).catch(async (cause) => {
      // Many hosts let other pages read their files, but not that a file is missing.
      const isElsewhere = url.origin !== new URL(base).origin;
      if (isElsewhere && file !== "config.json" && (await request(place, "config.json", "HEAD"))) return undefined;
      const problem = `${url.href} cannot be fetched: the server is not there, or does not allow other pages to read it.`;
      throw new SaenoError("file.missing", problem, { kind: "data", cause });
    });
    if (response === undefined) return undefined;
    // A single-page host answers with a page where there is no file.
    const isPage = response.headers.get("Content-Type")?.startsWith("text/html") === true;
    if (response.status === 422) {
      const { problem } = await response.json();
      throw new SaenoError("file.missing", String(problem), { kind: "data" });
    }
    return response.ok && !isPage ? response : undefined;
  };
  const listing = async (place: string) => {
    const response = await request(place, listingFile);
    return response && v.parse(listingSchema, await response.json());
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
      const listed = await listing(place);
      if (listed !== undefined) return listed.names;
      const found = await Promise.all(usualNames.map((name) => request(place, name, "HEAD")));
      return usualNames.filter((_, i) => found[i] !== undefined);
    },
    near: async () => ({ inside: [], beside: [] }),
    async edit(place) {
      if (!(await listing(place))?.writable)
        throw new SaenoError("run.folder", `${place} is on a server and cannot be changed.`);
      const refuse = async () => {
        throw new SaenoError(
          "run.folder",
          `Of ${place} only names and the index of concepts can be changed from here.`,
        );
      };
      return {
        place,
        async write(file, content) {
          if (typeof content !== "string" && !(content instanceof Uint8Array)) return refuse();
          const response = await fetch(address(place, file), { method: "PUT", body: content as BodyInit });
          if (!response.ok)
            throw new SaenoError("file.write", `${place}/${file} was not taken by the server.`, { kind: "data" });
        },
        append: refuse,
        settle: refuse,
        cut: refuse,
        remove: refuse,
        async close() {},
      };
    },
    listing,
    async prepare() {},
  };
}
