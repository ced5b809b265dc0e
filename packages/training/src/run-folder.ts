import { appendFile, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { SaenoError } from "@saeno/backend";

/** A run folder under way: written under a temporary name beside its place, renamed when complete. */
export interface RunFolder {
  /** Where it will be. */
  readonly path: string;
  /** Where it is now. */
  readonly temporary: string;
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** Adds a line to a file of JSON lines. */
  append(name: string, record: object): Promise<void>;
  /** Puts the folder in its place. */
  commit(): Promise<void>;
  /** Removes everything written. */
  abandon(): Promise<void>;
}

/**
 * Begins a run folder.
 *
 * @throws SaenoError `run.exists` when the place is taken, `run.folder` when it cannot be written.
 */
export async function createRunFolder(path: string): Promise<RunFolder> {
  const place = resolve(path);
  await refuseExisting(place, path);
  const temporary = join(dirname(place), `.${basename(place)}.partial-${process.pid}`);
  try {
    await mkdir(dirname(place), { recursive: true });
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
  } catch (cause) {
    throw new SaenoError("run.folder", `The run folder ${path} cannot be written: ${(cause as Error).message}.`, {
      cause,
    });
  }
  return {
    path: place,
    temporary,
    async write(name, content) {
      await mkdir(dirname(join(temporary, name)), { recursive: true });
      await writeFile(join(temporary, name), content);
    },
    append: (name, record) => appendFile(join(temporary, name), `${JSON.stringify(record)}\n`),
    async commit() {
      await refuseExisting(place, path);
      await rename(temporary, place);
    },
    abandon: () => rm(temporary, { recursive: true, force: true }),
  };
}

async function refuseExisting(place: string, path: string): Promise<void> {
  const exists = await stat(place).then(
    () => true,
    () => false,
  );
  if (exists) {
    throw new SaenoError(
      "run.exists",
      `The run folder ${path} exists already; nothing was changed. Name another with --out, or remove it.`,
    );
  }
}
