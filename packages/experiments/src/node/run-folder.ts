import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, SaenoError } from "@saeno/backend";
import { type RunDraft, type RunStore, runExists } from "../runs/run-store.ts";

/** Run folders in the file system: each is written under a temporary name beside its place, and renamed when it is complete. */
export const folderStore: RunStore = {
  has: async (place) => (await found(place))?.isDirectory() === true,
  async read(place, file) {
    try {
      return await readFile(join(place, file));
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      const problem = `${join(place, file)} cannot be read: ${messageOf(cause)}.`;
      throw new SaenoError("run.file", problem, { kind: "data", cause });
    }
  },
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
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new SaenoError(
      "out.folder",
      `The folder ${path} cannot be made: ${messageOf(cause)}. Name another with --out.`,
      {
        cause,
      },
    );
  }
}

async function createRunFolder(path: string): Promise<RunDraft> {
  const place = resolve(path);
  const refuseExisting = async () => {
    if ((await found(place)) !== undefined) throw runExists(path);
  };
  await refuseExisting();
  const temporary = join(dirname(place), `.${basename(place)}.partial-${process.pid}`);
  try {
    await mkdir(dirname(place), { recursive: true });
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
  } catch (cause) {
    throw new SaenoError("run.folder", `The run folder ${path} cannot be written: ${messageOf(cause)}.`, {
      cause,
    });
  }
  return {
    place,
    async write(name, content) {
      await mkdir(dirname(join(temporary, name)), { recursive: true });
      await writeFile(join(temporary, name), content);
    },
    append: (name, record) => appendFile(join(temporary, name), `${JSON.stringify(record)}\n`),
    async commit() {
      await refuseExisting();
      await rename(temporary, place);
    },
    abandon: () => rm(temporary, { recursive: true, force: true }),
  };
}

function found(path: string) {
  return stat(path).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
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
