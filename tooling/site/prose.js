/**
 * What a spelling linter does not see: "is no file" for "is not a file", and documents that name a section which is not there, as comments do with
 * `(specification: Activations)`.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import GithubSlugger from "github-slugger";
import { documents, resolveLink, root } from "./repository.js";

/** What may follow "is no": comparisons and idioms. */
const idioms = "longer|more|less|worse|better|faster|slower|larger|smaller|other|reason|need|doubt|one|such|different";
const translated = new RegExp(String.raw`(?<!\b[Tt]here )\b(is|are) no (?!(${idioms})\b)[a-z]+`, "g");
const sources = execFileSync("git", ["ls-files", "*.md", "*.ts", "*.tsx", "*.js", "*.mjs", "*.py"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && !/CHANGELOG\.md$|__fixtures__|site\/prose\.js$/.test(file));

const textOf = (file) => readFileSync(join(root, file), "utf8");
const headings = (text) =>
  [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.+)$/gm)].map(([, title]) => title);
const specification = new Set(headings(textOf("docs/specification.md")));
const wrong = [];

for (const file of sources) {
  textOf(file)
    .split("\n")
    .forEach((line, i) => {
      const place = `${file}:${i + 1}`;
      for (const [found] of line.matchAll(translated)) wrong.push(`${place}: "${found}": say "is not a .."`);
      for (const [, named] of line.matchAll(/\(specification: ([^),;]+)/g)) {
        // `Fourier coefficients to Lifting` names the first and the last of several, `Propositions 3` a part of one.
        for (const section of named.replace(/ \d+$/, "").split(" to "))
          if (!specification.has(section)) wrong.push(`${place}: the specification has no section "${section}"`);
      }
    });
}

for (const file of documents()) {
  const prose = textOf(file)
    .replace(/^```[\s\S]*?^```/gm, "")
    .replace(/`[^`\n]*`/g, "");
  for (const [, href] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    try {
      const [path, section] = resolveLink(href, file).split("#");
      if (section === undefined || /^[a-z]+:/.test(path)) continue;
      const target = path === "" ? file : join(file, "..", path);
      if (!slugs(target).has(section)) wrong.push(`${file}: ${href}: there is no such section`);
    } catch (error) {
      wrong.push(error.message);
    }
  }
}

for (const each of wrong) console.error(each);
if (wrong.length > 0) process.exitCode = 1;
else console.log(`Prose: ${sources.length} files, nothing found.`);

/** The names that the forge gives the sections of a document. */
function slugs(file) {
  const slugger = new GithubSlugger();
  return new Set(
    headings(textOf(file)).map((title) => slugger.slug(title.replace(/[`*_]|\[([^\]]*)\]\([^)]*\)/g, "$1"))),
  );
}
