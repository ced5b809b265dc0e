/** What the site knows of the repository: its root, its address, and its documents. */
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const forge = "https://github.com/saeno/saeno";

/** Every document that readers see, by its path in the repository. */
export function documents() {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], { cwd: root, encoding: "utf8" });
  return files
    .split("\n")
    .filter((file) => file !== "" && !/^(\.changeset|\.github)\/|CHANGELOG\.md$|__fixtures__/.test(file))
    .filter((file) => existsSync(join(root, file)));
}

/**
 * A link of a document, as the site has it: folders lead to their README, files that are not documents to the forge.
 *
 * @param {string} href as it is written
 * @param {string} from the document, by its path in the repository
 * @throws Error where nothing is there
 */
export function resolveLink(href, from) {
  if (/^([a-z]+:|#|\/)/.test(href)) return href;
  const [path, hash] = href.split("#");
  const target = posix.join(posix.dirname(from), decodeURI(path));
  const place = join(root, target);
  const anchor = hash === undefined ? "" : `#${hash}`;
  if (!existsSync(place)) throw new Error(`${from}: the link ${href} leads nowhere`);
  if (!statSync(place).isDirectory()) return target.endsWith(".md") ? href : `${forge}/blob/main/${target}${anchor}`;
  if (!existsSync(join(place, "README.md"))) return `${forge}/tree/main/${target}${anchor}`;
  return `${path.replace(/\/?$/, "/")}README.md${anchor}`;
}
