/** ONNX files in a page, bundled as users bundle theirs. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeCnn } from "@saeno/core";
import { arrayDataset } from "@saeno/datasets";
import { tensor, transpose } from "@tensorflow/tfjs-core";
import { chromium } from "playwright-core";
import { build, preview } from "vite";
import { expect, test } from "vitest";
import type { LookAt } from "../__fixtures__/onnx-page.ts";
import { smallBytes, smallExpected, smallImages, smallOnnx } from "../__fixtures__/small-onnx.ts";
import { conceptEffects } from "../causes/concept-effects.ts";
import { openNetwork } from "../open-network.ts";

const executablePath = [process.env.CHROME_PATH, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path !== undefined && existsSync(path),
);
const skipped = executablePath === undefined ? " (skipped: there is no Chromium; name one in CHROME_PATH)" : "";

test.skipIf(skipped !== "")(`a page sees in an ONNX file what Node sees${skipped}`, async () => {
  const outDir = await mkdtemp(join(tmpdir(), "saeno-onnx-"));
  const root = fileURLToPath(new URL("../__fixtures__", import.meta.url));
  const page = { root, configFile: false, logLevel: "error", publicDir: false } as const;
  await build({
    ...page,
    build: { outDir, emptyOutDir: true, target: "es2022", rolldownOptions: { input: join(root, "onnx-page.html") } },
  });
  const server = await preview({ ...page, build: { outDir }, preview: { port: 0 } });
  const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ["--no-sandbox"] });
  try {
    const tab = await browser.newPage();
    const problems: string[] = [];
    tab.on("pageerror", ({ message }) => problems.push(message));
    tab.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await tab.goto(`${server.resolvedUrls?.local[0]}onnx-page.html`);
    await tab.waitForFunction("typeof lookAt === 'function'");
    const found = await tab.evaluate(
      ([model, pixels]) => (globalThis as unknown as { lookAt: LookAt }).lookAt(model, pixels),
      [Array.from(await smallBytes), Array.from(smallImages(3))] as const,
    );
    expect(problems).toEqual([]);
    expect(found.spliced).toEqual(found.plain);
    const { layer, logits, without } = await smallExpected();
    expectClose(found.map, layer);
    expectClose(found.plain, logits);
    expectClose(found.without, without);

    await useBackend(wasmBackend);
    const network = await openNetwork("small.onnx", { files: smallOnnx(), outputs: ["logits"] });
    const x = transpose(tensor(smallImages(3), [3, 3, 16, 12]), [0, 2, 3, 1]);
    const images = arrayDataset({ name: "images", values: x.dataSync<"float32">(), shape: [3, 16, 12, 3] });
    const model = saeCnn({ channels: 5, concepts: 6, active: 3, kernel: [3, 3], domain: { density: 0.5 }, seed: 2 });
    const { concepts } = await conceptEffects(model, network, "second/conv", images, { batchSize: 2 });
    expectClose(
      found.effects,
      concepts.map(({ change }) => change),
    );
    expect(found.layers).toEqual((await network.layers()).map(({ name }) => name));
    expect(Number.isFinite(found.recovered)).toBe(true);
    network.dispose();
  } finally {
    await browser.close();
    await server.close();
    await rm(outDir, { recursive: true });
  }
});

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(Math.abs(found[i] - value)).toBeLessThan(1e-5);
}
