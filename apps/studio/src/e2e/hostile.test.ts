/** Files of strangers, damaged, huge or made to do harm: an error that says what is wrong, and nothing else happens. */
import { cp, mkdir, mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, downloaded, go, launch, openTab, type Tab, textOf, withChromium } from "./chromium.ts";
import { dist, type Served, serveByCommand } from "./served.ts";

/** Runs if anything of a file is taken for markup. */
const markup = '<img src=x onerror="window.harmed = true"><script>window.harmed = true</script>';

describe.skipIf(chromiumPath === undefined)(`hostile files in the studio, in Chromium${withChromium}`, () => {
  let folder: string;
  let browser: Browser;
  let served: Served;
  let tab: Tab;
  let page: Page;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "saeno-studio-"));
    await mkdir(join(folder, "runs"));
    await copy("sound");
    [served, browser] = await Promise.all([serveByCommand(join(folder, "runs")), launch()]);
    tab = await openTab(browser);
    page = tab.page;
    await page.goto(served.address);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const fileOf = (run: string, file: string) => join(folder, "runs", run, file);
  /** A sound run to damage. */
  async function copy(run: string): Promise<void> {
    await cp(join(dist, "demo/fno"), join(folder, "runs", run), { recursive: true });
    await rm(fileOf(run, "listing.json"));
  }
  const edited = async (run: string, file: string, edit: (value: Record<string, unknown>) => unknown) =>
    writeFile(fileOf(run, file), JSON.stringify(edit(JSON.parse(await readFile(fileOf(run, file), "utf8")))));

  /** A run of the server, and the same one dropped on the page. */
  async function problems(run: string): Promise<string[]> {
    const said: string[] = [];
    await go(page, `#/concepts?run=runs/${encodeURIComponent(run)}`);
    said.push(await textOf(page.getByRole("alert").first()));
    await go(page, "#/open");
    await page.locator("input[webkitdirectory]").setInputFiles(join(folder, "runs", run));
    said.push(await textOf(page.getByRole("alert").first()));
    return said;
  }

  afterEach(async () => {
    expect(await page.evaluate(() => "harmed" in window)).toBe(false);
    expect(tab.problems.filter((text) => /security|policy|CSP|Uncaught/i.test(text))).toEqual([]);
    // The page still works.
    await go(page, "#/concepts?run=runs/sound");
    await page.getByRole("heading", { name: "12 concepts" }).waitFor();
    await page.getByRole("img", { name: "Atom of concept 4" }).waitFor();
  });

  const damages: readonly (readonly [what: string, damage: (run: string) => Promise<unknown>, says: RegExp])[] = [
    ["weights that end too early", (run) => truncate(fileOf(run, "model.safetensors"), 4000), /model\.safetensors/],
    [
      "weights whose header is said to be a terabyte",
      async (run) => {
        const file = await open(fileOf(run, "model.safetensors"), "r+");
        await file.write(Buffer.from([0, 0, 0, 0, 0, 1, 0, 0]), 0, 8, 0);
        await file.close();
      },
      /model\.safetensors/,
    ],
    [
      "a configuration of random bytes",
      (run) => writeFile(fileOf(run, "config.json"), Buffer.from([0x93, 0x00, 0xff, 0x7b, 0x22, 0x0a, 0xc3])),
      /config\.json/,
    ],
    ["a configuration that is empty", (run) => writeFile(fileOf(run, "config.json"), ""), /config\.json/],
    ["a configuration of something else", (run) => writeFile(fileOf(run, "config.json"), "[1, 2]"), /config\.json/],
    [
      "a configuration that asks for two billion concepts",
      (run) =>
        edited(run, "config.json", (config) =>
          JSON.parse(JSON.stringify(config).replaceAll(/"concepts":12\b/g, '"concepts":2000000000')),
        ),
      /concepts|2000000000|2,000,000,000/,
    ],
    ["no weights", (run) => rm(fileOf(run, "model.safetensors")), /model/],
  ];
  test.each(damages)("%s", async (what, damage, says) => {
    const run = what.replaceAll(" ", "-");
    await copy(run);
    await damage(run);
    for (const said of await problems(run)) expect(said).toMatch(says);
  });

  test("a folder of more bytes than a page keeps", async () => {
    await copy("huge");
    await truncate(fileOf("huge", "model.safetensors"), 3 * 2 ** 30);
    await go(page, "#/open");
    await page.locator("input[webkitdirectory]").setInputFiles(join(folder, "runs/huge"));
    expect(await textOf(page.getByRole("alert"))).toMatch(/3\.0 GB, more than a page keeps/);
  });

  test("names of concepts, of the run and of its data that are markup stay text", async () => {
    const run = "<img src=x onerror=window.harmed=true>";
    await copy(run);
    await writeFile(fileOf(run, "names.json"), JSON.stringify({ 4: markup, 5: "long".repeat(2500) }));
    await edited(run, "config.json", (config) => ({ ...config, saeno: markup }));
    await edited(run, "summary.json", (summary) => ({ ...summary, model: markup, name: markup }));
    const sound = await readFile(fileOf(run, "model.safetensors"));
    const size = Number(sound.readBigUInt64LE());
    const header = JSON.parse(sound.subarray(8, 8 + size).toString());
    const text = JSON.stringify({ ...header, __metadata__: { ...header.__metadata__, title: markup } });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
    await writeFile(
      fileOf(run, "model.safetensors"),
      Buffer.concat([length, Buffer.from(text), sound.subarray(8 + size)]),
    );
    for (const view of ["open", "concepts", "concept", "sample", "compare"]) {
      const query = `run=runs/${encodeURIComponent(run)}&beside=runs/sound&concept=${view === "concept" ? 5 : 4}&sample=3`;
      await go(page, `#/${view}?${query}`);
      await page.locator("main h1").first().waitFor();
      await page.locator("canvas, .runs").first().waitFor();
      expect(await page.locator("main img, main script").count()).toBe(0);
      expect([view, await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)]).toEqual([view, 0]);
    }
    // One page with all of it, whose own policy has to allow scripts in it.
    await go(page, `#/concepts?run=runs/${encodeURIComponent(run)}`);
    const file = join(folder, "hostile.html");
    await writeFile(file, await downloaded(page, () => page.getByRole("button", { name: /one page/ }).click()));
    const alone = await openTab(browser);
    await alone.page.goto(pathToFileURL(file).href);
    await alone.page.getByRole("img", { name: "Atom of concept 4" }).waitFor();
    expect(await alone.page.evaluate(() => "harmed" in window)).toBe(false);
    await alone.page.close();
    await go(page, "#/open");
    await page.locator("input[webkitdirectory]").setInputFiles(join(folder, "runs", run));
    await page.getByRole("img", { name: "Atom of concept 4" }).waitFor();
  });
});
