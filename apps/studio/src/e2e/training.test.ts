/** Trainings in the page, and trainings elsewhere that it follows. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, downloaded, go, launch, load, openTab, type Tab, textOf, withChromium } from "./chromium.ts";
import { type Served, saeno, serveByCommand, startSaeno } from "./served.ts";

/** Machines may be busy. */
const eventually = <Found>(find: () => Found) => expect.poll(find, { timeout: 30_000 });

describe.skipIf(chromiumPath === undefined)(`training in the studio, in Chromium${withChromium}`, () => {
  let folder: string;
  let browser: Browser;
  let served: Served;
  let tab: Tab;
  let page: Page;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "saeno-studio-"));
    const live = ["--data", "shapes:16", "--limit", "64", "--test", "8", "--batch", "8", "--concepts", "8"];
    const training = startSaeno(
      folder,
      ...["train", ...live, "--active", "3", "--steps", "100000", "--checkpoint-every", "20", "--out", "runs/live"],
    );
    stopLive = () => training.kill("SIGKILL");
    browser = await launch();
    await training.said(/train SAE-FNO/);
    served = await serveByCommand(join(folder, "runs"));
    tab = await openTab(browser);
    page = tab.page;
  });
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
    await stopLive?.();
    await rm(folder, { recursive: true, force: true });
  });
  let stopLive: (() => Promise<void>) | undefined;

  const status = () => page.getByRole("region", { name: "The training" }).getByRole("status").first();
  const step = async () => Number(/step (\d+)/.exec(await textOf(page.locator("main")))?.[1] ?? 0);

  test("a training of the command is followed, its model taken anew; killed, it shows as interrupted", async () => {
    await page.goto(served.address);
    await page.getByRole("heading", { name: "On this machine", exact: true }).waitFor();
    await page.getByRole("link", { name: "live" }).press("Enter");
    await page.getByText(/training, step \d+ of 100000/).waitFor();
    const atom = page.getByRole("img", { name: "Atom of concept 0" });
    await atom.waitFor();
    const pixels = () => atom.evaluate((canvas) => canvas instanceof HTMLCanvasElement && canvas.toDataURL());
    const [before, at] = [await pixels(), await step()];
    await page.getByRole("img", { name: "Relative error of each batch" }).waitFor();
    await eventually(step).toBeGreaterThan(at + 20);
    await eventually(pixels).not.toBe(before);
    await stopLive?.();
    await page.getByText(/interrupted at \d+ of 100000/).waitFor();
  });

  test("a hundred steps come to the losses of the command; paused, gone on with, and saved", async () => {
    await load(page, served.address, "#/train");
    const set = async (name: string, value: string) => {
      await page.getByLabel(name, { exact: true }).fill(value);
      await page.keyboard.press("Tab");
    };
    await set("steps", "100");
    await set("limit", "200");
    await set("Name", "in the page");
    const config = await downloaded(page, () => page.getByRole("button", { name: "Save config.json" }).press("Enter"));
    await page.getByRole("button", { name: "Train", exact: true }).press("Enter");
    await page.getByRole("button", { name: "Pause" }).press("Enter");
    await eventually(() => textOf(status())).toMatch(/paused/);
    // The step that was under way ends, and is told; then nothing moves, while a training tells of itself twice a second.
    await eventually(async () => {
      const before = await textOf(status());
      await page.waitForTimeout(1500);
      return (await textOf(status())) === before;
    }).toBe(true);
    await page.getByRole("button", { name: "Go on" }).press("Enter");
    await page.getByRole("img", { name: /^Concept 0 at step/ }).waitFor();
    await page.getByText("SAE-FNO trained, step 100 of 100").waitFor();
    await page.getByRole("heading", { name: "Can I trust it?" }).waitFor();
    const archive = unzipSync(
      await downloaded(page, () => page.getByRole("button", { name: "Save as in-the-page.zip" }).press("Enter")),
    );
    for (const [name, content] of Object.entries(archive)) {
      const file = join(folder, "saved", name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    await writeFile(join(folder, "config.json"), config);
    await saeno(folder, "train", "--config", "config.json", "--out", "by-command");
    const [here, there] = [await losses("saved/in-the-page"), await losses("by-command")];
    expect(here).toHaveLength(100);
    expect(here).toEqual(there);
    // A run folder like any other.
    const known = JSON.parse(await saeno(folder, "concepts", "saved/in-the-page", "--json"));
    expect(known.concepts).toHaveLength(12);
    await page.getByRole("link", { name: "See its concepts" }).press("Enter");
    await page.getByRole("heading", { name: "12 concepts" }).waitFor();
    await page.getByText(/On 100 samples of shapes/).waitFor();
  });

  test("stopped and left, a training is kept as far as it came, and goes on", async () => {
    await go(page, "#/train");
    await page.getByLabel("steps", { exact: true }).fill("400");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await eventually(step).toBeGreaterThan(3);
    await page.getByRole("button", { name: "Stop" }).press("Enter");
    await page.getByText(/SAE-FNO stopped, step \d+ of 400/).waitFor();
    const at = await step();
    await load(page, served.address, "#/open");
    await page.getByRole("link", { name: "mine" }).press("Enter");
    await page.getByText(`interrupted at ${at} of 400`).waitFor();
    await page.getByRole("button", { name: "Go on training" }).press("Enter");
    await eventually(step).toBeGreaterThan(at);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText(/SAE-FNO stopped/).waitFor();
  });

  test("nothing went wrong on the way", () => {
    expect(tab.problems).toEqual([]);
  });

  async function losses(run: string): Promise<number[]> {
    const text = await readFile(join(folder, run, "metrics.jsonl"), "utf8");
    return text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).loss);
  }
});
