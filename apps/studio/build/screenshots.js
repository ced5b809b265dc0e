/** Pictures of every view for docs/images/studio, or of those that are named: light and dark, 1440 and 390 pixels wide. Needs a built studio and a Chromium (CHROME_PATH). */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { preview } from "vite";

const folder = fileURLToPath(new URL("../../../docs/images/studio/", import.meta.url));
const run = "run=demo/fno&beside=demo/cnn";
const views = {
  open: "",
  concepts: `#/concepts?${run}`,
  concept: `#/concept?${run}&concept=8&points=64`,
  sample: `#/sample?${run}&sample=3&concept=8&edits=move.8.10,8_scale.5.0&points=64`,
  network: "#/network?run=demo/network&sample=3&concept=15&edits=scale.15.0&output=where",
  compare: `#/compare?${run}`,
  train: "#/train",
};
const wanted = process.argv.slice(2);
const widths = { 1440: 900, 390: 844 };

mkdirSync(folder, { recursive: true });
const server = await preview({ root: fileURLToPath(new URL("..", import.meta.url)), preview: { port: 0 } });
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  for (const colorScheme of ["light", "dark"]) {
    for (const [width, height] of Object.entries(widths)) {
      const page = await browser.newPage({ viewport: { width: Number(width), height }, colorScheme });
      for (const [view, hash] of Object.entries(views)) {
        if (wanted.length > 0 && !wanted.includes(view)) continue;
        await page.goto(`${server.resolvedUrls.local[0]}${hash}`);
        if (view === "train") await page.getByRole("button", { name: "Train", exact: true }).click();
        // What comes little by little: pictures of concepts, or half of a training.
        await page.waitForTimeout(view === "train" ? 8000 : 4000);
        const picture = await page.screenshot({ scale: "css" });
        const small = await sharp(picture).png({ palette: true, colors: 96, effort: 10 }).toBuffer();
        writeFileSync(`${folder}${view}-${colorScheme}-${width}.png`, small);
      }
      await page.close();
    }
  }
} finally {
  await browser.close();
  await server.close();
}
