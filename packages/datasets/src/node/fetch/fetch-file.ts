import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { SaenoError } from "@saeno/backend";
import { bytesOf, type DownloadOptions, download, writing } from "./download.ts";

export interface FetchOptions {
  /** Bytes; the total is Infinity while it is not known. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Milliseconds to wait for an answer, and then for each further byte, before the next mirror is asked; default 20000. */
  readonly timeout?: number;
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface FetchFileOptions extends FetchOptions {
  /** Mirrors of the same file, asked one after another. */
  readonly urls: readonly string[];
  /** Of the file, hexadecimal. */
  readonly sha256: string;
  /** Where it goes; its folder is made when it is not there. */
  readonly file: string;
}

export interface VerifiedFetchOptions extends Omit<FetchFileOptions, "sha256"> {
  /** What is wrong with a file, as the end of a sentence about it; nothing if it is right. */
  readonly verify: (path: string) => Promise<string | undefined>;
}

/**
 * Fetches a public file and checks its SHA-256. Bytes go to `FILE.partial`, which a later call, or the next mirror, continues; the file appears under its
 * name once it is whole and right. A file that is already there is checked and left alone.
 *
 * @returns the path of the file.
 * @throws SaenoError `fetch.unreachable` when no mirror has it, with the reason of each; `fetch.checksum` when another file has its name;
 *   `fetch.write` when it cannot be written.
 */
export function fetchFile(options: FetchFileOptions): Promise<string> {
  const expected = options.sha256.toLowerCase();
  return fetchVerified({
    ...options,
    verify: async (path) => {
      const found = await sha256Of(path);
      return found === expected ? undefined : `its SHA-256 is ${found} instead of ${expected}`;
    },
  });
}

/** {@link fetchFile} with another check. */
export async function fetchVerified(options: VerifiedFetchOptions): Promise<string> {
  const { urls, file, verify } = options;
  if (existsSync(file)) {
    const fault = await verify(file);
    if (fault !== undefined) throw anotherFile(file, fault);
    return file;
  }
  await writing(file, () => mkdir(dirname(file), { recursive: true }));
  const reasons: string[] = [];
  for (const url of urls) {
    try {
      await fetchPartial(url, options);
      await writing(file, () => rename(partialOf(file), file));
      return file;
    } catch (error) {
      if (SaenoError.isInstance(error)) throw error;
      reasons.push(`${url}: ${reasonOf(error)}`);
    }
  }
  throw new SaenoError(
    "fetch.unreachable",
    `${file} could not be fetched (${reasons.join("; ")}). Try again with a network that reaches one of them, or put the file there by hand.`,
    { kind: "data" },
  );
}

export function anotherFile(file: string, fault: string): SaenoError {
  return new SaenoError(
    "fetch.checksum",
    `${file} is not the file that would be fetched: ${fault}. It was left as it is; move it away, or name another folder.`,
    { kind: "data" },
  );
}

/** The whole, right file in its partial place. What is left of an earlier try may be what is wrong: then it is fetched anew. */
async function fetchPartial(url: string, options: VerifiedFetchOptions): Promise<void> {
  const { onProgress, timeout = 20_000, fetch = globalThis.fetch, verify } = options;
  const partial = partialOf(options.file);
  const request: DownloadOptions = { url, partial, timeout, fetch, ...(onProgress && { onProgress }) };
  const resumed = (await bytesOf(partial)) > 0;
  const outcome = await download(request);
  const fault = outcome === "complete" ? await verify(partial) : outcome;
  if (fault === undefined) return;
  await writing(partial, () => rm(partial));
  if (!resumed) throw new Error(fault);
  await fetchPartial(url, options);
}

function partialOf(file: string): string {
  return `${file}.partial`;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** `fetch` says only that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined && /^(fetch failed|terminated)$/.test(error.message)) return reasonOf(error.cause);
  // Of several addresses that were tried, Node gives the code alone.
  return error.message || ("code" in error && String(error.code)) || error.name;
}
