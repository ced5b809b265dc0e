/** What the views show, against what the command says of the same runs. */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatNumber, formatShare } from "../parts/numbers.ts";
import { chromiumPath, go, launch, launchWithWebgpu, openTab, type Tab, textOf, withChromium } from "./chromium.ts";
import { dist, type Served, saeno, serveByCommand, serveByHost } from "./served.ts";

/** Machines may be busy. */
const eventually = <Found>(find: () => Found) => expect.poll(find, { timeout: 30_000 });

const shared = fileURLToPath(new URL("../../../../../shared/data", import.meta.url));

/** Of what the command prints as JSON. */
interface Concept {
  readonly concept: number;
  readonly count: number;
  readonly share: number;
  readonly cost: number;
  readonly energy: { readonly mean: number };
  readonly name?: string;
  readonly histogram: { readonly counts: readonly number[] };
  readonly top: readonly { readonly sample: number; readonly energy: number }[];
  readonly coactive: readonly { readonly concept: number; readonly count: number; readonly lift: number }[];
}
interface ConceptList {
  readonly error: number;
  readonly power: number;
  readonly samples: number;
  readonly concepts: readonly Concept[];
}

interface EditedSample {
  readonly relativeError: { readonly reconstruction: number; readonly edited: number };
  readonly concepts: readonly { readonly concept: number }[];
}

const strongestOf = ({ concepts }: EditedSample) => concepts[0]?.concept ?? 0;

let folder: string;
let browser: Browser;

const json = async (...args: readonly string[]) => JSON.parse(await saeno(folder, ...args, "--json"));

describe.skipIf(chromiumPath === undefined)(`the studio in Chromium${withChromium}`, () => {
  let list: ConceptList;
  let first: Concept;
  /** What `saeno edit` says of sample 3, and of it with half of its strongest concept. */
  let sample: EditedSample;
  let halved: EditedSample;
  let stability: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "saeno-studio-"));
    await mkdir(join(folder, "demo"));
    for (const name of ["fno", "cnn"])
      await cp(join(dist, "demo", name), join(folder, "demo", name), { recursive: true });
    let compared: { readonly stability: { readonly weighted: number } };
    [list, sample, compared, browser] = await Promise.all([
      json("concepts", "demo/fno"),
      json("edit", "demo/fno", "--sample", "3"),
      json("compare", "demo/fno", "demo/cnn"),
      launch(),
    ]);
    stability = compared.stability.weighted;
    const [{ concept } = { concept: 0 }] = list.concepts;
    const half = `${strongestOf(sample)}=0.5`;
    [{ concept: first }, halved] = await Promise.all([
      json("concepts", "demo/fno", "--concept", String(concept)),
      json("edit", "demo/fno", "--sample", "3", "--scale", half),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each([
    ["isolated, by saeno studio", "runs", () => serveByCommand(join(folder, "demo")), "allow", /\d+ threads$/],
    ["not isolated, by a host that knows nothing of it", "demo", () => serveByHost(dist), "block", /1 thread \(/],
  ] as const)("%s", (_, runs, serve, serviceWorkers, threads) => {
    let served: Served;
    let tab: Tab;
    const run = `${runs}/fno`;
    beforeAll(async () => {
      served = await serve();
      tab = await openTab(await browser.newContext({ serviceWorkers }));
      await tab.page.goto(served.address);
    });
    afterAll(async () => {
      await tab?.page.context().close();
      await served?.stop();
    });

    test("the example opens; the threads of the backend are told", async () => {
      const { page } = tab;
      await page.getByRole("link", { name: "Look at an example" }).click();
      await page.getByRole("heading", { name: "12 concepts" }).waitFor();
      await page.locator(".backend small").getByText(threads).waitFor();
    });

    test("concepts are those of saeno concepts, in its order, with its costs and shares", async () => {
      const { page } = tab;
      await go(page, `#/concepts?run=${run}`);
      const tiles = page.getByRole("list", { name: "Concepts" }).getByRole("link");
      await tiles.getByText(/cost/).first().waitFor();
      // What costs nothing, or less, comes after all that does.
      const active = list.concepts.filter(({ cost }) => cost > 0);
      expect(active.length).toBeGreaterThan(4);
      const shown = await tiles.allInnerTexts();
      expect(shown).toHaveLength(list.concepts.length);
      expect(shown.slice(0, active.length).map((text) => text.split("\n").map((line) => line.trim()))).toEqual(
        active.map(({ concept, name = "", cost, share }) => [
          `${concept} ${name}`.trim(),
          `cost ${formatShare(cost / list.power)}, in ${formatShare(share)}`,
        ]),
      );
    });

    test("a concept has its facts, its samples and its partners", async () => {
      const { page } = tab;
      await go(page, `#/concept?run=${run}&concept=${first.concept}`);
      await page.getByRole("heading", { name: `Concept ${first.concept}: ${first.name}` }).waitFor();
      const facts = page.getByRole("region", { name: "What is known of it" });
      await facts.waitFor();
      const said = (await textOf(facts)).replaceAll("\n", " ");
      expect(said).toContain(`${formatShare(first.cost / list.error)} of the error`);
      expect(said).toContain(`(${first.count} of ${list.samples})`);
      expect(said).toContain(`mean energy ${formatNumber(first.energy.mean)}`);
      for (const { concept, count, lift } of first.coactive.slice(0, 8))
        expect(said).toMatch(
          new RegExp(`\\b${concept}( \\w[\\w ]*)? in ${count} samples, ${formatNumber(lift)} times`),
        );
      await page.getByRole("img", { name: `Histogram of the energy of concept ${first.concept}` }).waitFor();
      await page.getByRole("img", { name: `Spectrum of concept ${first.concept}` }).waitFor();
      const row = page
        .locator("section")
        .filter({ has: page.getByRole("heading", { name: "Samples with most of it" }) });
      const samples = row.getByRole("link");
      await row.locator("canvas").nth(11).waitFor();
      expect((await samples.allInnerTexts()).map((text) => Number.parseInt(text, 10))).toEqual(
        first.top.slice(0, 12).map(({ sample }) => sample),
      );
    });

    test("a sample has the errors of saeno edit, as it is and edited", async () => {
      const { page } = tab;
      const concept = strongestOf(sample);
      await go(page, `#/sample?run=${run}&sample=3`);
      await page.getByRole("heading", { name: `${sample.concepts.length} concepts are active` }).waitFor();
      expect(await errorShown(page)).toBeCloseTo(sample.relativeError.reconstruction, 2.9);
      await go(page, `#/sample?run=${run}&sample=3&edits=scale.${concept}.0.5`);
      await page.getByText("Reconstruction, edited").waitFor();
      expect(await errorShown(page)).toBeCloseTo(halved.relativeError.edited, 2.9);
      await page.getByRole("slider", { name: `How much of concept ${concept}` }).waitFor();
      expect(await page.getByRole("slider", { name: `How much of concept ${concept}` }).inputValue()).toBe("0.5");
    });

    test("two runs are compared as by saeno compare", async () => {
      const { page } = tab;
      await go(page, `#/compare?run=${run}&beside=${runs}/cnn`);
      await page.getByRole("heading", { name: "Concepts matched one to one" }).waitFor();
      await page.getByText(`Stability ${stability.toFixed(2)}`).waitFor();
      await page.getByRole("img", { name: "Relative error by resolution" }).waitFor();
    });

    test("training has a form of all settings, and says what is wrong with them", async () => {
      const { page } = tab;
      await go(page, "#/train");
      await page.getByRole("textbox", { name: "steps" }).fill("many");
      await page.getByRole("textbox", { name: "steps" }).blur();
      await page.getByRole("alert").getByText(/many/).waitFor();
      expect(await page.getByRole("button", { name: "Train" }).isDisabled()).toBe(true);
    });

    test("nothing went wrong on the way", () => {
      expect(tab.problems).toEqual([]);
    });
  });

  test("a host that sends no headers has threads by the service worker", async () => {
    const served = await serveByHost(dist);
    const { page, problems } = await openTab(browser);
    await page.goto(served.address);
    await page
      .locator(".backend small")
      .getByText(/\d+ threads$/)
      .waitFor();
    expect(problems).toEqual([]);
    await page.close();
    await served.stop();
  });

  test("every backend shows the same (WebGPU on its software driver; without it where there is none)", async () => {
    const served = await serveByCommand(join(folder, "demo"));
    const withWebgpu = await launchWithWebgpu();
    const { page, problems } = await openTab(withWebgpu ?? browser);
    await page.goto(`${served.address}#/sample?run=runs/fno&sample=3`);
    for (const backend of ["cpu", ...(withWebgpu === undefined ? [] : ["webgpu"])]) {
      await page.locator(".backend select:enabled").selectOption(backend);
      await page
        .locator(".backend small")
        .getByText(backend === "cpu" ? /JavaScript|cpu/i : /webgpu|swiftshader/i)
        .waitFor();
      await page.getByRole("heading", { name: `${sample.concepts.length} concepts are active` }).waitFor();
      await eventually(() => errorShown(page)).toBeCloseTo(sample.relativeError.reconstruction, 2.9);
    }
    expect(problems).toEqual([]);
    await page.close();
    await withWebgpu?.close();
    await served.stop();
  });

  const kinds = {
    digits: { data: `mnist:${join(shared, "mnist")}`, points: 28, flags: ["--modes", "6"] },
    photographs: { data: `images:${join(shared, "bsds")}`, points: 24, flags: ["--crop", "24"] },
  };
  test.skipIf(!existsSync(shared))(
    "runs on digits and photographs have their samples from saeno studio (skipped where ../shared is absent)",
    async () => {
      const small = [
        "--concepts",
        "8",
        "--active",
        "3",
        "--limit",
        "64",
        "--test",
        "16",
        "--batch",
        "16",
        "--steps",
        "12",
      ];
      const found = await Promise.all(
        Object.entries(kinds).map(async ([name, { data, flags }]) => {
          await saeno(folder, "train", "--data", data, ...flags, ...small, "--out", `runs/${name}`);
          return json("edit", `runs/${name}`, "--sample", "3");
        }),
      );
      const served = await serveByCommand(join(folder, "runs"));
      const { page, problems } = await openTab(browser);
      await page.goto(served.address);
      for (const [i, [name, { points }]] of Object.entries(kinds).entries()) {
        await go(page, `#/sample?run=runs/${name}&sample=3`);
        await page
          .locator(".where")
          .getByText(points === 28 ? "mnist" : "images")
          .waitFor();
        await page.getByRole("heading", { name: `${found[i].concepts.length} concepts are active` }).waitFor();
        await eventually(() => errorShown(page)).toBeCloseTo(found[i].relativeError.reconstruction, 2.9);
        const input = page.locator(".trio canvas").first();
        expect(await input.evaluate((canvas) => canvas instanceof HTMLCanvasElement && canvas.width)).toBe(points);
        await go(page, `#/concepts?run=runs/${name}`);
        await page.getByText(/On 16 samples of/).waitFor();
      }
      expect(problems).toEqual([]);
      await page.close();
      await served.stop();
    },
  );
});

/** The relative error of the sample that is shown. */
async function errorShown(page: Page): Promise<number> {
  const caption = page.locator("figcaption").filter({ hasText: "relative error" }).first();
  return Number(/relative error ([\d.]+)/.exec(await textOf(caption))?.[1]);
}
