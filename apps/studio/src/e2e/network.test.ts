/** A network beside a run: photos, concepts on them, and what the network says without them. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, go, launch, load, openTab, pixelsOf, type Tab, textOf, withChromium } from "./chromium.ts";
import { dist, type Served, saeno, serveByCommand, serveByHost } from "./served.ts";

const eventually = <Found>(find: () => Found) => expect.poll(find, { timeout: 30_000 });
const example = join(dist, "demo/network");
const networks = fileURLToPath(new URL("../../../../packages/networks/", import.meta.url));
const onnxFile = join(networks, "src/__fixtures__/small.onnx");

/** Numbers of the table of channels, by channel. */
async function said(page: Page): Promise<Record<string, number[]>> {
  const rows = await page.getByRole("region", { name: "What the network says" }).getByRole("row").all();
  const texts = await Promise.all(rows.slice(1).map((row) => row.getByRole("cell").allInnerTexts()));
  const names = await Promise.all(rows.slice(1).map((row) => row.getByRole("rowheader").allTextContents()));
  return Object.fromEntries(
    names.map(([name = ""], i) => [name.trim(), (texts[i] ?? []).map((text) => Number(text.trim()))]),
  );
}

const query = async (page: Page) => new URLSearchParams((await page.evaluate(() => location.hash)).split("?")[1] ?? "");
const outlines = (page: Page) => page.locator(".stage .contours");
const summary = (page: Page) => page.locator(".opening summary");

describe.skipIf(chromiumPath === undefined)(`networks in the studio, in Chromium${withChromium}`, () => {
  let folder: string;
  let browser: Browser;
  let photo: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "saeno-studio-"));
    await mkdir(join(folder, "runs"));
    await mkdir(join(folder, "images"));
    // A run without its network, as it is dropped on a page.
    await cp(example, join(folder, "runs/alone"), {
      recursive: true,
      filter: (path) => !/network\/network|network\.json|listing\.json|images\./.test(path.slice(dist.length)),
    });
    photo = join(folder, "photo.png");
    await sharp(Buffer.alloc(90 * 70 * 3, 128), { raw: { width: 90, height: 70, channels: 3 } })
      .composite([
        { input: Buffer.alloc(20 * 4 * 3, 255), raw: { width: 20, height: 4, channels: 3 }, left: 30, top: 30 },
      ])
      .png()
      .toFile(photo);
    browser = await launch("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream");
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each([
    ["isolated", "allow"],
    ["not isolated", "block"],
  ] as const)("the example, %s", (_, serviceWorkers) => {
    let served: Served;
    let tab: Tab;
    let page: Page;
    beforeAll(async () => {
      served = await serveByHost(dist);
      tab = await openTab(await browser.newContext({ serviceWorkers }));
      page = tab.page;
      await page.goto(served.address);
    });
    afterAll(async () => {
      await page?.context().close();
      await served?.stop();
    });

    test("shows concepts on a drawing, and what the network says of it by the names of its classes", async () => {
      await page.getByRole("link", { name: "Look into a network" }).click();
      await page.getByText("Relative error of the maps").waitFor();
      await eventually(() => outlines(page).count()).toBeGreaterThan(1);
      const values = await said(page);
      expect(Object.keys(values)).toEqual(expect.arrayContaining(["triangle", "ring"]));
      expect(Math.max(...Object.values(values).flat())).toBeGreaterThan(0.3);
    });

    test("says of a shape whose concept is removed that it is not there; by keyboard, and back", async () => {
      const before = await said(page);
      const [shape = ""] = Object.entries(before).sort(([, [a = 0]], [, [b = 0]]) => b - a)[0] ?? [];
      const remove = page
        .getByRole("listitem")
        .filter({ hasText: shape })
        .getByRole("button", { name: /^Remove/ });
      await remove.first().focus();
      await page.keyboard.press("Enter");
      await eventually(async () => (await said(page))[shape]?.[1] ?? 1).toBeLessThan(0.5 * (before[shape]?.[0] ?? 0));
      expect((await query(page)).get("edits")).toMatch(/^scale\.\d+\.0$/);
      const other = Object.entries(await said(page)).filter(
        ([name]) => name !== shape && (before[name]?.[0] ?? 0) > 0.3,
      );
      for (const [, [as = 0, is = 0]] of other) expect(Math.abs(is - as)).toBeLessThan(0.5 * as);
      await page.keyboard.press("Control+z");
      await eventually(async () => (await said(page))[shape]?.length).toBe(1);
    });

    test("moves a concept: the network finds its shape elsewhere; everything is in the address", async () => {
      await page.locator(".outputs select").selectOption("where");
      await page.getByRole("img", { name: /as it is$/ }).waitFor();
      const stage = page.getByRole("application");
      await stage.focus();
      for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
      await page.getByRole("img", { name: /the difference$/ }).waitFor();
      expect((await query(page)).get("edits")).toMatch(/^move\.\d+\.0,5$/);
      const after = page.getByRole("img", { name: / after$/ });
      const [hash, seen] = [await page.evaluate(() => location.hash), await pixelsOf(after)];
      expect(seen).not.toBe(await pixelsOf(page.getByRole("img", { name: / before$/ })));
      await load(page, served.address, hash);
      await eventually(() => pixelsOf(after)).toBe(seen);
    });

    test("what a point of the layer sees follows the pointer", async () => {
      const box = page.locator(".field-of-view rect").last();
      await box.waitFor();
      const area = await page.getByRole("application").boundingBox();
      if (area === null) throw new Error("There is no photo.");
      await page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
      const near = await box.getAttribute("x");
      await page.mouse.move(area.x + 0.75 * area.width, area.y + area.height / 2);
      await eventually(() => box.getAttribute("x")).not.toBe(near);
    });

    test("a photo of a person's own is encoded", async () => {
      const before = await pixelsOf(page.locator(".stage canvas"));
      await page.getByLabel("Choose a photo").setInputFiles(photo);
      await page.getByText("photo.png").waitFor();
      await eventually(() => pixelsOf(page.locator(".stage canvas"))).not.toBe(before);
      const notOne = join(folder, "not.png");
      await writeFile(notOne, "no picture");
      await page.getByLabel("Choose a photo").setInputFiles(notOne);
      await page.getByRole("alert").getByText("not.png cannot be read as an image").first().waitFor();
    });

    test("the camera is live, and its last picture is kept", async () => {
      await page.getByRole("button", { name: "Camera" }).click();
      await page.getByText(/\d frames per second/).waitFor();
      const first = await pixelsOf(page.locator(".stage canvas"));
      await eventually(() => pixelsOf(page.locator(".stage canvas"))).not.toBe(first);
      await page.getByRole("button", { name: "Keep this one" }).click();
      await page.getByText("the camera", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Camera" }).waitFor();
      await page.getByText("Relative error of the maps").waitFor();
    });

    test("nothing went wrong on the way", () => {
      expect(tab.problems).toEqual([]);
    });
  });

  describe("opened by hand", () => {
    let served: Served;
    let tab: Tab;
    let page: Page;
    const files = ["model.json", "weights.bin"].map((name) => join(example, "network", name));
    beforeAll(async () => {
      served = await serveByCommand(join(folder, "runs"));
      tab = await openTab(browser);
      page = tab.page;
      await page.goto(`${served.address}#/network?run=runs/alone`);
    });
    afterAll(async () => {
      await page?.close();
      await served?.stop();
    });
    const choose = (...chosen: readonly string[]) => page.getByLabel("Choose its files").setInputFiles([...chosen]);
    const alert = () => textOf(page.getByRole("alert").first());

    test("wrong files are named by what they are", async () => {
      await page.getByText("Open the network that they are of").waitFor();
      const written = async (name: string, content: string) => {
        await writeFile(join(folder, name), content);
        return join(folder, name);
      };
      await choose(photo);
      await eventually(alert).toContain("There is no model.json or ONNX file among photo.png");
      await choose(files[0] ?? "");
      await eventually(alert).toContain("model.json needs weights.bin too");
      await choose(await written("layers.json", '{ "format": "layers-model" }'));
      await eventually(alert).toContain("is a layers model");
      await choose(await written("other.json", '{ "a": 1 }'));
      await eventually(alert).toContain("other.json is not a graph model");
      await choose(await written("broken.json", "{"));
      await eventually(alert).toContain("broken.json");
    });

    test("its files stay in the browser; layers and input can be chosen", async () => {
      await choose(...files);
      await page.getByText("Choose a photo, drop one here").waitFor();
      expect((await query(page)).get("network")).toBe("saved:networks/model");
      await page.getByLabel("Choose a photo").setInputFiles(photo);
      await page.getByText("Relative error of the maps").waitFor();
      await summary(page).click();
      await page.getByLabel("Mean of channels").fill("many");
      await page.getByLabel("Mean of channels").press("Enter");
      await eventually(alert).toContain("mean must be numbers");
      await page.getByLabel("Mean of channels").fill("0.5");
      await page.getByLabel("Mean of channels").press("Enter");
      await eventually(async () => (await query(page)).get("mean")).toBe("0.5");
      await load(page, served.address, await page.evaluate(() => location.hash));
      await page.getByText("Choose a photo, drop one here").waitFor();
    });

    test("classes have the names of a list", async () => {
      const list = join(folder, "classes.txt");
      await writeFile(list, "a\nb\nc\nd\ne\nf\ng\nthe last\n");
      await summary(page).click();
      await page.getByLabel("Names of its classes").setInputFiles(list);
      await page.getByLabel("Choose a photo").setInputFiles(photo);
      await page.getByRole("rowheader", { name: "the last" }).waitFor();
    });

    test("its address; a layer that the model does not take is said", async () => {
      const host = await serveByHost(example);
      await page.getByLabel("or its address").fill(`${host.address}network/model.json`);
      await page.getByLabel("or its address").press("Enter");
      await eventually(async () => (await query(page)).get("network")).toBe(`${host.address}network/model.json`);
      await page.getByText("Choose a photo, drop one here").waitFor();
      await go(page, `#/network?run=runs/alone&network=${host.address}network/model.json&layer=unmixed`);
      await eventually(alert).toContain("The model takes maps of 6 channels; those of unmixed have 8");
      await go(page, `#/network?run=runs/alone&network=${host.address}none.json`);
      await page.getByRole("alert").first().waitFor();
      await host.stop();
    });

    test("a camera that is not permitted, or not there, is said", async () => {
      const plain = await launch();
      const { page: other } = await openTab(plain);
      await other.goto(`${served.address}#/network?run=runs/alone&network=saved:networks/none`);
      await other.getByRole("alert").waitFor();
      await other.getByLabel("Choose its files").setInputFiles(files);
      await other.getByRole("button", { name: "Camera" }).click();
      await other
        .getByRole("alert")
        .getByText(/The camera is not permitted|There is no camera/)
        .waitFor();
      await plain.close();
    });
  });

  async function makeImages(): Promise<void> {
    for (const [i, shade] of [60, 90, 120, 150, 180].entries())
      await sharp({ create: { width: 80, height: 72, channels: 3, background: { r: shade, g: 128, b: 255 - shade } } })
        .png()
        .toFile(join(folder, "images", `${i}.png`));
  }

  /** What the page says of a sample in the network is what the map says that the server made of the same image. */
  async function expectSameError(page: Page, run: string): Promise<void> {
    const shown = /Relative error of the maps ([\d.]+)/.exec(await textOf(page.locator("figcaption")))?.[1];
    await go(page, `#/sample?run=${run}&sample=1`);
    const caption = page.locator("figcaption").filter({ hasText: "relative error" }).first();
    expect(Number(/relative error ([\d.]+)/.exec(await textOf(caption))?.[1])).toBeCloseTo(Number(shown), 2);
  }

  describe("an ONNX file", () => {
    const run = "runs/onnx";
    const small = ["--concepts", "6", "--active", "2", "--modes", "2", "--limit", "8", "--test", "3", "--steps", "3"];
    /** A page that has seen no network yet, with one of six outputs. */
    async function expectClasses(page: Page): Promise<void> {
      await page.getByLabel("Choose a photo").setInputFiles(photo);
      await page.getByText("Relative error of the maps").waitFor();
      await eventually(async () => Object.keys(await said(page)).length).toBe(6);
    }
    beforeAll(async () => {
      await makeImages();
      const data = `network:${onnxFile}#second/conv,images:${join(folder, "images")},size=16`;
      await saeno(folder, "train", "--data", data, ...small, "--batch", "4", "--out", run);
    });

    test("is served with its run and what runs it, and edits change what it says; another is opened by its file or address", async () => {
      const served = await serveByCommand(join(folder, "runs"));
      const { page, problems } = await openTab(browser);
      await page.goto(`${served.address}#/network?run=${run}&sample=1`);
      await page.getByText("Relative error of the maps").waitFor();
      const before = await said(page);
      await page
        .getByRole("button", { name: /^Remove/ })
        .first()
        .click();
      await eventually(async () => Object.values(await said(page)).some(([, after]) => after !== undefined)).toBe(true);
      const after = await said(page);
      expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
      expect(Object.values(after).some(([was, is]) => was !== is)).toBe(true);
      await expectSameError(page, run);

      await go(page, `#/network?run=${run}`);
      await page.getByLabel("Choose its files").setInputFiles(onnxFile);
      await eventually(async () => (await query(page)).get("network")).toBe("saved:networks/small");
      await page.getByText("saved:networks/small/small.onnx").waitFor({ state: "attached" });
      await expectClasses(page);
      const host = await serveByHost(join(networks, "src/__fixtures__"));
      await go(page, `#/network?run=${run}&network=${host.address}small.onnx%3Fdownload%3Dtrue`);
      await page.getByText(`${host.address}small.onnx?download=true`).waitFor({ state: "attached" });
      await expectClasses(page);
      expect(problems).toEqual([]);
      await host.stop();
      await page.close();
      await served.stop();
    });

    test("is opened on any host that has ONNX Runtime beside the page; elsewhere it is said how to get it", async () => {
      const site = join(folder, "site");
      await cp(dist, site, { recursive: true });
      await cp(join(folder, run), join(site, "run"), { recursive: true });
      await cp(onnxFile, join(site, "run/small.onnx"));
      const described = { network: "small.onnx", layer: "second/conv", input: { size: [16, 16] } };
      await writeFile(join(site, "run/network.json"), JSON.stringify(described));
      const names = ["config.json", "model.safetensors", "network.json"];
      await writeFile(join(site, "run/listing.json"), JSON.stringify({ names }));
      const served = await serveByHost(site);
      const alone = await openTab(await browser.newContext({ serviceWorkers: "block" }));
      await alone.page.goto(`${served.address}#/network?run=run`);
      await alone.page
        .getByRole("alert")
        .getByText(/ONNX Runtime, which is not beside this page. npm install onnxruntime-web@[\d.]+/)
        .first()
        .waitFor();
      await alone.page.context().close();
      await mkdir(join(site, "onnxruntime"));
      for (const name of ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"])
        await cp(join(networks, "node_modules/onnxruntime-web/dist", name), join(site, "onnxruntime", name));
      for (const serviceWorkers of ["block", "allow"] as const) {
        const { page, problems } = await openTab(await browser.newContext({ serviceWorkers }));
        await page.goto(`${served.address}#/network?run=run`);
        await expectClasses(page);
        expect(problems).toEqual([]);
        await page.context().close();
      }
      await served.stop();
    });
  });

  test("saeno studio serves the network and the images of a run", async () => {
    await makeImages();
    const data = `network:${join(example, "network/model.json")}#mixed,images:${join(folder, "images")},mean=0.5`;
    const small = ["--concepts", "6", "--active", "2", "--modes", "4", "--limit", "8", "--test", "3", "--steps", "3"];
    await saeno(folder, "train", "--data", data, ...small, "--batch", "4", "--out", "runs/served");
    const served = await serveByCommand(join(folder, "runs"));
    const { page, problems } = await openTab(browser);
    await page.goto(`${served.address}#/network?run=runs/served&sample=1`);
    await page.getByText("of 3").waitFor();
    await page.getByText("Relative error of the maps").waitFor();
    await summary(page).click();
    await page.getByText("runs/served/network/model.json").waitFor();
    const listing = await page.evaluate(async () => (await fetch("runs/served/listing.json")).json());
    expect(listing.names).toEqual(expect.arrayContaining(["network.json", "images.json", "samples.json"]));
    const status = (path: string) => page.evaluate(async (asked) => (await fetch(asked)).status, `runs/served/${path}`);
    expect(await status("network/model.json")).toBe(200);
    expect(await status("network/other.json")).toBe(404);
    expect(await status("network/..%2fconfig.json")).toBe(404);
    await expectSameError(page, "runs/served");
    expect(problems.filter((text) => !/404/.test(text))).toEqual([]);
    await page.close();
    await served.stop();
    expect(await readFile(join(folder, "runs/served/config.json"), "utf8")).toContain("network");
  });
});
