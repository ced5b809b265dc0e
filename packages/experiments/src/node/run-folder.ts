import { existsSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, SaenoError } from "@saeno/backend";
import { fileBytes } from "@saeno/datasets/node";
import { type RunDraft, type RunStore, runExists } from "../runs/run-store.ts";
import { findFile } from "./find-file.ts";

/** Run folders in the file system: each is written under a temporary name beside its place, and renamed when it is complete. */
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
  async near(place) {
    const inside = await runFoldersIn(place);
    // A sweep, or a reproduction, has its runs in a folder of their own.
    const deeper = inside.length === 0 ? await runFoldersIn(join(place, "runs")) : [];
    const isFile = (await found(place)) === "file";
    return { inside: [...inside, ...deeper], beside: await runFoldersIn(dirname(place)), isFile };
  },
  find: findFile,
  create: createRunFolder,
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

async function createRunFolder(path: string): Promise<RunDraft> {
  const place = resolve(path);
  const refuseExisting = async () => {
    if ((await found(place)) !== undefined) throw runExists(path);
  };
  /** Whatever the disk does not take is said of the run folder, not of the temporary one. */
  const writing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if (SaenoError.isInstance(cause)) throw cause;
      const { reason, kind } = reasonOf(cause);
      throw new SaenoError("run.folder", `The run folder ${path} cannot be written: ${reason}.`, { kind, cause });
    }
  };
  const temporary = join(dirname(place), `.${basename(place)}.partial-${process.pid}`);
  await writing(async () => {
    await refuseExisting();
    await makeFolders(dirname(place));
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
  });
  return {
    place,
    madeIn: process.cwd(),
    write: (name, content) =>
      writing(async () => {
        await mkdir(dirname(join(temporary, name)), { recursive: true });
        await writeFile(join(temporary, name), content);
      }),
    append: (name, record) => writing(() => appendFile(join(temporary, name), `${JSON.stringify(record)}\n`)),
    commit: () =>
      writing(async () => {
        await refuseExisting();
        await rename(temporary, place);
      }),
    abandon: () => rm(temporary, { recursive: true, force: true }),
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

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}
