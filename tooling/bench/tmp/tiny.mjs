// Host cost per step on Dawn's null backend: node tiny.mjs NAME
import { readdirSync } from "node:fs";
import { useBackend } from "@saeno/backend";
import { createWebgpuBackend } from "@saeno/backend-webgpu";
import { selectConfigurations } from "../dist/configurations.js";
const d = new URL("../dist/", import.meta.url);
const f = readdirSync(d).find((n) => /^measure-configuration-.*\.js$/.test(n));
const { n: measureConfiguration } = await import(new URL(f, d));
const backend = process.env.BACKEND ?? "webgpu";
const plugin = createWebgpuBackend({});
await plugin.available();
const g = GPUBuffer.prototype.getMappedRange;
GPUBuffer.prototype.getMappedRange = function (...a) { const r = g.apply(this, a); if (process.env.SAENO_DAWN?.includes("null")) new Uint8Array(r).fill(0); return r; };
await useBackend(plugin);
for (const c of selectConfigurations(process.argv[2])) {
const t = await measureConfiguration(c, { least: 5, most: 3000, warmUps: 2, seconds: 3, warmSeconds: 1.5 });
const med = (a) => a.toSorted((x, y) => x - y)[a.length >> 1];
const p = (a) => a.toSorted((x, y) => x - y)[a.length / 10 | 0];
console.log(c.name, "step", med(t.train).toFixed(3), p(t.train).toFixed(3), "infer", med(t.infer).toFixed(3), p(t.infer).toFixed(3), t.train.length, t.infer.length);
}
process.exit(0);
