import { SaenoError } from "@saeno/backend";
import { type ByteSource, memoryBytes } from "@saeno/datasets";

/** Where run folders are kept: the file system in Node, memory in a page. A place is a path such as `runs/digits`. */
export interface RunStore {
  /** Whether there is a run folder at a place. */
  has(place: string): Promise<boolean>;
  /** A file of a run folder; `undefined` if it has none of that name. */
  read(place: string, file: string): Promise<Uint8Array | undefined>;
  /** The same, to be read in pieces. The caller closes it. */
  open(place: string, file: string): Promise<ByteSource | undefined>;
  /** The names in a run folder, or in a folder of it; nothing if it is not there. */
  names(place: string): Promise<string[]>;
  /** The places of run folders inside of a folder, such as that of a sweep, and beside one that is not there. For messages. */
  near(place: string): Promise<NearbyRuns>;
  /**
   * Where a file is that the data of a run names: a relative path may start at any of some folders, and where the program runs.
   * `undefined` where it is in none. Absent if there are no files.
   */
  find?(path: string, folders: readonly string[]): string | undefined;
  /**
   * Begins or continues a run folder. Until it is closed, nobody else can.
   *
   * @throws SaenoError `run.locked` if another program does, naming it; `run.folder` if it cannot be written.
   */
  edit(place: string): Promise<RunDraft>;
  /** Makes ready a folder of many runs: leftovers of runs that were cut off in older versions are removed. */
  prepare(folder: string): Promise<void>;
}

export interface NearbyRuns {
  /** The place is that of a file. */
  readonly isFile?: boolean;
  readonly inside: readonly string[];
  readonly beside: readonly string[];
}

/** A file of a run folder that can be made of what it has learned. */
export interface RunFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** One of many: it is written without waiting for the disk, and need not survive a crash of the machine. */
  readonly light?: boolean | undefined;
}

/** A run folder that is being written. */
export interface RunDraft {
  readonly place: string;
  /** The folder at which relative paths of the configuration start; absent if there are no files. */
  readonly madeIn?: string;
  /** Writes a file whole or not at all, replacing one that is there; resolves once it would survive a crash, unless it is a light one. */
  write(
    file: string,
    content: string | Uint8Array | AsyncIterable<Uint8Array>,
    options?: Pick<RunFile, "light">,
  ): Promise<void>;
  /** Adds a line to a file of JSON lines, or bytes to any other. */
  append(file: string, record: object | Uint8Array): Promise<void>;
  /** The size of such a file in bytes, once all that was added would outlast a crash. */
  settle(file: string): Promise<number>;
  /** Cuts such a file back to a size. */
  cut(file: string, size: number): Promise<void>;
  /** Removes a file or a folder of it, if it is there. */
  remove(name: string): Promise<void>;
  /** Unlocks the folder, and removes it if it is empty. */
  close(): Promise<void>;
}

/** Run folders in memory, their files by name. */
export interface MemoryStore extends RunStore {
  readonly folders: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;
}

export function memoryStore(): MemoryStore {
  const folders = new Map<string, Map<string, Uint8Array>>();
  const edited = new Set<string>();
  const bytes = (text: string) => new TextEncoder().encode(text);
  function* paths(): Generator<string> {
    for (const [place, files] of folders) for (const file of files.keys()) yield `${place}/${file}`;
  }
  const fileAt = (path: string) => {
    const found = [...folders].find(([place]) => path.startsWith(`${place}/`));
    return found?.[1].get(path.slice(found[0].length + 1));
  };
  return {
    folders,
    has: async (place) => [...paths()].some((path) => path.startsWith(`${place}/`)),
    read: async (place, file) => fileAt(`${place}/${file}`),
    async open(place, file) {
      const found = fileAt(`${place}/${file}`);
      return found && memoryBytes(found, `${place}/${file}`);
    },
    async names(place) {
      const start = `${place}/`;
      const inside = [...paths()].filter((path) => path.startsWith(start));
      return [...new Set(inside.map((path) => path.slice(start.length).split("/")[0] ?? ""))];
    },
    async near(place) {
      const parent = place.slice(0, place.lastIndexOf("/") + 1);
      const starting = (start: string) => [...folders.keys()].filter((each) => each.startsWith(start));
      return { inside: starting(`${place}/`), beside: starting(parent) };
    },
    async edit(place) {
      const locked = edited.has(place);
      if (locked) throw runLocked(place, "this program");
      edited.add(place);
      const files = folders.get(place) ?? new Map<string, Uint8Array>();
      folders.set(place, files);
      const sizeOf = (file: string) => files.get(file)?.length ?? 0;
      return {
        place,
        async write(file, content) {
          files.set(file, typeof content === "string" ? bytes(content) : await joined(content));
        },
        async append(file, record) {
          const added = record instanceof Uint8Array ? record : bytes(`${JSON.stringify(record)}\n`);
          files.set(file, await joined(some(files.get(file) ?? new Uint8Array(), added)));
        },
        settle: async (file) => sizeOf(file),
        async cut(file, size) {
          files.set(file, (files.get(file) ?? new Uint8Array()).slice(0, size));
        },
        async remove(name) {
          for (const file of [...files.keys()]) if (file === name || file.startsWith(`${name}/`)) files.delete(file);
        },
        async close() {
          edited.delete(place);
          if (files.size === 0) folders.delete(place);
        },
      };
    },
    async prepare() {},
  };
}

async function* some(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function joined(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content;
  const pieces: BlobPart[] = [];
  for await (const piece of content) pieces.push(piece.slice());
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** @param why such as ` with other settings (steps)`. */
export function runExists(place: string, why = ""): SaenoError {
  return new SaenoError(
    "run.exists",
    `The run folder ${place} exists already${why}; nothing was changed. Name another with --out, or remove it.`,
  );
}

/** @param who who is at work on it. */
export function runLocked(place: string, who: string): SaenoError {
  const problem = `The folder ${place} is in use by ${who}. Wait until it ends, or stop it.`;
  return new SaenoError("run.locked", problem, { kind: "data" });
}
