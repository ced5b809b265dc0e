/** Everything that a person does with a run, by pointer and by keyboard. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { sizeOf } from "@saeno/backend";
import { encodeNpy } from "@saeno/datasets";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chromiumPath,
  downloaded,
  go,
  launch,
  load,
  openTab,
  pixelsOf,
  type Tab,
  textOf,
  withChromium,
} from "./chromium.ts";
import { dist, type Served, saeno, serveByCommand, serveByHost } from "./served.ts";

/** Machines may be busy. */
const eventually = <Found>(find: () => Found) => expect.poll(find, { timeout: 30_000 });

describe.skipIf(chromiumPath === undefined)(`what people do in the studio, in Chromium${withChromium}`, () => {
  let folder: string;
  let browser: Browser;
  let served: Served;
  let tab: Tab;
  let page: Page;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "saeno-studio-"));
    await mkdir(join(folder, "runs"));
    await cp(join(dist, "demo/fno"), join(folder, "runs/shapes"), { recursive: true });
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

  const opened = () => page.getByRole("heading", { name: "12 concepts" }).waitFor();
  const query = async () => new URLSearchParams((await page.evaluate(() => location.hash)).split("?")[1]);
  const edits = async () => (await query()).get("edits");

  describe("opening", () => {
    test("a run folder, chosen with the keyboard: it stays in the browser until it is removed", async () => {
      const chooser = page.waitForEvent("filechooser");
      await page.locator("input[webkitdirectory]").press("Enter");
      await (await chooser).setFiles(join(folder, "runs/shapes"));
      await opened();
      expect((await query()).get("run")).toBe("saved:runs/shapes");
      await load(page, served.address, "#/open");
      page.once("dialog", (dialog) => dialog.accept());
      await page.getByRole("button", { name: "Remove saved:runs/shapes" }).press("Enter");
      await page.getByRole("heading", { name: "In this browser" }).waitFor({ state: "detached" });
    });

    test("a run folder, dropped on the page as from a desktop", async () => {
      const area = await page.locator(".drop").boundingBox();
      if (area === null) throw new Error("There is no place to drop anything.");
      const session = await page.context().newCDPSession(page);
      for (const type of ["dragEnter", "dragOver", "drop"] as const)
        await session.send("Input.dispatchDragEvent", {
          type,
          x: area.x + 30,
          y: area.y + 30,
          data: { items: [], files: [join(folder, "runs/shapes")], dragOperationsMask: 1 },
        });
      await opened();
      expect((await query()).get("run")).toBe("saved:runs/shapes");
    });

    test("its files, dropped without the folder", async () => {
      await go(page, "#/open");
      const names = (await readdir(join(folder, "runs/shapes"))).filter((name) => name !== "listing.json");
      const files = await Promise.all(
        names.map(async (name) => ({
          name,
          content: (await readFile(join(folder, "runs/shapes", name))).toString("base64"),
        })),
      );
      const dataTransfer = await page.evaluateHandle((given) => {
        const transfer = new DataTransfer();
        for (const { name, content } of given)
          transfer.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
        return transfer;
      }, files);
      await page.locator(".drop").dispatchEvent("drop", { dataTransfer });
      await opened();
      expect((await query()).get("run")).toBe("saved:runs/dropped");
    });

    test("the address of a run on another host", async () => {
      const host = await serveByHost(dist);
      await go(page, "#/open");
      await page.getByLabel("or its address").fill(`${host.address}demo/cnn`);
      await page.getByLabel("or its address").press("Enter");
      await opened();
      await page.getByText(/^SAE-CNN, relative error/).waitFor();
      await host.stop();
    });
  });

  describe("concepts", () => {
    const tiles = () => page.getByRole("list", { name: "Concepts" }).getByRole("link");
    const order = async () => (await tiles().allInnerTexts()).map((text) => Number.parseInt(text, 10));

    test("are sorted", async () => {
      await go(page, "#/concepts?run=runs/shapes");
      await tiles().getByText(/cost/).first().waitFor();
      const byCost = await order();
      await page.getByLabel("Sort by").selectOption("number");
      expect(await order()).toEqual(byCost.toSorted((a, b) => a - b));
      await page.getByLabel("Sort by").focus();
      await page.keyboard.press("Home");
      expect(await order()).toEqual(byCost);
    });

    test("are found by number and by name", async () => {
      await page.getByLabel("Find").fill("5");
      expect(await order()).toEqual([5]);
      await page.getByLabel("Find").fill("BAR");
      const names = Object.entries<string>(JSON.parse(await readFile(join(folder, "runs/shapes/names.json"), "utf8")));
      const bars = names.flatMap(([concept, name]) => (name.includes("bar") ? [Number(concept)] : []));
      await eventually(async () => (await order()).toSorted((a, b) => a - b)).toEqual(bars.toSorted((a, b) => a - b));
      await page.getByLabel("Find").fill("nothing of the kind");
      await page.getByText("There is no such concept.").waitFor();
    });

    test("get names, which are kept in the run folder", async () => {
      await page.getByLabel("Find").fill("9");
      await tiles().first().press("Enter");
      await page.getByRole("heading", { name: "Concept 9" }).waitFor();
      await page.getByLabel("Name").fill("a corner");
      await page.getByLabel("Name").press("Tab");
      await page.getByRole("heading", { name: "Concept 9: a corner" }).waitFor();
      const kept = JSON.parse(await readFile(join(folder, "runs/shapes/names.json"), "utf8"));
      expect(kept).toMatchObject({ 9: "a corner", 5: "disc" });
      expect(await saeno(folder, "name", "runs/shapes", "--json")).toContain("a corner");
    });
  });

  describe("a concept", () => {
    const atom = () => page.getByRole("img", { name: "Atom of concept 4" });
    const width = (canvas: Locator) =>
      canvas.evaluate((element) => (element instanceof HTMLCanvasElement ? element.width : 0));

    test("is drawn on a finer grid", async () => {
      await go(page, "#/concept?run=runs/shapes&concept=4");
      await atom().waitFor();
      expect(await width(atom())).toBe(32);
      await page.getByLabel("Resolution").press("ArrowRight");
      await page.getByText("on 36 x 36 points").waitFor();
      await eventually(() => width(atom())).toBe(36);
      await page.getByRole("button", { name: "back to 32" }).press("Enter");
      await eventually(() => width(atom())).toBe(32);
    });

    test("shows the samples of the energies that are chosen", async () => {
      const top = page
        .locator("section")
        .filter({ has: page.getByRole("heading", { name: "Samples with most of it" }) });
      const energies = async () =>
        (await top.getByRole("link").allInnerTexts()).map((text) => Number(/· ([\d.e+]+)/.exec(text)?.[1]));
      await top.getByRole("link").first().waitFor();
      const all = await energies();
      await page.getByLabel("Most energy shown").press("ArrowLeft");
      await page.getByLabel("Most energy shown").press("ArrowLeft");
      await eventually(async () => (await energies())[0]).toBe(all.find((energy) => energy < 1448));
      await page.getByLabel("Least energy shown").press("End");
      await page.getByText("No sample of this energy is kept.").first().waitFor();
    });

    test("leads to those that fire together with it, and to its samples", async () => {
      const partner = page.getByRole("region", { name: "What is known of it" }).getByRole("listitem").first();
      const number = Number.parseInt(await textOf(partner), 10);
      await partner.getByRole("link").press("Enter");
      await page.getByRole("heading", { name: `Concept ${number}` }).waitFor();
      await page.goBack();
      await page.getByRole("heading", { name: "Concept 4" }).waitFor();
      const sample = page.locator(".pictures").getByRole("link").first();
      await sample.press("Enter");
      await page.getByRole("heading", { name: /^Sample \d+/ }).waitFor();
      expect((await query()).get("concept")).toBe("4");
    });
  });

  describe("a sample", () => {
    const made = () => page.getByRole("application", { name: /^What the model makes of it/ });
    const given = () => page.getByRole("application", { name: /^The sample/ });
    const picture = () => pixelsOf(made().locator("canvas"));
    const error = async () => Number(/relative error ([\d.]+)/.exec(await textOf(page.locator(".trio")))?.[1]);
    const slider = (concept: number) => page.getByRole("slider", { name: `How much of concept ${concept} ` });
    let concepts: number[];
    let plain: string;

    test("is chosen by number, next and previous", async () => {
      await go(page, "#/sample?run=runs/shapes&sample=2");
      await page.getByRole("button", { name: "Next" }).press("Enter");
      await page.getByRole("heading", { name: "Sample 3" }).waitFor();
      await page.getByLabel("Sample", { exact: true }).fill("7");
      await page.getByLabel("Sample", { exact: true }).press("Enter");
      await page.getByRole("heading", { name: "Sample 7" }).waitFor();
      await page.getByRole("button", { name: "Previous" }).click();
      await page.getByRole("heading", { name: "Sample 6" }).waitFor();
      await go(page, "#/sample?run=runs/shapes&sample=3");
      await page.getByRole("heading", { name: /concepts are active/ }).waitFor();
      const names = await page.locator(".active li a").allInnerTexts();
      concepts = names.map((name) => Number.parseInt(name, 10));
      plain = await picture();
    });

    test("loses a concept, gets it back, and has it alone", async () => {
      const [first = 0] = concepts;
      await page.getByRole("button", { name: `Remove concept ${first}` }).click();
      expect(await edits()).toBe(`scale.${first}.0`);
      await eventually(picture).not.toBe(plain);
      const without = await error();
      await page.getByRole("button", { name: `Put back concept ${first}` }).press("Enter");
      expect(await edits()).toBeNull();
      await eventually(picture).toBe(plain);
      expect(without).toBeGreaterThan(await error());
      await page.getByRole("button", { name: `Solo concept ${first}` }).press("Space");
      expect(await edits()).toBe(`keep.${first}`);
      await eventually(picture).not.toBe(plain);
      await page.keyboard.press("Control+z");
      await eventually(picture).toBe(plain);
    });

    test("has more or less of a concept, by its slider", async () => {
      const [, second = 0] = concepts;
      await slider(second).press("ArrowRight");
      await slider(second).press("ArrowRight");
      expect(await edits()).toBe(`scale.${second}.1.1`);
      await eventually(picture).not.toBe(plain);
      await page.getByRole("button", { name: "Undo" }).click();
      expect(await edits()).toBeNull();
      await eventually(picture).toBe(plain);
      await slider(second).fill("2");
      expect(await edits()).toBe(`scale.${second}.2`);
      await page.getByRole("button", { name: "Take all edits back" }).press("Enter");
      await eventually(picture).toBe(plain);
    });

    test("has a concept moved, by dragging and by arrow keys", async () => {
      const [first = 0] = concepts;
      await page.getByRole("button", { name: `Choose concept ${first}` }).press("Enter");
      await page.getByRole("button", { name: "Move the concept" }).press("Enter");
      await made().press("ArrowDown");
      await made().press("ArrowDown");
      await made().press("ArrowLeft");
      expect(await edits()).toBe(`move.${first}.2,-1`);
      await eventually(picture).not.toBe(plain);
      const byKeys = await picture();
      await page.getByRole("button", { name: "Take all edits back" }).click();
      await eventually(picture).toBe(plain);
      const point = await pointOf(made());
      await drag(page, point(10, 12), point(12, 11));
      expect(await edits()).toBe(`move.${first}.2,-1`);
      await eventually(picture).toBe(byKeys);
      await page.keyboard.press("Control+z");
      await eventually(picture).toBe(plain);
    });

    test("has points of a concept painted", async () => {
      const [first = 0] = concepts;
      await page.getByRole("button", { name: "Paint it" }).click();
      const point = await pointOf(made());
      await page.mouse.click(...point(4, 20));
      expect(await edits()).toMatch(new RegExp(`^paint\\.${first}\\.[\\d.]+\\.4,20$`));
      await eventually(picture).not.toBe(plain);
      const byPointer = await picture();
      await page.getByRole("button", { name: "Undo" }).click();
      await eventually(picture).toBe(plain);
      // A cursor in the middle that arrow keys move, by four points with Shift.
      await made().focus();
      await press(page, "Shift+ArrowUp", 3);
      await press(page, "Shift+ArrowRight", 1);
      await page.keyboard.press("Enter");
      expect(await edits()).toMatch(new RegExp(`^paint\\.${first}\\.[\\d.]+\\.4,20$`));
      await eventually(picture).toBe(byPointer);
      await page.getByRole("button", { name: "Undo" }).click();
    });

    test("tells what fires in a region", async () => {
      await page.getByRole("button", { name: "What fires here?" }).click();
      const point = await pointOf(given());
      await drag(page, point(8, 8), point(15, 15));
      const answer = page.getByRole("region", { name: "What fires here" });
      await answer.getByRole("listitem").first().waitFor();
      const byPointer = await textOf(answer);
      await drag(page, point(0, 0), point(3, 3));
      await eventually(() => textOf(answer)).not.toBe(byPointer);
      await given().focus();
      await press(page, "Shift+ArrowUp", 2);
      await press(page, "Shift+ArrowLeft", 2);
      await page.keyboard.press("Enter");
      for (const key of ["ArrowDown", "ArrowRight"]) {
        await press(page, `Shift+${key}`, 1);
        await press(page, key, 3);
      }
      await page.keyboard.press("Enter");
      await eventually(() => textOf(answer)).toBe(byPointer);
    });

    test("is encoded with other sparsity", async () => {
      const active = page.getByRole("slider", { name: "Concepts" });
      await active.press("ArrowLeft");
      await page.getByRole("heading", { name: "2 concepts are active" }).waitFor();
      expect((await query()).get("active")).toBe("2");
      const domain = page.getByRole("slider", { name: "Share of the domain" });
      await domain.press("ArrowRight");
      expect(Number((await query()).get("density"))).toBeCloseTo(0.0018 * 2 ** 0.25);
      await page.getByRole("button", { name: "as trained" }).press("Enter");
      await page.getByRole("heading", { name: `${concepts.length} concepts are active` }).waitFor();
    });

    test("is decoded on a finer grid", async () => {
      await page.getByLabel("Resolution").press("End");
      await page.getByText("Decoded on 128 x 128").waitFor();
      await page.getByRole("heading", { name: "Encoded again on 128 x 128 points" }).waitFor();
      await page.getByRole("button", { name: "back to 32" }).press("Enter");
      await eventually(picture).toBe(plain);
    });

    test("is drawn by hand", async () => {
      await page.getByRole("button", { name: "Draw a sample" }).click();
      const before = await pixelsOf(given().locator("canvas"));
      const point = await pointOf(given());
      await drag(page, point(4, 4), point(4, 24));
      await page.getByRole("button", { name: "Discard the drawing" }).waitFor();
      expect(await pixelsOf(given().locator("canvas"))).not.toBe(before);
      await eventually(picture).not.toBe(plain);
      await page.getByRole("button", { name: "Discard the drawing" }).press("Enter");
      await eventually(() => pixelsOf(given().locator("canvas"))).toBe(before);
      await given().press("ArrowUp");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Discard the drawing" }).click();
    });

    test("is the same when its address is opened again", async () => {
      const [first = 0, second = 0] = concepts;
      await go(
        page,
        `#/sample?run=runs/shapes&sample=3&concept=${first}&edits=scale.${second}.1.5_move.${first}.3,-2&points=48&active=2`,
      );
      await page.getByText("Reconstruction, edited").waitFor();
      await eventually(picture).not.toBe(plain);
      await page.getByText(/relative error .* ms/).waitFor();
      const [pixels, address] = [await picture(), page.url()];
      await page.reload();
      await page.getByText("Reconstruction, edited").waitFor();
      await eventually(picture).toBe(pixels);
      expect(page.url()).toBe(address);
      expect(await slider(second).inputValue()).toBe("1.5");
    });
  });

  test("pictures and numbers are taken along, and a run as one page that needs no server", async () => {
    await go(page, "#/concept?run=runs/shapes&concept=4");
    const save = (name: RegExp) => downloaded(page, () => page.getByRole("button", { name }).first().press("Enter"));
    expect((await save(/^Save atom of concept 4 as PNG/)).subarray(1, 4).toString()).toBe("PNG");
    expect(JSON.parse((await save(/^Save atom of concept 4 as JSON/)).toString()).grid).toEqual([32, 32]);
    expect((await save(/^Save energy of concept 4 as SVG/)).toString()).toMatch(/^<svg/);
    await go(page, "#/concepts?run=runs/shapes");
    const file = join(folder, "shapes.html");
    await writeFile(file, await save(/one page/));
    const alone = await openTab(browser);
    await alone.page.goto(pathToFileURL(file).href);
    await alone.page.getByRole("heading", { name: "12 concepts" }).waitFor();
    await alone.page.getByText(/On 100 samples of/).waitFor();
    expect(alone.problems).toEqual([]);
    await alone.page.close();
  });

  test("samples of one's own take the place of those of the run; what the model cannot take is said", async () => {
    await go(page, "#/sample?run=runs/shapes");
    await page.getByText("Other samples").press("Enter");
    const choose = (name: string, buffer: Buffer) =>
      page.locator("details input[type=file]").setInputFiles({ name, mimeType: "", buffer });
    const array = (...shape: number[]) =>
      Buffer.from(encodeNpy({ shape, values: Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i)) }));
    await choose("mine.npy", array(5, 24, 24));
    await page.getByText("of 5").waitFor();
    await page.locator(".where").getByText("mine.npy").waitFor();
    await eventually(() => page.locator(".trio canvas").first().getAttribute("width")).toBe("24");
    await choose("colored.npy", array(5, 8, 8, 3));
    await page.getByRole("alert").getByText("The model takes functions with 1 channels").waitFor();
    await choose("broken.npy", Buffer.from("no array"));
    await page.getByRole("alert").getByText("broken.npy").waitFor();
    await choose("broken.png", Buffer.from("no image"));
    await page.getByRole("alert").getByText("broken.png").waitFor();
    await page.getByLabel("or generated").fill("shapes:48");
    await page.getByLabel("or generated").press("Enter");
    await eventually(() => page.locator(".trio canvas").first().getAttribute("width")).toBe("48");
  });

  test("nothing went wrong on the way", () => {
    expect(tab.problems).toEqual([]);
  });
});

/** Where the points of a picture of 32 x 32 are on the screen. */
async function pointOf(stage: Locator): Promise<(row: number, column: number) => [x: number, y: number]> {
  const area = await stage.boundingBox();
  if (area === null) throw new Error("The picture is not in the page.");
  return (row, column) => [area.x + ((column + 0.5) / 32) * area.width, area.y + ((row + 0.5) / 32) * area.height];
}

async function drag(page: Page, from: [x: number, y: number], to: [x: number, y: number]): Promise<void> {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps: 4 });
  await page.mouse.up();
}

async function press(page: Page, key: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await page.keyboard.press(key);
}
