/** The API of every package, from its docstrings, as pages of the site. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Application, Converter } from "typedoc";
import { forge, root } from "./repository.js";

const entries = new Map();
for (const folder of readdirSync(join(root, "packages"))) {
  const { exports } = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
  for (const name of Object.keys(exports).filter((name) => !/\.json$|\*/.test(name))) {
    const file = name === "." ? "index" : name.slice(2);
    entries.set(`packages/${folder}/src/${file}.ts`, `@saeno/${folder}${name.slice(1)}`);
  }
}

const application = await Application.bootstrapWithPlugins({
  plugin: ["typedoc-plugin-markdown"],
  name: "API",
  entryPoints: [...entries.keys()].map((file) => join(root, file)),
  basePath: root,
  displayBasePath: root,
  tsconfig: "tsconfig.json",
  // Types are checked by `pnpm typecheck`.
  skipErrorChecking: true,
  logLevel: "Error",
  readme: "none",
  githubPages: false,
  excludeInternal: true,
  excludeExternals: true,
  gitRevision: "main",
  sourceLinkTemplate: `${forge}/blob/main/{path}#L{line}`,
  disableGit: true,
  router: "module",
  entryFileName: "index",
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  tableColumnSettings: { hideModifiers: true, hideSources: true },
  outputs: [{ name: "markdown", path: "api" }],
});
application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const module of project.children ?? []) {
    const file = module.sources?.[0]?.fullFileName.slice(root.length + 1);
    module.name = entries.get(file) ?? module.name;
  }
});
const project = await application.convert();
if (project === undefined) throw new Error("TypeDoc did not understand the packages");
// TypeDoc leaves out what its tsconfig.json does not name.
const written = project.children.map(({ name }) => name);
const missing = [...entries.values()].filter((name) => !written.includes(name));
if (missing.length > 0) throw new Error(`Not in the API: ${missing.join(", ")}`);
await application.generateOutputs(project);
