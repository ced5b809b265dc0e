import { SaenoError } from "@saeno/backend";

/** Where run folders are kept: the file system in Node, memory in a page. A place is a path such as `runs/digits`. */
export interface RunStore {
  /** Whether there is a run folder at a place. */
  has(place: string): Promise<boolean>;
  /** A file of a run folder; `undefined` where it has none of that name. */
  read(place: string, file: string): Promise<Uint8Array | undefined>;
  /**
   * Begins a run folder, which appears at its place when it is complete.
   *
   * @throws SaenoError `run.exists` when the place is taken, `run.folder` when it cannot be written.
   */
  create(place: string): Promise<RunDraft>;
  /** Makes ready a folder of many runs: those that were cut off before they were complete are removed. */
  prepare(folder: string): Promise<void>;
}

/** A run folder under way. */
export interface RunDraft {
  readonly place: string;
  write(file: string, content: string | Uint8Array): Promise<void>;
  /** Adds a line to a file of JSON lines. */
  append(file: string, record: object): Promise<void>;
  /** Puts the folder in its place. */
  commit(): Promise<void>;
  /** Removes everything written. */
  abandon(): Promise<void>;
}

/** Run folders in memory, their files by name. */
export interface MemoryStore extends RunStore {
  readonly folders: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;
}

export function memoryStore(): MemoryStore {
  const folders = new Map<string, ReadonlyMap<string, Uint8Array>>();
  const refuseExisting = (place: string) => {
    if (folders.has(place)) throw runExists(place);
  };
  return {
    folders,
    has: async (place) => folders.has(place),
    read: async (place, file) => folders.get(place)?.get(file),
    async create(place) {
      refuseExisting(place);
      const files = new Map<string, Uint8Array>();
      const lines = new Map<string, string>();
      const bytes = (text: string) => new TextEncoder().encode(text);
      return {
        place,
        async write(file, content) {
          files.set(file, typeof content === "string" ? bytes(content) : content);
        },
        async append(file, record) {
          lines.set(file, `${lines.get(file) ?? ""}${JSON.stringify(record)}\n`);
        },
        async commit() {
          refuseExisting(place);
          for (const [file, text] of lines) files.set(file, bytes(text));
          folders.set(place, files);
        },
        async abandon() {},
      };
    },
    async prepare() {},
  };
}

export function runExists(place: string): SaenoError {
  return new SaenoError(
    "run.exists",
    `The run folder ${place} exists already; nothing was changed. Name another with --out, or remove it.`,
  );
}
