import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { messageOf, registerPlugin, SaenoError } from "@saeno/backend";
import { expandHome } from "@saeno/experiments/node";
import { moduleResolve } from "import-meta-resolve";

/** A module whose components the commands know. */
export interface Plugin {
  /** As the user named it. */
  readonly name: string;
  /** Whether a file is of its code. */
  owns(file: string): boolean;
}

/**
 * Loads modules that register components (`register` of `@saeno/backend`). Only what is named on the command line is ever run: config files
 * and run folders hold names, not code.
 *
 * @param names files, or packages that are installed where the command is run or where it is installed itself.
 * @throws SaenoError `cli.plugin` for one that is not there or fails.
 */
export async function loadPlugins(names: readonly string[]): Promise<Plugin[]> {
  // The stack of an error must reach from the plugin to us, to tell whose it is.
  if (names.length > 0) Error.stackTraceLimit = 50;
  const plugins: Plugin[] = [];
  for (const given of names) {
    const name = expandHome(given);
    const url = locate(name);
    try {
      await registerPlugin(name, () => import(url.href));
    } catch (cause) {
      throw pluginError(`The plugin ${name} cannot be loaded: ${messageOf(cause)}`, cause);
    }
    const folder = dirname(realpathSync(fileURLToPath(url)));
    const isPackage = !existsSync(name);
    plugins.push({
      name,
      owns: (file) =>
        isPackage ? file.startsWith(folder + sep) && !isInstalled(file, folder) : dirname(file) === folder,
    });
  }
  return plugins;
}

function locate(name: string): URL {
  const file = resolve(name);
  if (existsSync(file)) {
    if (statSync(file).isDirectory())
      throw pluginError(`The plugin ${name} is a folder: name its module, such as ${join(name, "index.js")}.`);
    if (!/\.[cm]?[jt]s$/.test(name))
      throw pluginError(`The plugin ${name} is not a JavaScript module: its name ends in .js or .mjs.`);
    return pathToFileURL(file);
  }
  if (/^[./~]|\.[cm]?[jt]s$/.test(name))
    throw pluginError(`The plugin ${name} cannot be loaded: there is no file ${file}.`);
  const places = [pathToFileURL(join(process.cwd(), "saeno.js")), new URL(import.meta.url)];
  for (const place of places) {
    try {
      return moduleResolve(name, place, new Set(["node", "import"]));
    } catch {
      // Perhaps it is installed beside this command.
    }
  }
  throw pluginError(
    `The plugin ${name} is neither a file nor a package that is installed here or beside saeno. Install it: npm install ${name}`,
  );
}

function pluginError(message: string, cause?: unknown): SaenoError {
  return new SaenoError("cli.plugin", message, { cause });
}

/** The plugin whose code an error comes from, if it is one's. */
export function pluginOfError(error: unknown, plugins: readonly Plugin[]): Plugin | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const files = [...stack.matchAll(/(?:file:\/\/)?(\/[^\s()]+?):\d+:\d+/g)].map(([, path]) => decodeURI(path));
  return plugins.find(({ owns }) => files.some(owns));
}

/** Whether a file below a folder belongs to a package that is installed there. */
function isInstalled(file: string, folder: string): boolean {
  return file.slice(folder.length).includes(`${sep}node_modules${sep}`);
}
