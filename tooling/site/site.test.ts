/** The site as it was built (`pnpm docs:build`), from a host that knows nothing of it. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, launch, openTab, withChromium } from "../../apps/studio/src/e2e/chromium.ts";
import { type Served, serveByHost } from "../../apps/studio/src/e2e/served.ts";

const dist = fileURLToPath(new URL(".vitepress/dist", import.meta.url));
const built = existsSync(`${dist}/index.html`);
const pages = [
  "",
  "docs/start.html",
  "docs/pde.html",
  "docs/comparison.html",
  "docs/specification.html",
  "api/@saeno/core.html",
  "api/@saeno/experiments/recipes.html",
];
const skipped = built ? withChromium : " (skipped: build it by pnpm docs:build)";

describe.skipIf(!built || chromiumPath === undefined)(`the site, in Chromium${skipped}`, () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    [served, browser] = await Promise.all([serveByHost(dist), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
  });

  test("axe finds nothing, light or dark, and nothing reaches beyond a narrow window", async () => {
    const { page, problems } = await openTab(browser);
    const found: object[] = [];
    for (const path of pages) {
      await page.goto(`${served.address}${path}`);
      await page.evaluate(axe.source);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        // Colors change by transitions.
        await page.waitForTimeout(600);
        const { violations } = await page.evaluate(async () => window.axe.run());
        for (const { id, nodes } of violations)
          found.push({ path, colorScheme, id, nodes: nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)) });
      }
      await page.setViewportSize({ width: 390, height: 844 });
      await page.waitForTimeout(600);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (beyond > 0) found.push({ path, beyond });
      await page.setViewportSize({ width: 1280, height: 720 });
    }
    expect(found).toEqual([]);
    expect(problems).toEqual([]);
  });

  test("the studio is there, and opens", async () => {
    const { page, problems } = await openTab(browser);
    await page.goto(served.address);
    await page.getByRole("link", { name: "Open the studio" }).click();
    await page.getByRole("heading", { name: "See what a sparse autoencoder has learned" }).waitFor();
    expect(problems).toEqual([]);
  });

  test("the live figure loads nothing before it is asked, then trains and has the same error on every grid", async () => {
    const { page, problems } = await openTab(browser);
    const workers: string[] = [];
    page.on("worker", (worker) => workers.push(worker.url()));
    await page.goto(`${served.address}docs/live.html`);
    await page.getByRole("button", { name: "Train a model in this page" }).waitFor();
    expect(workers).toEqual([]);
    await page.getByRole("button", { name: "Train a model in this page" }).click();
    const errors = page.locator(".live tbody td:last-child");
    await errors.nth(2).waitFor({ timeout: 120_000 });
    const [coarse = Number.NaN, , fine] = (await errors.allInnerTexts()).map(Number);
    expect(coarse).toBeLessThan(0.9);
    expect(fine).toBeLessThan(coarse + 0.1);
    expect(problems).toEqual([]);
  });
});

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}
