/**
 * How fast the studio is in a tab on this machine: training against Node, edits, scrolling, and what the page loads.
 *
 *     pnpm build && node apps/studio/benchmarks/measure.mjs [training] [edit] [gallery] [load]
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const command = fileURLToPath(new URL("../../cli/dist/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "saeno-measure-"));
const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
const saeno = (...args) => execFileSync(process.execPath, [command, ...args], { cwd: folder, stdio: "pipe" });
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** The example of the studio, a hundred steps of it. */
const steps = 100;
const training = {
  data: "shapes:32,perSample=3",
  concepts: "12",
  modes: "12",
  active: "3",
  density: "0.0018",
  lr: "0.04",
  batch: "32",
  limit: "500",
  test: "20",
  steps: String(steps),
};
/** Shapes of 64 x 64 points, 256 concepts; and 4,096 concepts. What they learned does not matter. */
const few = ["--data", "shapes:64", "--limit", "16", "--test", "8", "--batch", "4", "--steps", "2", "--active", "16"];
const many = ["--data", "shapes:32", "--limit", "8", "--test", "4", "--batch", "2", "--steps", "1", "--active", "16"];

saeno("train", ...few, "--concepts", "256", "--out", "runs/edited");
const studio = spawn(process.execPath, [command, "studio", "runs", "--no-open", "--port", "0"], { cwd: folder });
const address = await new Promise((resolve) => {
  studio.stdout.on("data", (text) => /http:\S+/.test(text) && resolve(/http:\S+/.exec(text)[0]));
  studio.stderr.on("data", (text) => /http:\S+/.test(text) && resolve(/http:\S+/.exec(text)[0]));
});
const path = process.env.CHROME_PATH ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath: path, args: ["--no-sandbox"] });
const page = await browser.newPage();
page.setDefaultTimeout(600_000);
console.log(
  `Chromium ${browser.version()}, Node ${process.version}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}`,
);
try {
  if (isWanted("load")) await measureLoad();
  if (isWanted("training")) await measureTraining();
  if (isWanted("edit")) await measureEdits();
  if (isWanted("gallery")) await measureGallery();
} finally {
  await browser.close();
  studio.kill();
  rmSync(folder, { recursive: true, force: true });
}

/** All that comes before the kernels of a backend. */
async function measureLoad() {
  const sizes = new Map();
  const waiting = [];
  const tab = await browser.newPage();
  tab.on("response", (response) => {
    const body = response
      .body()
      .then((content) => sizes.set(new URL(response.url()).pathname, gzipSync(content).length));
    waiting.push(body.catch(() => {}));
  });
  await tab.goto(address);
  await tab
    .getByText(/thread/)
    .first()
    .waitFor();
  await Promise.all(waiting);
  await tab.close();
  const isBackend = (name) => /(simd|relaxed|threaded|webgpu|tfjs-backend)/.test(name);
  const before = [...sizes].filter(([name]) => !isBackend(name));
  const total = (entries) => entries.reduce((sum, [, size]) => sum + size, 0) / 1000;
  console.log(
    `first load, gzipped: ${total(before).toFixed(0)} kB, then ${total([...sizes].filter(([name]) => isBackend(name))).toFixed(0)} kB of the backend`,
  );
  for (const [name, size] of before.toSorted((a, b) => b[1] - a[1]))
    console.log(`  ${(size / 1000).toFixed(1).padStart(7)} kB  ${name}`);
}

/** Steps per second by the median step, in turns. */
async function measureTraining() {
  const rates = { page: [], node: [] };
  for (let turn = 0; turn < 3; turn++) {
    await page.goto("about:blank");
    await page.goto(`${address}#/train`);
    for (const name of ["steps", "limit"]) await page.getByLabel(name, { exact: true }).fill(training[name]);
    await page.getByLabel("Name", { exact: true }).fill(`turn-${turn}`);
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save config.json" }).click(),
    ]);
    writeFileSync(join(folder, "config.json"), readFileSync(await saved.path()));
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page.getByText(`trained, step ${steps} of ${steps}`).waitFor();
    const text = await page.evaluate(async (name) => {
      const runs = await (await navigator.storage.getDirectory()).getDirectoryHandle("runs");
      const run = await runs.getDirectoryHandle(name);
      return (await (await run.getFileHandle("metrics.jsonl")).getFile()).text();
    }, `turn-${turn}`);
    rates.page.push(rateOf(text));
    saeno("--threads", "2", "train", "--config", "config.json", "--backend", "wasm", "--out", `node-${turn}`);
    rates.node.push(rateOf(readFileSync(join(folder, `node-${turn}`, "metrics.jsonl"), "utf8")));
  }
  const ratios = rates.page.map((rate, i) => rate / rates.node[i]);
  const list = (values) => values.map((value) => value.toPrecision(3)).join(", ");
  console.log(
    `steps per second, in the page: ${list(rates.page)}; in Node: ${list(rates.node)}; ratios: ${list(ratios)}, median ${median(ratios).toPrecision(2)}`,
  );
}

function rateOf(metrics) {
  const seconds = metrics
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).seconds);
  return 1 / median(seconds.slice(10).map((second, i) => second - seconds[i + 9]));
}

/** From the moment that a slider is moved until the picture has changed. */
async function measureEdits() {
  await page.goto("about:blank");
  await page.goto(`${address}#/sample?run=runs/edited&sample=1`);
  await page.locator(".active input[type=range]").first().waitFor();
  const edit = (factor) =>
    page.evaluate(
      (to) =>
        new Promise((resolve) => {
          const slider = document.querySelector(".active input[type=range]");
          const caption = document.querySelectorAll(".trio figcaption")[1];
          const begun = performance.now();
          const observer = new MutationObserver(() => {
            if (!/\d ms/.test(caption.textContent)) return;
            observer.disconnect();
            const took = Number(/(\d+) ms/.exec(caption.textContent)[1]);
            requestAnimationFrame(() => resolve({ shown: performance.now() - begun, took }));
          });
          observer.observe(caption, { characterData: true, childList: true, subtree: true });
          slider.value = to;
          slider.dispatchEvent(new Event("input", { bubbles: true }));
        }),
      factor,
    );
  await edit(0.5);
  const found = [];
  for (let i = 0; i < 30; i++) {
    found.push(await edit(0.05 * (i % 2 === 0 ? 21 + i / 2 : 2 + (i - 1) / 2)));
    await page.waitForTimeout(30);
  }
  const shown = found.map((each) => each.shown).toSorted((a, b) => a - b);
  const took = found.map((each) => each.took);
  console.log(
    `an edit of 64 x 64 points and 256 concepts is shown after ${median(shown).toFixed(0)} ms (27 of 30 within ${shown[26].toFixed(0)}), ${median(took)} ms of them in the engine`,
  );
}

/** Frames that are drawn while 4,096 concepts are scrolled through. */
async function measureGallery() {
  saeno("train", ...many, "--concepts", "4096", "--modes", "8", "--out", "runs/many");
  await page.goto("about:blank");
  await page.goto(`${address}#/concepts?run=runs/many&sort=number`);
  await page.getByRole("img", { name: "Atom of concept 0", exact: true }).waitFor();
  await page.locator("main .waiting").waitFor({ state: "detached" });
  await page.waitForTimeout(1000);
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: {
      includedCategories: ["devtools.timeline", "disabled-by-default-devtools.timeline.frame", "benchmark"],
    },
  });
  const [speed, distance] = [2000, 10_000];
  await session.send("Input.synthesizeScrollGesture", {
    x: 600,
    y: 400,
    yDistance: -distance,
    speed,
    gestureSourceType: "mouse",
  });
  await session.send("Tracing.end");
  await complete;
  const seconds = distance / speed;
  const count = (name) => events.filter((event) => event.name === name).length;
  const drawn = events
    .filter((event) => event.name === "DrawFrame")
    .map(({ ts }) => ts / 1000)
    .toSorted((a, b) => a - b);
  const gaps = drawn.slice(1).map((at, i) => at - drawn[i]);
  const span = (drawn.at(-1) - drawn[0]) / 1000;
  console.log(
    `4,096 concepts scrolled at ${speed} pixels a second for ${seconds} s: ${(drawn.length / span).toFixed(0)} frames a second (${drawn.length} drawn, ${count("DroppedFrame")} dropped, the longest wait ${Math.max(...gaps).toFixed(0)} ms)`,
  );
}
