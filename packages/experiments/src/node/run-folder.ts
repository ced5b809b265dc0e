import { constants, existsSync } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { messageOf, SaenoError } from "@saeno/backend";
import { fileBytes } from "@saeno/datasets/node";
import { type RunDraft, type RunStore, runExists, runLocked } from "../runs/run-store.ts";
import { isMissing } from "./file-errors.ts";
import { findFile } from "./find-file.ts";
import { isRunning, lockFolder } from "./folder-lock.ts";
import { partialMark, writeWhole } from "./write-file.ts";

/** Run folders in the file system, locked while they are worked on; every file of them is whole. */
export const folderStore: RunStore = {
  has: async (place) => (await found(place)) === "folder",
  async read(place, file) {
    try {
      return await readFile(join(place, file));
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      const problem = `${join(place, file)} cannot be read: ${messageOf(cause)}.`;
      throw new SaenoError("run.file", problem, { kind: "data", cause });
    }
  },
  open: async (place, file) =>
    (await found(join(place, file))) === undefined ? undefined : fileBytes(join(place, file)),
  names: namesIn,
  async near(place) {
    const inside = await runFoldersIn(place);
    // A sweep, or a reproduction, has its runs in a folder of their own.
    const deeper = inside.length === 0 ? await runFoldersIn(join(place, "runs")) : [];
    const isFile = (await found(place)) === "file";
    return { inside: [...inside, ...deeper], beside: await runFoldersIn(dirname(place)), isFile };
  },
  find: findFile,
  edit: editRunFolder,
  async prepare(folder) {
    await makeFolder(folder);
    for (const name of await readdir(folder)) {
      const process = /\.partial-(\d+)$/.exec(name)?.[1];
      if (process !== undefined && !isRunning(Number(process))) await rm(join(folder, name), { recursive: true });
    }
  },
};

/**
 * Makes a folder, and those above it, unless it is there.
 *
 * @throws SaenoError `out.folder` where that cannot be.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(resolve(path));
  } catch (cause) {
    const { reason, kind } = reasonOf(cause);
    const problem = `The folder ${path} cannot be made: ${reason}. Name another with --out.`;
    throw new SaenoError("out.folder", problem, { kind, cause });
  }
}

/** As `mkdir -p`. That of Node tries for ever where the system does not let a folder be made, as below /proc. */
async function makeFolders(path: string): Promise<void> {
  if ((await found(path)) === "folder") return;
  const parent = dirname(path);
  if (parent !== path) await makeFolders(parent);
  await mkdir(path).catch(async (cause) => {
    // Another program may have made it meanwhile.
    if ((await found(path)) !== "folder") throw cause;
  });
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause) => {
    if (isMissing(cause)) return [];
    throw new SaenoError("run.folder", `${folder} cannot be read: ${messageOf(cause)}.`, { kind: "data", cause });
  });
  return names.filter((name) => !/^lock(\.|$)/.test(name));
}

/** Of what stands there a link is not followed: in the folder of a stranger it may lead anywhere. */
const appending = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

async function editRunFolder(path: string): Promise<RunDraft> {
  const place = resolve(path);
  /** Whatever the disk does not take is said of the run folder. */
  const writing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (SaenoError.isInstance(error) && error.code !== "file.write") throw error;
      const cause = error instanceof Error && SaenoError.isInstance(error) ? error.cause : error;
      const { reason, kind } = reasonOf(cause);
      throw new SaenoError("run.folder", `The run folder ${path} cannot be written: ${reason}.`, { kind, cause });
    }
  };
  if ((await found(place)) === "file") throw runExists(path, ", and is a file");
  const unlock = await writing(async () => {
    await makeFolders(place);
    const link = await lstat(join(place, "checkpoints")).catch(() => undefined);
    if (link?.isSymbolicLink()) await rm(join(place, "checkpoints"));
    return lockFolder(place, (who) => runLocked(path, who));
  });
  const lines = new Map<string, FileHandle>();
  const linesOf = async (file: string) => {
    const path = join(place, file);
    if (!lines.has(file)) await mkdir(dirname(path), { recursive: true });
    const handle = lines.get(file) ?? (await open(path, appending));
    lines.set(file, handle);
    return handle;
  };
  // Of a program that was killed while it wrote.
  const checkpoints = join(place, "checkpoints");
  for (const folder of [place, ...(await namesIn(checkpoints)).map((name) => join(checkpoints, name))])
    for (const name of await namesIn(folder))
      if (name.includes(partialMark)) await rm(join(folder, name), { force: true });
  return {
    place,
    madeIn: process.cwd(),
    write: (name, content, options) =>
      writing(async () => {
        await mkdir(dirname(join(place, name)), { recursive: true });
        await writeWhole(join(place, name), content, options);
      }),
    append: (name, record) =>
      writing(async () => {
        const added = record instanceof Uint8Array ? record : Buffer.from(`${JSON.stringify(record)}\n`);
        await (await linesOf(name)).write(added);
      }),
    settle: (name) =>
      writing(async () => {
        const handle = await linesOf(name);
        await handle.sync();
        return (await handle.stat()).size;
      }),
    cut: (name, size) => writing(async () => void (await (await linesOf(name)).truncate(size))),
    remove: (name) => writing(() => rm(join(place, name), { recursive: true, force: true })),
    async close() {
      for (const handle of lines.values()) await handle.close();
      await unlock();
    },
  };
}

/** A file on the way to a folder is a slip of the pen, and some systems say that it exists; anything else is the state of the machine. */
function reasonOf(cause: unknown): { readonly reason: string; readonly kind: "usage" | "data" } {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EEXIST" || code === "ENOTDIR") return { reason: "a part of the path is a file", kind: "usage" };
  return { reason: messageOf(cause), kind: "data" };
}

async function found(path: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new SaenoError("run.folder", `${path} cannot be read: ${messageOf(cause)}.`, { kind: "data", cause });
  }
}

async function runFoldersIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const visible = names.filter((name) => !name.startsWith("."));
  return visible.map((name) => join(folder, name)).filter((path) => existsSync(join(path, "config.json")));
}
