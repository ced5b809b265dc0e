import { open, stat } from "node:fs/promises";
import { messageOf, SaenoError } from "@saeno/backend";

export interface DownloadOptions {
  readonly url: string;
  /** What has come so far; made when it is not there. */
  readonly partial: string;
  /** Milliseconds to wait for an answer, and then for each further byte. */
  readonly timeout: number;
  readonly fetch: typeof globalThis.fetch;
  /** Bytes; the total is Infinity while it is not known. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Downloads the bytes that are missing at the end of a partial file, or all of them where a server sends the whole file again.
 * Whether they are the right ones is for the caller to check.
 *
 * @returns `unusable` when the server's answer does not fit what has come before, so that only a new start can help.
 * @throws SaenoError `fetch.write` when the partial file cannot be written; other errors for what went wrong on the way, what has come is kept.
 */
export async function download(options: DownloadOptions): Promise<"complete" | "unusable"> {
  const { url, partial, timeout } = options;
  const kept = await bytesOf(partial);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeout);
  try {
    // What a server would pack for the way arrives unpacked, so that its ranges would not be those of the file.
    const headers = { "accept-encoding": "identity", ...(kept > 0 && { range: `bytes=${kept}-` }) };
    const response = await options.fetch(url, { headers, signal: controller.signal });
    if (kept > 0 && response.status === 416) return "complete";
    if (kept > 0 && response.status === 206) {
      if (isEncoded(response) || rangeStart(response) !== kept) return "unusable";
    } else if (response.status !== 200) {
      throw new Error(`the answer is HTTP ${response.status}`);
    }
    await append(response, response.status === 206 ? kept : 0, options, () => timer.refresh());
    return "complete";
  } catch (error) {
    if (controller.signal.aborted) throw new Error(`nothing came for ${timeout / 1000} s`, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

async function append(
  response: Response,
  start: number,
  { partial, onProgress }: DownloadOptions,
  onBytes: () => void,
): Promise<void> {
  const length = isEncoded(response) ? null : response.headers.get("content-length");
  const total = length === null ? Number.POSITIVE_INFINITY : start + Number(length);
  const handle = await writing(partial, () => open(partial, start > 0 ? "a" : "w"));
  let done = start;
  try {
    const reader = response.body?.getReader();
    for (let bytes = await reader?.read(); bytes?.value !== undefined; bytes = await reader?.read()) {
      const { value } = bytes;
      onBytes();
      await writing(partial, () => handle.writeFile(value));
      done += value.length;
      onProgress?.(done, total);
    }
  } catch (error) {
    // Unpacked on the way: how many bytes of the file they stand for is not known.
    if (isEncoded(response)) await writing(partial, () => handle.truncate(0));
    throw error;
  } finally {
    await handle.close();
  }
}

/** What a file operation gives; its failure is not the fault of a mirror. */
export async function writing<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    throw new SaenoError("fetch.write", `${path} cannot be written: ${messageOf(cause)}.`, {
      kind: "data",
      cause,
    });
  }
}

/** Length of a file in bytes, 0 when there is none. */
export async function bytesOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

function isEncoded(response: Response): boolean {
  return (response.headers.get("content-encoding") ?? "identity") !== "identity";
}

function rangeStart(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1]);
}
