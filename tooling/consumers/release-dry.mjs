/**
 * A release that nobody sees: versions and changelogs are made in a copy of the workspace, packages are built and published to a registry on this
 * machine, and a stranger installs them from it.
 *
 *     pnpm release:dry [--sbom FILE] [--keep]
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments } from "../arguments.mjs";
import { alone } from "./checks/alone.mjs";
import { command } from "./checks/command.mjs";
import { create } from "./checks/create.mjs";
import { serve } from "./registry.mjs";
import { Stranger } from "./stranger.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { flags } = readArguments("Usage: pnpm release:dry [--sbom FILE] [--keep]", {
  sbom: { type: "string" },
  keep: { type: "boolean" },
});
const stranger = new Stranger();
const copy = join(stranger.folder, "workspace");
const tarballs = join(stranger.folder, "tarballs");
mkdirSync(tarballs);
stranger.registry = await serve([], tarballs);

const ours = "--filter ./packages/* --filter ./apps/*";

/** Runs a command in the copy; not synchronously: the registry is in this process. */
function inCopy(line) {
  const [name, ...args] = line.split(" ");
  return stranger.run(name, args, copy, { env: { CI: "true" } });
}

async function step(title, work) {
  const start = Date.now();
  const said = await work();
  console.log(
    `${((Date.now() - start) / 1000).toFixed(1).padStart(6)} s  ${title}${said ? `\n${said.replace(/^/gm, " ".repeat(10))}` : ""}`,
  );
}

try {
  await step("the workspace is copied", async () => {
    const tracked = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
    });
    for (const file of tracked.split("\0").filter(Boolean)) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      cpSync(join(root, file), join(copy, file));
    }
    // Changelogs name the commits of their entries.
    await inCopy("git init --quiet --initial-branch main");
    await inCopy("git add --all");
    await inCopy("git -c user.name=dry -c user.email=dry@localhost commit --quiet --message copy");
    await inCopy("pnpm install --frozen-lockfile --prefer-offline");
  });
  const manifests = () =>
    ["packages", "apps"].flatMap((parent) =>
      readdirSync(join(copy, parent)).map((name) =>
        JSON.parse(readFileSync(join(copy, parent, name, "package.json"), "utf8")),
      ),
    );
  let version;
  await step("versions and changelogs", async () => {
    const before = manifests()[0].version;
    await inCopy("pnpm exec changeset version");
    const versions = new Set(manifests().map((manifest) => manifest.version));
    if (versions.size > 1) throw new Error(`The packages have the versions ${[...versions].join(", ")}, not one.`);
    [version] = versions;
    const left = readdirSync(join(copy, ".changeset")).filter((file) => file.endsWith(".md") && file !== "README.md");
    if (left.length > 0) throw new Error(`Changesets are left: ${left.join(", ")}`);
    const changelog = readFileSync(join(copy, "apps/cli/CHANGELOG.md"), "utf8");
    return `${manifests().length} packages, ${before} -> ${version}; ${changelog.match(/^- /gm).length} entries in the changelog of saeno`;
  });
  await step("packages are built", async () => {
    await inCopy(`pnpm turbo run build ${ours} --concurrency 2`);
  });
  await step("packages are published", async () => {
    const { host } = new URL(stranger.registry.address);
    writeFileSync(join(copy, ".npmrc"), `//${host}/:_authToken=dry\n`, { flag: "a" });
    await inCopy(
      `pnpm --recursive ${ours} publish --registry ${stranger.registry.address} --no-git-checks --access public`,
    );
    const published = stranger.registry.packed.map(({ manifest }) => `${manifest.name}@${manifest.version}`);
    const missing = manifests()
      .map(({ name }) => `${name}@${version}`)
      .filter((name) => !published.includes(name));
    if (missing.length > 0) throw new Error(`These were not published: ${missing.join(", ")}`);
    return published.sort().join(", ");
  });
  for (const { name, title, run } of [...alone, ...command, ...create]) {
    if (["alone/core", "command/bare", "create"].includes(name))
      await step(`a stranger: ${title}`, () => run(stranger));
  }
  await step(`saeno --version says ${version}`, async () => {
    const folder = await stranger.installed(["saeno"]);
    const said = await stranger.run("npx", ["saeno", "--version"], folder);
    if (said.trim() !== version) throw new Error(`It says ${said}`);
    if (flags.sbom === undefined) return undefined;
    const file = resolve(flags.sbom);
    writeFileSync(file, await stranger.run("npm", ["sbom", "--omit", "dev", "--sbom-format", "cyclonedx"], folder));
    return `${JSON.parse(readFileSync(file, "utf8")).components.length} components in ${file}`;
  });
  console.log("This could be released.");
} catch (error) {
  console.error(`FAIL ${error.message}\n${String(error.stdout ?? "").slice(-3000)}`);
  process.exitCode = 1;
} finally {
  stranger.registry.stop();
  if (flags.keep) console.log(`Everything is in ${stranger.folder}`);
  else stranger.leave();
}
