#!/usr/bin/env node
/** `npm create saeno [FOLDER]`: copies the template, with this version of saeno. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const usage = "Usage: npm create saeno [FOLDER]";

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" }, version: { type: "boolean" } },
  });
  if (values.help)
    console.log(`${usage}\n\nMakes a project that trains a sparse autoencoder, in FOLDER (default: my-saeno).`);
  else if (values.version) console.log(version);
  else if (positionals.length > 1) throw new Error(`One folder, please; got ${positionals.join(", ")}. ${usage}`);
  else create(resolve(positionals[0] ?? "my-saeno"));
} catch (error) {
  console.error(`create-saeno: ${error.message}`);
  process.exitCode = 2;
}

function create(folder) {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`${folder} is not empty: name a folder that is new.`);
  mkdirSync(folder, { recursive: true });
  cpSync(join(here, "template"), folder, { recursive: true });
  // npm leaves files of this name out of packages.
  renameSync(join(folder, "gitignore"), join(folder, ".gitignore"));
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  const name =
    basename(folder)
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, "-")
      .replace(/^-+|-+$/g, "") || "my-saeno";
  writeFileSync(join(folder, "package.json"), manifest.replace("NAME", name).replaceAll("VERSION", `^${version}`));
  const inside = relative(process.cwd(), folder);
  const place = inside.startsWith("..") ? folder : inside;
  console.log(`
The project ${name} is in ${folder}. Next:

${place === "" ? "" : `  cd ${place}\n`}  npm install
  npm test                      the variant holds what every activation must
  npm run train                 writes runs/first
  npm run report                what was learned, as a page
`);
}
