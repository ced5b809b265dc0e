import { blobBytes } from "@saeno/datasets";
import { type RunDraft, type RunStore, runLocked } from "./run-store.ts";

/**
 * Run folders in the storage of a browser (the origin private file system), so that a training in a page outlives its tab. A file is whole or not there:
 * the browser writes it aside. Web Locks keep two tabs from working on one run.
 *
 * @param root the folder that holds them, such as `await navigator.storage.getDirectory()`.
 */
export function browserStore(root: FileSystemDirectoryHandle): RunStore {
  const fileAt = async (path: string): Promise<File | undefined> => {
    const folder = await folderAt(root, parentOf(path));
    const handle = await folder?.getFileHandle(nameOf(path)).catch(missing);
    return handle?.getFile();
  };
  const names = async (place: string) => {
    const folder = await folderAt(root, place);
    const found: string[] = [];
    if (folder !== undefined) for await (const name of folder.keys()) found.push(name);
    return found;
  };
  const runsIn = async (place: string) => {
    const found: string[] = [];
    for (const name of await names(place)) {
      const path = place === "" ? name : `${place}/${name}`;
      if ((await fileAt(`${path}/config.json`)) !== undefined) found.push(path);
    }
    return found;
  };
  return {
    // A folder whose files were all removed is none.
    has: async (place) => (await names(place)).length > 0,
    async read(place, file) {
      const found = await fileAt(`${place}/${file}`);
      return found && new Uint8Array(await found.arrayBuffer());
    },
    async open(place, file) {
      const found = await fileAt(`${place}/${file}`);
      return found && blobBytes(found, `${place}/${file}`);
    },
    names,
    near: async (place) => ({ inside: await runsIn(place), beside: await runsIn(parentOf(place)) }),
    edit: (place) => edit(root, place),
    async prepare(folder) {
      await folderAt(root, folder, true);
    },
  };
}

async function edit(root: FileSystemDirectoryHandle, place: string): Promise<RunDraft> {
  const unlock = await lock(place);
  const folder = await folderAt(root, place, true);
  if (folder === undefined) throw new Error(`The browser made no folder ${place}.`);
  /** Lines that are not in their files yet: adding to a file writes all of it. */
  const lines = new Map<string, string>();
  const write = async (
    file: string,
    content: string | Uint8Array | AsyncIterable<Uint8Array>,
    keepExistingData = false,
  ) => {
    const target = await folderAt(folder, parentOf(file), true);
    const handle = await target?.getFileHandle(nameOf(file), { create: true });
    const stream = await handle?.createWritable({ keepExistingData });
    if (stream === undefined || handle === undefined) return 0;
    try {
      if (keepExistingData) await stream.seek((await handle.getFile()).size);
      if (typeof content === "string" || content instanceof Uint8Array)
        await stream.write(content as BufferSource | string);
      else for await (const piece of content) await stream.write(piece as BufferSource);
      await stream.close();
    } catch (error) {
      await stream.abort().catch(() => {});
      throw error;
    }
    return (await handle.getFile()).size;
  };
  const settle = async (file: string) => {
    const more = lines.get(file) ?? "";
    lines.delete(file);
    return write(file, more, true);
  };
  return {
    place,
    write: async (file, content) => void (await write(file, content)),
    async append(file, record) {
      lines.set(file, `${lines.get(file) ?? ""}${JSON.stringify(record)}\n`);
    },
    settle,
    async cut(file, size) {
      lines.delete(file);
      const handle = await folder.getFileHandle(file, { create: true });
      const stream = await handle.createWritable({ keepExistingData: true });
      await stream.truncate(size);
      await stream.close();
    },
    async remove(name) {
      lines.delete(name);
      const parent = await folderAt(folder, parentOf(name));
      await parent?.removeEntry(nameOf(name), { recursive: true }).catch(missing);
    },
    async close() {
      for (const file of [...lines.keys()]) await settle(file);
      unlock();
    },
  };
}

/** @throws SaenoError `run.locked` where another tab has it. */
async function lock(place: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const held = (given: Lock | null) =>
      given === null ? reject(runLocked(place, "another tab")) : new Promise<void>((free) => resolve(free));
    navigator.locks.request(`saeno ${place}`, { ifAvailable: true }, held).catch(reject);
  });
}

async function folderAt(
  root: FileSystemDirectoryHandle,
  path: string,
  create = false,
): Promise<FileSystemDirectoryHandle | undefined> {
  let folder: FileSystemDirectoryHandle | undefined = root;
  for (const name of path.split("/").filter(Boolean)) {
    folder = await folder?.getDirectoryHandle(name, { create }).catch(missing);
  }
  return folder;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function missing(error: unknown): undefined {
  if (error instanceof DOMException && (error.name === "NotFoundError" || error.name === "TypeMismatchError"))
    return undefined;
  throw error;
}
