/**
 * Uses saeno as a stranger does: from packed packages, installed by npm into empty folders from a registry on this machine.
 *
 *     pnpm build && pnpm consumer [--data mnist:DIR]
 */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packAll, serve } from "./registry.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "saeno-consumer-"));
const dataFlag = process.argv.indexOf("--data");
const data = dataFlag < 0 ? "sparse-functions:28,channels=1" : process.argv[dataFlag + 1];

const checks = {
  "a program trains, evaluates on a finer grid and writes a run folder; the command reports it": program,
  "the same in a worker of a page": worker,
  "a command installed elsewhere takes a plugin that brings its own copies of another patch version": plugin,
  "the command starts without optional packages": bare,
};

const packed = packAll(root, join(folder, "tarballs"), ["0.1.0", "0.1.1"]);
const registry = await serve(packed);
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    console.log(`ok    ${name}${(await check()) ?? ""}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n${error.message}`);
  }
}
registry.stop();
rmSync(folder, { recursive: true });
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function program() {
  const project = await installed("program", ["@saeno/datasets", "@saeno/experiments", "@saeno/backend-wasm", "saeno"]);
  cpSync(join(here, "project", "program.mjs"), join(project, "program.mjs"));
  const out = await run(process.execPath, ["program.mjs", data], project);
  await run("npx", ["saeno", "report", "runs/mine"], project);
  if (!existsSync(join(project, "runs/mine/report.html"))) throw new Error("There is no report.html.");
  return `: ${out.trim()}`;
}

async function worker() {
  const { chromium } = await import("playwright-core");
  const executablePath = [process.env.CHROME_PATH, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
    (path) => path && existsSync(path),
  );
  if (executablePath === undefined) return " (skipped: there is no Chromium; name one in CHROME_PATH)";
  const project = await installed("worker", ["@saeno/experiments", "@saeno/backend-wasm", "esbuild@0.28.2"]);
  for (const file of ["worker.mjs", "page.html"]) cpSync(join(here, "project", file), join(project, file));
  await run(
    "npx",
    ["esbuild", "worker.mjs", "--bundle", "--format=esm", "--outfile=worker.js", "--loader:.wasm=file"],
    project,
  );
  const site = await serveFolder(project);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.goto(`${site.address}page.html`);
    const result = await page.evaluate(() => globalThis.finished);
    if (result.error !== undefined) throw new Error(result.error);
    return `: ${JSON.stringify(result)}`;
  } finally {
    await browser.close();
    site.stop();
  }
}

async function plugin() {
  const command = await installed("command", ["saeno@0.1.0"]);
  const project = await installed("plugin", ["@saeno/activations@0.1.1", "@saeno/backend@0.1.1"]);
  cpSync(join(here, "project", "plugin.mjs"), join(project, "plugin.mjs"));
  const args = ["--data", "sparse-functions:8", "--limit", "64", "--test", "8", "--batch", "8", "--steps", "5"];
  const saeno = join(command, "node_modules/.bin/saeno");
  await run(
    saeno,
    ["--plugin", "./plugin.mjs", "train", ...args, "--activation", "half-wave", "--out", "run"],
    project,
  );
  await run(saeno, ["--plugin", "./plugin.mjs", "eval", "run"], project);
  const missing = await run(saeno, ["eval", "run"], project, { fails: true });
  if (!missing.includes("--plugin")) throw new Error(`eval without the plugin does not say --plugin: ${missing}`);
}

async function bare() {
  const project = await installed("bare", ["saeno"], ["--omit=optional"]);
  return `: ${(await run("npx", ["saeno", "--version"], project)).trim()}`;
}

async function installed(name, packages, flags = []) {
  const project = join(folder, name);
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", `--registry=${registry.address}`, ...quiet, ...flags, ...packages], project);
  return project;
}

/** @returns what it printed, on both streams where it is to fail. */
function run(command, args, cwd, { fails = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.on("error", reject);
    child.on("close", (status) =>
      (status !== 0) === fails
        ? resolve(fails ? stdout + stderr : stdout)
        : reject(new Error(`${command} ${args.join(" ")} ended with ${status}\n${(stdout + stderr).slice(-2000)}`)),
    );
  });
}

/** A folder as a cross-origin isolated site: threads need that. */
async function serveFolder(site) {
  const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
  const server = createServer((request, response) => {
    const file = join(site, new URL(request.url, "http://localhost").pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, {
      "content-type": types[extname(file)] ?? "application/octet-stream",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  return { address: `http://localhost:${server.address().port}/`, stop: () => server.close() };
}
