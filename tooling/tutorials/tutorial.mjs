/**
 * Runs the tutorials of docs/ as a reader does: in an empty folder, every block of the page in its order. What the commands print is compared with what
 * the page shows: the same lines, and numbers within a tolerance, since machines round differently.
 *
 *   pnpm build && pnpm tutorial [PAGE..] [--tolerance 0.1] [--print]
 *   pnpm tutorial inside-a-network --network models/centernet.json --images photographs
 *
 * In a page, `sh` is run by bash, `js NAME` and `python NAME` are files, and `text` is what the commands before it print, with `..` for what is left out.
 * `--print` shows what they print instead.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments } from "../arguments.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cli = join(root, "apps/cli/dist/main.js");
const number = /-?\d*\.?\d+(?:e[-+]?\d+)?/g;
/** Those that need nothing but what they make. */
const small = ["your-own-images", "pde", "sweeps", "python"];
/** What a reader installs is there already, and a server does not end. */
const notRun = /^(npm|npx|pip|tar|saeno studio)\b/;

const usage = `Usage: pnpm tutorial [PAGE..] [--tolerance 0.1] [--print]
       pnpm tutorial inside-a-network --network MODEL.json --images DIR

Pages: ${small.join(", ")} (these where none is named), inside-a-network. --print shows what the commands print instead of comparing it.`;
const { flags, names } = readArguments(usage, {
  network: { type: "string" },
  images: { type: "string" },
  tolerance: { type: "string", default: "0.1" },
  print: { type: "boolean" },
});
const tolerance = Number(flags.tolerance);
const pages = names.length > 0 ? names : small;
if (pages.includes("inside-a-network") && (flags.network === undefined || flags.images === undefined)) {
  console.error(usage);
  process.exit(2);
}
const python = [process.env.SAENO_PYTHON, "python3", "/usr/bin/python3"].find(
  (name) => name && spawnSync(name, ["-c", "import numpy"]).status === 0,
);
for (const page of pages) {
  const text = readFileSync(join(root, "docs", `${page}.md`), "utf8");
  if (text.includes("\n```python ") && python === undefined) {
    console.log(`${page}: not run, as there is no Python with numpy here. SAENO_PYTHON names one.`);
    continue;
  }
  const since = Date.now();
  const { checked, wrong } = run(text, emptyFolder());
  if (small.includes(page)) wrong.push(...unknownNumbers(text));
  for (const each of wrong) console.log(`  ${each}`);
  const seconds = ((Date.now() - since) / 1000).toFixed(0);
  console.log(`${page}: ${checked} lines agree, ${wrong.length} do not (${seconds} s)`);
  if (wrong.length > 0) process.exitCode = 1;
}

/** With `saeno` and Python in the path, and sharp beside it. */
function emptyFolder() {
  const folder = mkdtempSync(join(tmpdir(), "saeno-tutorial-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const commands = { saeno: `"${process.execPath}" "${cli}"`, ...(python && { python3: `"${python}"` }) };
  mkdirSync(join(folder, "bin"));
  for (const [name, command] of Object.entries(commands))
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  symlinkSync(join(root, "apps/cli/node_modules"), join(folder, "node_modules"));
  if (flags.network !== undefined) {
    mkdirSync(join(folder, "models"));
    for (const end of [".json", ".bin"])
      copyFileSync(flags.network.replace(/\.json$/, end), join(folder, "models", `centernet${end}`));
    symlinkSync(resolve(flags.images), join(folder, "photos"));
  }
  return folder;
}

function run(page, folder) {
  const env = {
    ...process.env,
    PATH: `${join(folder, "bin")}:${process.env.PATH}`,
    PYTHONPATH: join(root, "python/src"),
    PYTHONDONTWRITEBYTECODE: "1",
    SAENO_CACHE: join(folder, "cache"),
    NO_COLOR: "1",
  };
  let printed = [];
  let checked = 0;
  const wrong = [];
  for (const [, kind, file, text] of blocksOf(page)) {
    if (file !== "") writeFileSync(join(folder, file), text);
    else if (kind === "sh") {
      const lines = text.split("\n").filter((line) => !notRun.test(line));
      const { status, stdout, stderr } = spawnSync("bash", ["-ec", lines.join("\n")], { cwd: folder, env });
      if (status !== 0) throw new Error(`${text}\n${stderr}`);
      if (flags.print) console.log(`\n${text}\n${stdout}`);
      printed = stdout.toString().split("\n").map(plain);
    } else if (kind === "text") {
      const lines = text.split("\n").map(plain);
      const shown = lines.filter((line) => line !== "" && line !== ".." && !/^[- ]+$/.test(line));
      const missing = shown.filter((line) => !printed.some((other) => isClose(line, other)));
      checked += shown.length - missing.length;
      wrong.push(...missing.map((line) => `not printed: ${line}`));
    }
  }
  return { checked, wrong };
}

function blocksOf(page) {
  return page.matchAll(/^```(\w+) ?(\S*)\n([\s\S]*?)^```$/gm);
}

/** Fractions in sentences are those of a block, rounded; one of 0.25 may be given as 25%. */
function unknownNumbers(page) {
  const shown = [...blocksOf(page)].filter(([, kind]) => kind === "text").flatMap(([, , , text]) => numbersOf(text));
  const prose = page.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`]*`|\]\([^)]*\)/g, "");
  return [...prose.matchAll(/(?<![\d.])0?\.(\d+)/g)]
    .filter(([text, digits]) => {
      const half = 0.5001 * 10 ** -digits.length;
      return !shown.some((each) => [each, each / 100].some((value) => Math.abs(value - Number(text)) <= half));
    })
    .map(([text]) => `in a sentence, in no block: ${text}`);
}

function plain(line) {
  return line.trim().replace(/\s+/g, " ");
}

function numbersOf(text) {
  return (text.match(number) ?? []).map(Number);
}

/** The same words, and numbers within the tolerance; of a line that ends with `..` its beginning. */
function isClose(shown, found) {
  if (shown.endsWith(" ..")) {
    const words = shown.split(" ").slice(0, -1);
    return isClose(words.join(" "), found.split(" ").slice(0, words.length).join(" "));
  }
  if (shown.replace(number, "#") !== found.replace(number, "#")) return false;
  const other = numbersOf(found);
  return numbersOf(shown).every(
    (value, i) => Math.abs(value - other[i]) <= tolerance * Math.max(Math.abs(value), Math.abs(other[i]), 0.05),
  );
}
