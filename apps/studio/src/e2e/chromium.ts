/** A real browser for tests of the page. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";

/** Where it is; nothing where there is none. */
export const chromiumPath: string | undefined = [
  process.env.CHROME_PATH,
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));

export const withChromium: string =
  chromiumPath === undefined ? " (skipped: there is no Chromium; name one in CHROME_PATH)" : "";

export async function launch(...flags: readonly string[]): Promise<Browser> {
  return chromium.launch({ ...(chromiumPath && { executablePath: chromiumPath }), args: ["--no-sandbox", ...flags] });
}

/** The software driver for WebGPU that Debian's Chromium has; nothing where there is none. */
const softwareDriver = ["/usr/lib/chromium/vk_swiftshader_icd.json"].find((path) => existsSync(path));

/** A Chromium with WebGPU, on its software driver; nothing where it has none. */
export async function launchWithWebgpu(): Promise<Browser | undefined> {
  if (softwareDriver === undefined) return undefined;
  process.env.VK_ICD_FILENAMES ??= softwareDriver;
  process.env.XDG_RUNTIME_DIR ??= "/tmp";
  // tfjs reads values through a canvas, which takes Vulkan throughout.
  const vulkan = ["--enable-features=Vulkan", "--use-vulkan=native", "--use-angle=vulkan", "--ignore-gpu-blocklist"];
  return launch("--enable-unsafe-webgpu", ...vulkan);
}

export interface Tab {
  readonly page: Page;
  /** What the console shows as errors: exceptions, refusals of the content security policy, requests that failed. */
  readonly problems: string[];
}

/** A new tab whose problems are kept, with a storage of its own where no context is named. */
export async function openTab(from: Browser | BrowserContext): Promise<Tab> {
  const page = await from.newPage();
  page.setDefaultTimeout(30_000);
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  return { page, problems };
}

/** Goes to a state of the page that is open, as a link in it does. */
export async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
}

/** Loads the page anew with a state. */
export async function load(page: Page, address: string, hash: string): Promise<void> {
  await page.goto("about:blank");
  await page.goto(`${address}${hash}`);
}

/** The pixels of a canvas, once it has some. */
export async function pixelsOf(canvas: Locator): Promise<string> {
  await canvas.waitFor();
  return canvas.evaluate((element) => (element instanceof HTMLCanvasElement ? element.toDataURL() : ""));
}

/** What is read of an element, lines as they are seen. */
export async function textOf(locator: Locator): Promise<string> {
  await locator.first().waitFor();
  const [text = ""] = await locator.allInnerTexts();
  return text;
}

/** The file that a page gives when something is done. */
export async function downloaded(page: Page, begin: () => Promise<void>): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent("download"), begin()]);
  return readFile(await file.path());
}
