import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SaenoError } from "@saeno/backend";
import { chromium } from "playwright-core";
import { type PreviewServer, preview } from "vite";
import type { DoTask } from "./browser-page.ts";
import type { Answer, Task } from "./protocol.ts";

/** Whatever Vulkan driver there is, software as well. tfjs reads values through a canvas, which takes Vulkan throughout. */
const flags = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--enable-features=Vulkan",
  "--use-vulkan=native",
  "--use-angle=vulkan",
  "--ignore-gpu-blocklist",
];

/**
 * Does a task in a page of headless Chromium, served from localhost.
 *
 * @throws SaenoError `conformance.browser` where there is no Chromium or the page fails.
 */
export async function runBrowser(task: Task): Promise<Answer> {
  const browser = await chromium.launch({ executablePath: findChromium(), args: flags }).catch((cause: Error) => {
    throw browserError(`Chromium does not start: ${cause.message}`);
  });
  let server: PreviewServer | undefined;
  try {
    server = await preview({ root: fileURLToPath(new URL("..", import.meta.url)) });
    const page = await browser.newPage();
    page.on("console", (message) => process.stderr.write(`${message.text()}\n`));
    await page.goto(server.resolvedUrls?.local[0] as string);
    return await page.evaluate((given) => (globalThis as unknown as { doTask: DoTask }).doTask(given), task);
  } catch (error) {
    throw browserError(`${task.form}: ${error instanceof Error ? error.message : error}`);
  } finally {
    await browser.close();
    await server?.close();
  }
}

function findChromium(): string {
  const named = process.env.CHROME_PATH;
  const places = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const found = [...(named ? [named] : []), ...places.map((name) => `/usr/bin/${name}`)].find(existsSync);
  if (found !== undefined) return found;
  throw browserError("There is no Chromium: install it (Debian: apt install chromium), or name one in CHROME_PATH.");
}

function browserError(message: string): SaenoError {
  return new SaenoError("conformance.browser", message, { kind: "data" });
}
