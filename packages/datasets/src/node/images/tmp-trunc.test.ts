import { readFileSync, writeFileSync, mkdtempSync, readdirSync } from "node:fs";
import { test } from "vitest";
import { SaenoError } from "@saeno/backend";
import { decodeImages } from "./decode-image.ts";
import { findImages } from "./find-images.ts";
import { imageRuns } from "./image-header.ts";
const dir = "/tmp/im/";
const out = mkdtempSync("/tmp/imt-");
async function all(path: string): Promise<number[]> {
  const [image] = (await findImages(path)).images;
  const values: number[] = [];
  for (const run of await imageRuns(image)) for (const { values: v } of await decodeImages(run, run.page, run.pages, { channels: run.isGray ? 1 : 3, background: [255, 255, 255] })) for (const x of v) values.push(x);
  return values;
}
const names = readdirSync(dir).filter((n) => /\.(png|tif|jpg|webp|gif|avif|bmp)$/.test(n) && !/^(o[2-8]|pages2000|f16|f64|int16|hyper|big\b)/.test(n));
test("truncated and flipped", { timeout: 600000 }, async () => {
  for (const name of names) {
    const bytes = readFileSync(dir + name);
    let whole: number[];
    try { whole = await all(dir + name); } catch (e) { console.log(name, "FAILS WHOLE", (e as Error).message); continue; }
    const path = `${out}/${name}`;
    const stats = { same: 0, error: 0, changed: [] as string[], foreign: new Set<string>() };
    for (const [kind, n] of [["cut", 20], ["flip", 30]] as const) for (let i = 0; i < n; i++) {
      let b = Buffer.from(bytes);
      const at = kind === "cut" ? Math.floor((bytes.length * (i + 0.5)) / n) : Math.floor((bytes.length * (i + 0.5)) / n);
      if (kind === "cut") b = b.subarray(0, at); else b[at] ^= 1 << i % 8;
      writeFileSync(path, b);
      try {
        const v = await all(path);
        if (v.length === whole.length && v.every((x, j) => x === whole[j])) stats.same++; else stats.changed.push(`${kind}@${at}/${bytes.length}`);
      } catch (e) { if (SaenoError.isInstance(e)) stats.error++; else stats.foreign.add(String(e)); }
    }
    const cuts = stats.changed.filter((c) => c.startsWith("cut"));
    console.log(name, "same", stats.same, "error", stats.error, "changed", stats.changed.length, "CUT accepted:", cuts.join(" "), [...stats.foreign].join("|"));
  }
});
