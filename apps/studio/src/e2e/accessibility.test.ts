/** Every view, for people who see it in another way: axe, in light and dark, and on a telephone. */
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, go, launch, openTab, withChromium } from "./chromium.ts";
import { dist, type Served, serveByCommand } from "./served.ts";

const both = "run=runs/fno&beside=runs/cnn";
/** A view and what is in it once it is whole. */
const views: readonly (readonly [hash: string, shown: (page: Page) => Promise<unknown>])[] = [
  ["#/open", (page) => page.getByRole("heading", { name: "Open a run of your own" }).waitFor()],
  [`#/concepts?${both}`, (page) => page.getByRole("img", { name: "Atom of concept 4" }).waitFor()],
  [`#/concept?${both}&concept=4`, (page) => page.locator(".pictures canvas").nth(11).waitFor()],
  [
    `#/sample?${both}&sample=3&edits=scale.5.0.5&points=40`,
    async (page) => {
      await page.getByText("Reconstruction of SAE-CNN").or(page.locator(".trio figure").nth(5)).waitFor();
      await page.locator(".active canvas").nth(2).waitFor();
    },
  ],
  [
    "#/network?run=runs/network&edits=scale.3.0&output=where",
    async (page) => {
      await page.getByRole("img", { name: /the difference$/ }).waitFor();
      await page.getByText("The network").click();
      await page.getByLabel("Layer").waitFor();
    },
  ],
  [`#/compare?${both}`, (page) => page.locator(".pairs canvas").first().waitFor()],
  ["#/train", (page) => page.getByRole("button", { name: "Train" }).waitFor()],
];

describe.skipIf(chromiumPath === undefined)(`the studio for everybody, in Chromium${withChromium}`, () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    [served, browser] = await Promise.all([serveByCommand(join(dist, "demo")), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
  });

  test("axe finds nothing in any view, light or dark, and nothing reaches beyond a narrow window", async () => {
    const { page, problems } = await openTab(browser);
    await page.goto(served.address);
    await page.evaluate(axe.source);
    const found: object[] = [];
    for (const [hash, shown] of views) {
      await go(page, hash);
      await shown(page);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const { violations } = await page.evaluate(async () => window.axe.run());
        for (const { id, help, nodes } of violations)
          found.push({ hash, colorScheme, id, help, nodes: nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)) });
      }
      await page.setViewportSize({ width: 390, height: 844 });
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (beyond > 0) found.push({ hash, beyond });
      await page.setViewportSize({ width: 1280, height: 720 });
    }
    expect(found).toEqual([]);
    expect(problems).toEqual([]);
  });
});

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}
