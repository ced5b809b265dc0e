import { Worker } from "node:worker_threads";
import { type ErrorKind, SaenoError } from "@saeno/backend";
import type { ArraySource } from "../arrays/array-source.ts";
import type { Numbers } from "../arrays/numbers.ts";

/** A stored array by where it is. */
export interface StoredArray {
  readonly kind: "hdf5" | "zarr";
  /** A file, a folder, or the address of a Zarr store. */
  readonly path: string;
  /** Its name there. */
  readonly array?: string | undefined;
}

/** What the thread is asked: to open an array, then for boxes of it. It answers in order. */
export type ArrayRequest = StoredArray | { readonly from: readonly number[]; readonly to: readonly number[] };

export type ArrayResponse =
  | { readonly opened: Omit<ArraySource, "read" | "close"> }
  | { readonly numbers: Numbers }
  | {
      readonly error: {
        readonly message: string;
        readonly code?: string | undefined;
        readonly kind?: ErrorKind | undefined;
      };
    };

/** Seconds that a thread may take for one answer. */
const patience = 120;

/**
 * A stored array that is opened and read by a thread of its own. It ends when the array is closed, and keeps no process from ending.
 *
 * @param seconds that one answer may take; default 120.
 * @throws SaenoError as `openHdf5` and `openZarr`; `data.hang` if the thread does not answer, `data.crash` if it ends: the file is damaged.
 */
export async function workerArray(stored: StoredArray, seconds: number = patience): Promise<ArraySource> {
  const thread = startThread(stored.path, seconds);
  try {
    const response = await thread.ask(stored);
    if (!("opened" in response)) throw new Error("the thread did not open the array");
    return {
      ...response.opened,
      async read(from, to) {
        const answer = await thread.ask({ from, to });
        if (!("numbers" in answer)) throw new Error("the thread did not read the array");
        return answer.numbers;
      },
      close: thread.end,
    };
  } catch (error) {
    await thread.end();
    throw error;
  }
}

type Answer = Exclude<ArrayResponse, { readonly error: unknown }>;

function startThread(path: string, seconds: number) {
  // From source, as tests run, the thread is the one that was built.
  const file = import.meta.url.endsWith(".ts") ? "../../dist/node/array-worker.js" : "./node/array-worker.js";
  const worker = new Worker(new URL(file, import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 512 },
    // What libraries print of a damaged file is in the error.
    stdout: true,
    stderr: true,
    execArgv: [],
  });
  worker.unref();
  const waiting: { resolve(answer: Answer): void; reject(error: unknown): void }[] = [];
  let failure: SaenoError | undefined;
  let timer: NodeJS.Timeout | undefined;

  function watch(): void {
    clearTimeout(timer);
    if (waiting.length === 0) {
      worker.unref();
      return;
    }
    worker.ref();
    timer = setTimeout(() => {
      fail(
        "data.hang",
        `did not answer within ${seconds} s, and was ended: the file is damaged, or on a disk that does not answer`,
      );
    }, seconds * 1000);
  }
  function fail(code: string, problem: string, cause?: unknown): void {
    failure ??= new SaenoError(code, `The thread that reads ${path} ${problem}.`, { kind: "data", cause });
    for (const { reject } of waiting.splice(0)) reject(failure);
    watch();
    void worker.terminate();
  }
  worker.on("message", (response: ArrayResponse) => {
    const first = waiting.shift();
    watch();
    if (!("error" in response)) first?.resolve(response);
    else {
      const { code, message, kind } = response.error;
      first?.reject(
        new SaenoError(code ?? "data.crash", code === undefined ? `${path} cannot be read: ${message}.` : message, {
          kind: kind ?? "data",
        }),
      );
    }
  });
  worker.on("error", (error) => {
    fail("data.crash", `ended: ${error.message}; the file is damaged, or does not fit in memory`, error);
  });
  worker.on("exit", () => fail("data.crash", "ended"));
  return {
    ask(request: ArrayRequest): Promise<Answer> {
      if (failure !== undefined) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (waiting.length === 1) watch();
        worker.postMessage(request);
      });
    },
    async end(): Promise<void> {
      failure ??= new SaenoError("data.closed", `${path} is closed.`);
      for (const { reject } of waiting.splice(0)) reject(failure);
      watch();
      await worker.terminate();
    },
  };
}
