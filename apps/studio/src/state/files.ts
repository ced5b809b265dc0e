/** Files that a person drops on the page or chooses. */
import { running } from "./studio.ts";

/** A run folder of more bytes than this is not copied into the storage of a browser. */
const mostBytes = 2 ** 31;

/** All files of what was dropped, by their paths; folders are gone through. */
export async function droppedFiles({ items, files }: DataTransfer): Promise<ReadonlyMap<string, File>> {
  const entries = Array.from(items).flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return filesOf(files);
  const found = new Map<string, File>();
  for (const entry of entries) await gather(entry, found);
  return found;
}

export async function filesOf(files: FileList | null): Promise<ReadonlyMap<string, File>> {
  return new Map(Array.from(files ?? [], (file) => [file.webkitRelativePath || file.name, file]));
}

async function gather(entry: FileSystemEntry, found: Map<string, File>): Promise<void> {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.set(path, file);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // It gives some at a time.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) await gather(each, found);
  }
}

/**
 * Puts a run folder, or a model of another library, into the storage of the browser.
 *
 * @returns its place.
 */
export async function saveDropped(files: ReadonlyMap<string, File>): Promise<string> {
  const config = [...files.keys()]
    .filter((path) => /(^|\/)(config|cfg)\.json$/.test(path))
    .sort((a, b) => a.length - b.length)[0];
  if (config === undefined) {
    const names = [...files.keys()].slice(0, 4).join(", ");
    throw new Error(
      files.size === 0
        ? "Nothing was dropped."
        : `There is no config.json among ${names}${files.size > 4 ? ` and ${files.size - 4} more` : ""}: drop the whole folder of a run. Data of your own goes with a run that is open, or with Train.`,
    );
  }
  const folder = config.slice(0, config.lastIndexOf("/") + 1);
  const inside = [...files].filter(
    ([path]) => path.startsWith(folder) && !/(^|\/)(lock|report\.html)$|^checkpoints\//.test(path.slice(folder.length)),
  );
  const bytes = inside.reduce((sum, [, { size }]) => sum + size, 0);
  if (bytes > mostBytes)
    throw new Error(
      `This folder has ${(bytes / 2 ** 30).toFixed(1)} GB, more than a page keeps. Serve it: saeno studio FOLDER`,
    );
  const name = folder.split("/").at(-2) ?? "dropped";
  return (await running()).save(name, new Map(inside.map(([path, file]) => [path.slice(folder.length), file])));
}
