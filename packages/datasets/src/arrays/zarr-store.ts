import { messageOf, SaenoError } from "@saeno/backend";
import { readStream } from "../bytes/read-stream.ts";

/** Part of a file: from an offset, or at its end. */
export type ZarrRange = { readonly offset: number; readonly length: number } | { readonly suffixLength: number };

/** Where the files of a Zarr store are. Keys are paths in it, `temperature/c/0/0`. */
export interface ZarrStore {
  /** A path or an address. */
  readonly name: string;
  /**
   * A file, or part of it; nothing if there is no such file, since a missing chunk counts as fill values. Any other problem is an error.
   *
   * @param most bytes that may come.
   */
  get(key: string, options: { readonly most: number; readonly range?: ZarrRange }): Promise<Uint8Array | undefined>;
  /** The names in a folder; absent if they cannot be listed. */
  list?(folder: string): Promise<readonly string[]>;
  close?(): Promise<void>;
}

/** A Zarr store on a web server. */
export function urlZarrStore(url: string): ZarrStore {
  const root = new URL(url);
  return {
    name: url,
    async get(key, { most, range }) {
      const file = new URL(root);
      const path = key.split("/").map(encodeURIComponent).join("/");
      file.pathname = `${root.pathname.replace(/\/$/, "")}/${path}`;
      const wanted = range === undefined ? {} : { headers: { Range: rangeHeader(range) } };
      const fail = (problem: string, cause?: unknown): never => {
        throw new SaenoError("zarr.fetch", `${file} cannot be fetched: ${problem}.`, { kind: "data", cause });
      };
      const response = await fetch(file, wanted).catch((cause) => fail(messageOf(cause.cause ?? cause), cause));
      if (response.status === 404 || response.status === 410) return undefined;
      if (!response.ok) return fail(`the server says ${response.status} ${response.statusText}`.trim());
      // Servers that do not know of ranges send the whole file.
      const isWhole = range !== undefined && response.status !== 206;
      const bytes = await bodyOf(response, isWhole ? Number.POSITIVE_INFINITY : most).catch((cause) =>
        fail(messageOf(cause), cause),
      );
      const found = isWhole && range !== undefined ? partOf(bytes, range) : bytes;
      if (range === undefined || found.length === lengthOf(range)) return found;
      return fail(`${found.length} bytes came instead of ${lengthOf(range)}`);
    },
  };
}

function rangeHeader(range: ZarrRange): string {
  if ("suffixLength" in range) return `bytes=-${range.suffixLength}`;
  return `bytes=${range.offset}-${range.offset + range.length - 1}`;
}

function lengthOf(range: ZarrRange): number {
  return "suffixLength" in range ? range.suffixLength : range.length;
}

function partOf(bytes: Uint8Array, range: ZarrRange): Uint8Array {
  const from = "suffixLength" in range ? Math.max(0, bytes.length - range.suffixLength) : range.offset;
  return bytes.slice(from, from + lengthOf(range));
}

async function bodyOf(response: Response, most: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0);
  return readStream(response.body, most, () => new Error(`it has more than the ${most} bytes that it can have`));
}
