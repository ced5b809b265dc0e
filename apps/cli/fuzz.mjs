import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cpuBackend, createRandom, register, SaenoError, useBackend } from "@saeno/backend";
import { nodeDatasetComponents } from "@saeno/datasets/node";
import { loadRun, readEvaluation, openDataFor } from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";
import { reportOfRun } from "@saeno/report";
register(...nodeDatasetComponents);
await useBackend(cpuBackend);
const random = createRandom(Number(process.argv[3] ?? 1));
const from = process.argv[2];
const dir = await mkdtemp("/tmp/p/fz-");
const values = [null, 0, -1, 1.5, 1e6, 2e7, 1e9, 1e15, -1e300, "text", "", true, [], {}, [1], [1e9,1e9], { kind: "x" }, [null], "__proto__", {"__proto__": {x: 1}}, [[[[1]]]]];
const pick = (list) => list[random.integer(list.length)];
function mutate(node) { // choose random path
  const paths = [];
  (function walk(n, path) { if (n && typeof n === "object") for (const k of Object.keys(n)) { paths.push([...path, k]); walk(n[k], [...path, k]); } })(node, []);
  const path = pick(paths); let at = node; for (const k of path.slice(0, -1)) at = at[k];
  const last = path.at(-1);
  const kind = random.integer(4);
  if (kind === 0) delete at[last]; else if (kind === 1) at["x" + last] = at[last]; else at[last] = pick(values);
  return path.join(".");
}
const counts = new Map();
const n = Number(process.argv[4] ?? 300);
for (let i = 0; i < n; i++) {
  const run = join(dir, "r"); await rm(run, { recursive: true, force: true }); await cp(from, run, { recursive: true });
  const file = pick(["config.json", "config.json", "config.json", "summary.json", "metrics.jsonl"]);
  let what;
  const text = await readFile(join(run, file), "utf8");
  if (file === "metrics.jsonl") { const lines = text.trim().split("\n").map((l) => JSON.parse(l)); what = mutate(lines); await writeFile(join(run, file), lines.map((l) => JSON.stringify(l)).join("\n")); }
  else { const doc = JSON.parse(text); what = mutate(doc); if (random.integer(3)===0) what += "+" + mutate(doc); await writeFile(join(run, file), JSON.stringify(doc)); }
  const started = performance.now();
  try {
    const summary = await readEvaluation(folderStore, run);
    const loaded = await loadRun(folderStore, run, { data: summary?.data });
    try { if (summary && process.argv[5]) { const source = await openDataFor(loaded.config.model, loaded.config.data, { seed: loaded.config.seed }); await reportOfRun({ ...loaded, source, summary }); } } finally { loaded.model.dispose(); }
    counts.set("ok", (counts.get("ok") ?? 0) + 1);
  } catch (e) {
    const known = SaenoError.isInstance(e);
    if (!known) console.log("RAW", file, what, e.stack.split("\n").slice(0, 4).join(" | "));
    const key = known ? e.code : "raw"; counts.set(key, (counts.get(key) ?? 0) + 1);
    if (known && process.argv[6]) console.log(file, what, "=>", e.message.replaceAll(dir, ""));
  }
  const ms = performance.now() - started; if (ms > 1500) console.log("SLOW", ms, file, what);
}
console.log(Object.fromEntries(counts));
await rm(dir, { recursive: true });
process.exit(0);
