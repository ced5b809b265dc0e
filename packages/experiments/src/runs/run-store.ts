import { SaenoError } from "@saeno/backend";
import { type ByteSource, memoryBytes } from "@saeno/datasets";

/** Where run folders are kept: the file system in Node, memory in a page. A place is a path such as `runs/digits`. */
export interface RunStore {
  /** Whether there is a run folder at a place. */
  has(place: string): Promise<boolean>;
  /** A file of a run folder; `undefined` where it has none of that name. */
  read(place: string, file: string): Promise<Uint8Array | undefined>;
  /** The same, to be read in pieces. The caller closes it. */
  open(place: string, file: string): Promise<ByteSource | undefined>;
  /** The places of run folders inside of a folder, such as that of a sweep, and beside one that is not there. For messages. */
  near(place: string): Promise<NearbyRuns>;
  /**
   * Where a file is that the data of a run names: a relative path may start at any of some folders, and where the program runs.
   * `undefined` where it is in none. Absent where there are no files.
   */
  find?(path: string, folders: readonly string[]): string | undefined;
  /**
   * Begins a run folder, which appears at its place when it is complete.
   *
   * @throws SaenoError `run.exists` when the place is taken, `run.folder` when it cannot be written.
   */
  create(place: string): Promise<RunDraft>;
  /** Makes ready a folder of many runs: those that were cut off before they were complete are removed. */
  prepare(folder: string): Promise<void>;
}

export interface NearbyRuns {
  /** The place is that of a file. */
  readonly isFile?: boolean;
  readonly inside: readonly string[];
  readonly beside: readonly string[];
}

/** A run folder under way. */
export interface RunDraft {
  readonly place: string;
  /** The folder at which relative paths of the configuration start; absent where there are no files. */
  readonly madeIn?: string;
  write(file: string, content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
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
    async open(place, file) {
      const bytes = folders.get(place)?.get(file);
      return bytes && memoryBytes(bytes, `${place}/${file}`);
    },
    async near(place) {
      const parent = place.slice(0, place.lastIndexOf("/") + 1);
      const starting = (start: string) => [...folders.keys()].filter((each) => each.startsWith(start));
      return { inside: starting(`${place}/`), beside: starting(parent) };
    },
    async create(place) {
      refuseExisting(place);
      const files = new Map<string, Uint8Array>();
      const lines = new Map<string, string>();
      const bytes = (text: string) => new TextEncoder().encode(text);
      return {
        place,
        async write(file, content) {
          files.set(file, typeof content === "string" ? bytes(content) : await joined(content));
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

async function joined(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content;
  const pieces: BlobPart[] = [];
  for await (const piece of content) pieces.push(piece.slice());
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

export function runExists(place: string): SaenoError {
  return new SaenoError(
    "run.exists",
    `The run folder ${place} exists already; nothing was changed. Name another with --out, or remove it.`,
  );
}
