/** Somebody who has our packages from a registry and nothing of the workspace. */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const files = fileURLToPath(new URL("project/", import.meta.url));

/** Ends a check that cannot be made here, with the reason. */
export class Skip extends Error {}

export class Stranger {
  folder = mkdtempSync(join(tmpdir(), "saeno-consumers-"));
  #cache = join(this.folder, "npm-cache");
  #projects = 0;

  /** @param registry where packages come from. */
  constructor(registry) {
    this.registry = registry;
    // What was downloaded before may be used again; programs that npx has installed before may not: they have the same version.
    const cache = execFileSync("npm", ["config", "get", "cache"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    mkdirSync(join(cache.trim(), "_cacache"), { recursive: true });
    mkdirSync(this.#cache);
    symlinkSync(join(cache.trim(), "_cacache"), join(this.#cache, "_cacache"), "junction");
  }

  /** An empty folder with a package.json. */
  project(manifest = {}) {
    const folder = join(this.folder, `project-${++this.#projects}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ name: "mine", version: "0.0.0", private: true, type: "module", ...manifest }),
    );
    return folder;
  }

  /** A folder with packages installed, and files of `project/`. */
  async installed(packages, { flags = [], files: wanted = [], manifest } = {}) {
    const folder = this.project(manifest);
    for (const file of wanted) cpSync(join(files, file), join(folder, file.split("/").at(-1)), { recursive: true });
    await this.run("npm", ["install", ...flags, ...packages], folder);
    return folder;
  }

  /** @returns what it printed, on both streams where it is to fail. */
  run(command, args, cwd, { fails = false, env = {} } = {}) {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        cwd,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...this.environment(), ...env },
      });
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (chunk) => (stdout += chunk));
      child.stderr.on("data", (chunk) => (stderr += chunk));
      child.on("error", reject);
      child.on("close", (status) =>
        (status !== 0) === fails
          ? resolve(fails ? stdout + stderr : stdout)
          : reject(new Error(`${command} ${args.join(" ")} ended with ${status}\n${(stdout + stderr).slice(-3000)}`)),
      );
    });
  }

  /** That of this process, without what npm and pnpm tell the programs that they run. */
  environment() {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_|node_path$)/i.test(name));
    const quiet = {
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_cache: this.#cache,
      npm_config_loglevel: "error",
      npm_config_yes: "true",
    };
    return {
      ...Object.fromEntries(inherited),
      ...quiet,
      npm_config_registry: this.registry.address,
      NEXT_TELEMETRY_DISABLED: "1",
    };
  }

  leave() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The first code block of a language in a README. */
export function codeOf(readme, language) {
  const found = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(readFileSync(readme, "utf8"));
  if (found === null) throw new Error(`${readme} has no example in ${language}.`);
  return found[1];
}

export function chromiumPath() {
  const places = [process.env.CHROME_PATH, "/usr/bin/chromium", "/usr/bin/google-chrome"];
  const found = places.find((path) => path && existsSync(path));
  if (found === undefined) throw new Skip("there is no Chromium; name one in CHROME_PATH");
  return found;
}
