import { register } from "@saeno/backend";
import { nodeDatasetComponents } from "@saeno/datasets/node";
import { resolveRunConfig, runSettings } from "@saeno/experiments";
register(...nodeDatasetComponents);
const bad = ["", " ", "-1", "0", "1.5", "text", "1e999", "NaN", "1e15", "-0", "null", "[]", "{}", "true", "1,2", "3x4x5x6", "{\"kind\":3}", "0x10", "Infinity","1e300"];
const seen = new Map();
for (const s of runSettings()) {
  for (const v of bad) {
    const name = s.name;
    const base = { data: "flow:16", [name]: s.many ? [v] : v };
    if (s.needs) { for (const m of s.needs.matchAll(/--([\w-]+) ([\w-]+)/g)) base[m[1].replace(/-(\w)/g,(_, l)=>l.toUpperCase())] ??= m[2]; if (/lifting/.test(s.needs)) base.lifting ??= 4; }
    if (s.group === "Activation" || s.goesWith.includes("unrolled")) base.threshold ??= s.name==="threshold"?v: undefined;
    let out;
    try { const c = resolveRunConfig(base); out = "OK"; } catch (e) { out = (e.code ?? ("!!" + e.name)) + " " + e.message; }
    console.log(`${name}\t${JSON.stringify(v)}\t${out}`);
  }
}
