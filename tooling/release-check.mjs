/**
 * Packs every package that will be published and looks at what users would get: publint and "are the types wrong" on the
 * tarball, and what each of our packages must carry. Prints a table; ends with 1 if anything is wrong.
 *
 *     pnpm build && pnpm release:check
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const largestFile = 1_000_000;
/** A page that is one file, all that it needs in it. */
const largestPage = 8_000_000;
const home = "https://github.com/saeno/saeno";

const folder = mkdtempSync(join(tmpdir(), "saeno-release-"));
try {
  const reports = publishablePackages().map(check);
  const table = reports.map(({ name, version, files, kilobytes, problems }) => ({
    package: name,
    version,
    files,
    kB: kilobytes,
    result: problems.length === 0 ? "ok" : `${problems.length} problem${problems.length > 1 ? "s" : ""}`,
  }));
  console.table(table);
  for (const { name, problems } of reports) for (const problem of problems) console.log(`${name}: ${problem}`);
  const bad = reports.filter(({ problems }) => problems.length > 0).length;
  console.log(
    bad === 0
      ? `All ${reports.length} packages can be published.`
      : `${bad} of ${reports.length} packages cannot be published.`,
  );
  process.exitCode = bad === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function publishablePackages() {
  return ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(root, parent))
      .map((name) => join(root, parent, name))
      .filter((path) => existsSync(join(path, "package.json")))
      .filter((path) => readManifest(path).private !== true),
  );
}

function check(path) {
  const { name, version } = readManifest(path);
  const target = join(folder, name.replaceAll(/[@/]/g, "-"));
  const packed = runTool("pnpm", ["pack", "--pack-destination", target], path);
  if (packed.status !== 0)
    return { name, version, files: 0, kilobytes: 0, problems: [`pnpm pack failed: ${packed.output}`] };

  const tarball = join(
    target,
    readdirSync(target).find((file) => file.endsWith(".tgz")),
  );
  runTool("tar", ["-xzf", tarball, "-C", target], root);
  const content = join(target, "package");
  const files = listFiles(content);
  const problems = [
    ...manifestProblems(readManifest(content), files, path.includes(join(root, "apps"))),
    ...originProblems(readManifest(content), path.slice(root.length).replaceAll("\\", "/")),
    ...fileProblems(files),
    ...toolProblems("publint", ["run", tarball, "--strict"]),
    ...toolProblems("attw", [tarball, "--profile", "esm-only", "--format", "ascii", "--no-emoji", "--no-color"]),
  ];
  const bytes = files.reduce((total, file) => total + file.size, 0);
  return { name, version, files: files.length, kilobytes: Math.round(bytes / 1000), problems };
}

function manifestProblems(manifest, files, isApplication) {
  const problems = [];
  const has = (path) => files.some((file) => file.path === path.replace(/^\.\//, ""));
  for (const field of ["description", "license", "type", "sideEffects", "engines", "exports", "keywords"]) {
    if (manifest[field] === undefined) problems.push(`package.json lacks "${field}"`);
  }
  if (manifest.engines?.node === undefined) problems.push('package.json lacks "engines.node"');
  for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target === "string") {
      const isThere = target.includes("*") ? files.some(({ path }) => matches(path, target)) : has(target);
      if (!isThere) problems.push(`export "${entry}" points at ${target}, which is not packed`);
      continue;
    }
    for (const condition of ["types", "default"]) {
      if (target[condition] === undefined) problems.push(`export "${entry}" lacks "${condition}"`);
      else if (!has(target[condition]))
        problems.push(`export "${entry}" points at ${target[condition]}, which is not packed`);
    }
  }
  for (const target of Object.values(manifest.bin ?? {})) {
    if (!has(target)) problems.push(`"bin" points at ${target}, which is not packed`);
  }
  for (const pattern of [manifest.sideEffects ?? []].flat().filter((each) => typeof each === "string")) {
    if (!files.some(({ path }) => matches(path, pattern)))
      problems.push(`"sideEffects" names ${pattern}, which matches no file`);
  }
  const core = "@tensorflow/tfjs-core";
  // A program brings the engine, or has it inside; libraries leave it to the program, so that there is one.
  const range = isApplication ? manifest.dependencies?.[core] : manifest.peerDependencies?.[core];
  const hasAllInside = isApplication && manifest.dependencies === undefined;
  if (!hasAllInside && !/^\d+\.\d+\.\d+$/.test(range ?? "")) {
    problems.push(
      `${core} must be an exact ${isApplication ? "dependency" : "peer dependency"}; found ${range ?? "none"}`,
    );
  }
  const ranges = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
  for (const [name, wanted] of Object.entries(ranges)) {
    if (wanted.startsWith("workspace:")) problems.push(`the dependency ${name} is still ${wanted}`);
  }
  return problems;
}

/** Where the package comes from, so that a registry's page leads to its source, its readme and its issues. */
function originProblems({ author, homepage, bugs, repository }, directory) {
  const found = {
    author,
    homepage,
    bugs,
    "repository.url": repository?.url,
    "repository.directory": repository?.directory,
  };
  const wanted = {
    author: `The saeno authors (${home})`,
    homepage: `${home}/tree/main/${directory}#readme`,
    bugs: `${home}/issues`,
    "repository.url": `git+${home}.git`,
    "repository.directory": directory,
  };
  return Object.entries(wanted)
    .filter(([field, value]) => found[field] !== value)
    .map(([field, value]) => `"${field}" in package.json must be "${value}"; found ${JSON.stringify(found[field])}`);
}

function fileProblems(files) {
  const problems = ["README.md", "LICENSE"]
    .filter((name) => !files.some(({ path }) => path === name))
    .map((name) => `${name} is missing`);
  for (const { path, size } of files) {
    if (size > (path.endsWith(".html") ? largestPage : largestFile))
      problems.push(`${path} has ${Math.round(size / 1000)} kB`);
    // What a template has is for the project that is made of it.
    if (path.startsWith("template/")) continue;
    if (/\.test\.|__fixtures__|\.tsbuildinfo$|^src\//.test(path))
      problems.push(`${path} does not belong in the package`);
  }
  return problems;
}

function toolProblems(tool, toolArguments) {
  const { status, output } = runTool(join(root, "node_modules", ".bin", tool), toolArguments, root);
  return status === 0 ? [] : [`${tool}:\n${output.replaceAll(/^/gm, "    ")}`];
}

function runTool(command, commandArguments, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, commandArguments, {
    cwd,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  return { status, output: error ? error.message : `${stdout}${stderr}`.trim() };
}

function listFiles(base) {
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      return { path: path.slice(base.length + 1).replaceAll("\\", "/"), size: readFileSync(path).length };
    });
}

/** A pattern of package.json with `*` for any part of a name. */
function matches(path, pattern) {
  const escaped = pattern.replace(/^\.\//, "").replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", "[^/]*")}$`).test(path);
}

function readManifest(path) {
  return JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
}
