/**
 * Runs the commands of docs/inside-a-network.md, one after another, and compares what they print with what the page shows: the same lines, and numbers
 * within a tolerance, since machines round differently.
 *
 *   pnpm tutorial --network models/centernet.json --images photographs
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: { network: { type: "string" }, images: { type: "string" }, tolerance: { type: "string", default: "0.1" } },
});
if (flags.network === undefined || flags.images === undefined) {
  console.log("Usage: pnpm tutorial --network MODEL.json --images DIR [--tolerance 0.1]");
  process.exit(2);
}
const page = readFileSync(new URL("../../docs/inside-a-network.md", import.meta.url), "utf8");
const cli = fileURLToPath(new URL("../../apps/cli/dist/main.js", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "saeno-tutorial-"));
mkdirSync(join(folder, "models"));
for (const end of [".json", ".bin"]) {
  copyFileSync(flags.network.replace(/\.json$/, end), join(folder, "models", `centernet${end}`));
}
symlinkSync(resolve(flags.images), join(folder, "photos"), "junction");

let printed = [];
let wrong = 0;
let checked = 0;
for (const [, kind, text] of page.matchAll(/^```(sh|text)\n([\s\S]*?)^```$/gm)) run(kind, text);
console.log(`${checked} lines agree, ${wrong} do not; ${folder}`);
process.exit(wrong > 0 ? 1 : 0);

function run(kind, text) {
  if (kind === "text") compare(text.trimEnd().split("\n"));
  if (kind !== "sh") return;
  for (const line of text.replaceAll("\\\n", " ").split("\n")) {
    const [, names, file] = line.match(/^echo "(.*)" \| tr , '\\n' > (\S+)$/) ?? [];
    if (file !== undefined) writeFileSync(join(folder, file), names.replaceAll(",", "\n"));
    if (/^saeno (?!studio)/.test(line)) saeno(line);
  }
}

function saeno(line) {
  console.log(line);
  const words = line.match(/"[^"]*"|\S+/g).slice(1);
  const args = words.map((word) => word.replace(/^"|"$/g, ""));
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args, "--progress", "none"], { cwd: folder });
  if (status !== 0) throw new Error(`${line}\n${stderr}`);
  printed = stdout.toString().split("\n").map(plain);
}

/** Lines that are shown must be among those that were printed, in any order of columns' widths. */
function compare(lines) {
  for (const line of lines.map(plain)) {
    if (line === "" || line === ".." || /^[- ]+$/.test(line)) continue;
    const isThere = printed.some((other) => isClose(line, other));
    checked += isThere ? 1 : 0;
    wrong += isThere ? 0 : 1;
    if (!isThere) console.log(`  not printed: ${line}`);
  }
}

function plain(line) {
  return line.trim().replace(/\s+/g, " ");
}

/** The same words, and numbers within the tolerance. */
function isClose(shown, found) {
  const number = /-?\d*\.?\d+(?:e[-+]?\d+)?/g;
  if (shown.replace(number, "#") !== found.replace(number, "#")) return false;
  const [a, b] = [shown, found].map((text) => (text.match(number) ?? []).map(Number));
  const tolerance = Number(flags.tolerance);
  return a.every((value, i) => Math.abs(value - b[i]) <= tolerance * Math.max(Math.abs(value), Math.abs(b[i]), 0.05));
}
