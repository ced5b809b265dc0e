/**
 * Runs a task of the root package.json in a fresh clone, on a machine with nothing but Node and npm: finds or installs pnpm,
 * installs the dependencies where they are missing or out of date, and runs the task.
 *
 *     node tooling/bootstrap.mjs TASK [arguments of the task]
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, utimesSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const onWindows = process.platform === "win32";

const [task, ...taskArguments] = process.argv.slice(2);
if (manifest.scripts[task] === undefined) {
  fail(
    `Name a task of package.json: node tooling/bootstrap.mjs TASK, with TASK one of ${Object.keys(manifest.scripts).join(", ")}.`,
  );
}
checkNode();
const environment = findOrInstallPnpm();
if (needsInstall()) {
  say("Installing the dependencies with pnpm ...");
  const options = ["--frozen-lockfile", "--reporter=append-only", "--config.confirm-modules-purge=false"];
  exitUnlessZero(run("pnpm", ["install", ...options], environment));
  const now = new Date();
  utimesSync(installedMarker(), now, now);
}
exitWith(run("pnpm", ["--silent", "run", task, ...taskArguments], environment));

function checkNode() {
  const needed = manifest.engines.node.replace(">=", "");
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [neededMajor, neededMinor] = needed.split(".").map(Number);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return;
  fail(
    `saeno needs Node ${needed} or later; this is ${process.versions.node}. Get a current one from https://nodejs.org`,
  );
}

/** An environment in which `pnpm` is of the major version that this repository is written for. */
function findOrInstallPnpm() {
  const pinned = manifest.packageManager.split("@")[1];
  const major = pinned.split(".")[0];
  const tools = join(root, ".saeno", "tools");
  const withTools = extendPath(join(tools, "node_modules", ".bin"));

  const present = pnpmVersion(process.env);
  if (present?.split(".")[0] === major) return process.env;
  if (pnpmVersion(withTools) === pinned) return withTools;

  if (present === undefined) {
    say(`pnpm is not installed: installing pnpm ${pinned} with npm install --global ...`);
    const status = runQuietly("npm", ["install", "--global", `pnpm@${pinned}`]);
    if (status === 0 && pnpmVersion(process.env) === pinned) return process.env;
    say("That did not work here (often for lack of permission).");
  } else {
    say(`The pnpm on this machine is ${present}; version ${major} is needed.`);
  }
  say(`Installing pnpm ${pinned} for this folder alone, in .saeno/tools ...`);
  const status = runQuietly("npm", ["install", "--prefix", tools, "--no-save", "--no-package-lock", `pnpm@${pinned}`]);
  if (status !== 0 || pnpmVersion(withTools) !== pinned) {
    fail(`pnpm ${pinned} could not be installed. Install it yourself (https://pnpm.io/installation) and try again.`);
  }
  const script = join(".saeno", "tools", "node_modules", "pnpm", "bin", "pnpm.cjs");
  say(`To call it yourself, write  node ${script}  where instructions say  pnpm`);
  return withTools;
}

/** Asked outside of the repository, where no pnpm replaces itself by the pinned version. */
function pnpmVersion(env) {
  const { status, stdout } = spawnSync("pnpm", ["--version"], {
    cwd: tmpdir(),
    env: { ...env, COREPACK_ENABLE_DOWNLOAD_PROMPT: "0" },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    shell: onWindows,
  });
  return status === 0 ? stdout.trim() : undefined;
}

function needsInstall() {
  const marker = installedMarker();
  return !existsSync(marker) || statSync(join(root, "pnpm-lock.yaml")).mtimeMs > statSync(marker).mtimeMs;
}

function installedMarker() {
  return join(root, "node_modules", ".modules.yaml");
}

function extendPath(folder) {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  return { ...process.env, [name]: folder + delimiter + (process.env[name] ?? "") };
}

function run(command, commandArguments, env) {
  return spawnSync(command, quoted(commandArguments), {
    cwd: root,
    // Any pnpm of the right major version will do: it need not fetch the pinned one.
    env: { ...env, npm_config_manage_package_manager_versions: "false" },
    stdio: "inherit",
    shell: onWindows,
  });
}

/** What npm has to say appears only when it fails. */
function runQuietly(command, commandArguments) {
  const { status, error, stderr } = spawnSync(command, quoted(commandArguments), {
    cwd: tmpdir(),
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
    shell: onWindows,
  });
  if (status !== 0) process.stderr.write(error ? `${error.message}\n` : stderr);
  return status;
}

/** A Windows shell takes one line: arguments with spaces need quotes there. */
function quoted(list) {
  return onWindows ? list.map((each) => (/[\s"]/.test(each) ? `"${each.replaceAll('"', '\\"')}"` : each)) : list;
}

function exitUnlessZero(result) {
  if (result.status !== 0) exitWith(result);
}

function exitWith({ status, signal, error }) {
  if (error) fail(`pnpm could not be started: ${error.message}`);
  process.exit(status ?? 128 + (constants.signals[signal] ?? 0));
}

function say(message) {
  process.stderr.write(`${message}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}
