/** Every link of the built site leads to a page, a file or a section that is there. VitePress has checked pages; this checks sections, pictures and the base. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL(".vitepress/dist", import.meta.url));
const base = process.env.SITE_BASE ?? "/";
const pages = new Map(
  readdirSync(dist, { recursive: true })
    .filter((file) => file.endsWith(".html"))
    .map((file) => [join(dist, file), readFileSync(join(dist, file), "utf8")]),
);
const ids = new Map();
for (const [file, html] of pages) ids.set(file, new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)));

const wrong = new Set();
for (const [file, html] of pages) {
  if (file.endsWith("404.html")) continue;
  for (const [, written] of html.matchAll(/\s(?:href|src)="([^"]+)"/g)) {
    if (/^([a-z]+:|\/\/)/.test(written)) continue;
    const [path, hash] = decodeURI(written.replaceAll("&amp;", "&")).split("#");
    const place = path === "" ? file : target(path, file);
    if (place === undefined || !existsSync(place)) wrong.add(`${relative(dist, file)}: ${written} leads nowhere`);
    // Names that differ in case only are numbered by TypeDoc in an order of its own.
    else if (hash && !/-\d+$/.test(hash) && ids.has(place) && !ids.get(place).has(hash))
      wrong.add(`${relative(dist, file)}: there is no section ${written}`);
  }
}
for (const each of wrong) console.error(each);
console.log(`${pages.size} pages, ${wrong.size} wrong links`);
process.exitCode = wrong.size > 0 ? 1 : 0;

function target(path, from) {
  if (path.startsWith("/") && !path.startsWith(base)) return undefined;
  const place = path.startsWith("/") ? join(dist, path.slice(base.length)) : resolve(dirname(from), path);
  return existsSync(place) && statSync(place).isDirectory() ? join(place, "index.html") : place;
}
