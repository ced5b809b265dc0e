/**
 * Lists whose software ours is made of, and under which license: docs/third-party.md.
 *
 *     pnpm third-party [--check]
 *
 * `--check` fails if the list is out of date, or if a license is not among those that fit ours.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const file = fileURLToPath(new URL("../docs/third-party.md", import.meta.url));

/** Licenses that ask for no more than their notice, and those of libraries that are linked as they are. */
const fitting = new Set([
  "0BSD",
  "Apache-2.0",
  "(Apache-2.0 AND BSD-3-Clause)",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "LGPL-3.0-or-later",
  "MIT",
  "MIT-0",
  "NIST-Software AND BSD-3-Clause",
  "Python-2.0",
  "Unlicense",
]);
/** Read in the package, where its manifest names none. */
const read = { h5wasm: "NIST-Software AND BSD-3-Clause" };
/** What the pages of the studio have inside, and what kernels are compiled with and take along. */
const bundled = new Set(["preact", "@preact/signals", "@preact/signals-core", "comlink", "fflate"]);

const list = (...flags) => {
  const packages = ["--filter", "./packages/*", "--filter", "./apps/*"];
  const text = execFileSync("pnpm", [...packages, "licenses", "list", "--json", ...flags], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  return Object.values(JSON.parse(text)).flat();
};
/** Binaries are a package for each platform. */
const plain = (name) => name.replace(/-(linux|linuxmusl|darwin|win32)-\w+$/, "-*");

const found = new Map();
for (const { name, versions, license, homepage } of [
  ...list("--prod"),
  ...list().filter(({ name }) => bundled.has(name)),
]) {
  found.set(plain(name), { versions, license: read[name] ?? license, homepage });
}
const rows = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
const unfit = rows.filter(([, { license }]) => !fitting.has(license));
const cell = ([name, { versions, license, homepage }]) =>
  `| ${homepage ? `[${name}](${homepage})` : name} | ${versions.join(", ")} | ${license} |`;
const text = `# Third-party software

What the packages install, and what the pages of the studio have inside. Optional peers (\`webgpu\`, \`@tensorflow/tfjs-node\`) are for users to install. Written by \`pnpm third-party\`.

| package | version | license |
| ------- | ------- | ------- |
${rows.map(cell).join("\n")}
`;

for (const [name, { license }] of unfit) console.error(`${name}: the license ${license} is not among those that fit.`);
if (process.argv.includes("--check")) {
  const isCurrent = readFileSync(file, "utf8") === text;
  if (!isCurrent) console.error("docs/third-party.md is out of date: pnpm third-party.");
  process.exitCode = isCurrent && unfit.length === 0 ? 0 : 1;
  if (process.exitCode === 0) console.log(`${rows.length} packages of others, all under licenses that fit.`);
} else {
  writeFileSync(file, text);
  console.log(`${rows.length} packages in docs/third-party.md.`);
  process.exitCode = unfit.length === 0 ? 0 : 1;
}
