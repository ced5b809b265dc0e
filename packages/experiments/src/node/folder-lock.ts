/** Who is at work on a folder: a file that only one program can make. */
import { readFileSync } from "node:fs";
import { type FileHandle, link, open, readFile, rename, rm, rmdir, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { isMissing } from "./file-errors.ts";

const name = "lock";

/** Seconds between signs of life, and without one after which the program of another machine is taken to be gone. */
const [beat, patience] = [20, 120];

/** Seconds that a folder is waited for: a program that was told to end may still be writing its checkpoint. */
const grace = 5;

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process started, as the system counts it: process ids come again. */
  readonly started?: string;
  readonly since: string;
}

/**
 * Locks a folder until the function that is returned is called, which removes one that is empty then. The lock of a program that is gone is taken over.
 *
 * @param onHeld makes the error for a folder that another holds: `process 4711 on node7, since ...`.
 */
export async function lockFolder(folder: string, onHeld: (who: string) => Error): Promise<() => Promise<void>> {
  const file = join(folder, name);
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    ...startOf(process.pid),
    since: new Date().toISOString(),
  };
  const deadline = performance.now() + 1000 * grace;
  for (;;) {
    const handle = await open(file, "wx").catch((error) => {
      if (error?.code === "EEXIST") return undefined;
      throw error;
    });
    if (handle !== undefined) return held(file, handle, owner);
    const text = await readFile(file, "utf8").catch(gone);
    if (text === undefined) continue;
    const other = ownerIn(text);
    const isBusy = other !== undefined && (await isAtWork(file, other));
    if (isBusy && (other.pid === process.pid || performance.now() > deadline)) throw onHeld(inWords(other));
    // One without an owner is perhaps being written.
    if (isBusy || (other === undefined && performance.now() < deadline - 1000 * (grace - 1))) await pause(100);
    else await takeAway(file, text);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Who is at work on a folder, in words; `undefined` where nobody is. */
export async function whoIsAt(folder: string): Promise<string | undefined> {
  const file = join(folder, name);
  const text = await readFile(file, "utf8").catch(gone);
  const owner = text === undefined ? undefined : ownerIn(text);
  return owner !== undefined && (await isAtWork(file, owner)) ? inWords(owner) : undefined;
}

function inWords({ pid, host, since }: Owner): string {
  return `process ${pid} on ${host}, since ${since}`;
}

async function held(file: string, handle: FileHandle, owner: Owner): Promise<() => Promise<void>> {
  await handle.writeFile(JSON.stringify(owner));
  await handle.close();
  const timer = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), 1000 * beat);
  timer.unref();
  return async () => {
    clearInterval(timer);
    const text = await readFile(file, "utf8").catch(gone);
    if (text === JSON.stringify(owner)) await rm(file, { force: true });
    await rmdir(dirname(file)).catch(() => {});
  };
}

/** Removes the lock of one that is gone, unless another has just done so and made its own. */
async function takeAway(file: string, text: string): Promise<void> {
  const aside = `${file}.stale-${crypto.randomUUID()}`;
  try {
    await rename(file, aside);
    if ((await readFile(aside, "utf8")) !== text) await link(aside, file).catch(() => {});
  } catch (error) {
    if (!isMissing(error)) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function isAtWork(file: string, { pid, host, started }: Owner): Promise<boolean> {
  if (host === hostname()) return isRunning(pid) && (started === undefined || started === startOf(pid).started);
  const found = await stat(file).catch(gone);
  return found !== undefined && Date.now() - found.mtimeMs < 1000 * patience;
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // There, and somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** When a process started; not known everywhere. */
function startOf(pid: number): { readonly started?: string } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const started = text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
    return started === undefined ? {} : { started };
  } catch {
    return {};
  }
}

function ownerIn(text: string): Owner | undefined {
  try {
    const { pid, host, since, started } = JSON.parse(text);
    if (typeof pid !== "number" || typeof host !== "string") return undefined;
    return { pid, host, since: String(since), ...(typeof started === "string" ? { started } : {}) };
  } catch {
    return undefined;
  }
}

function gone(error: unknown): undefined {
  if (!isMissing(error)) throw error;
  return undefined;
}
