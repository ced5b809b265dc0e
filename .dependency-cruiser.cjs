/** Which package may import which, besides itself: dependencies point one way. Tests and benchmarks may also use the wasm backend. */
const fourier = ["backend", "fft"];
const model = [...fourier, "activations", "lifting", "datasets", "core"];
const allowed = {
  backend: [],
  "backend-wasm": ["backend"],
  "backend-webgpu": ["backend"],
  "backend-node": ["backend"],
  fft: ["backend"],
  activations: fourier,
  lifting: fourier,
  datasets: fourier,
  core: [...fourier, "activations", "lifting", "datasets"],
  interop: model,
  training: model,
  metrics: model,
  inspect: [...model, "metrics"],
  networks: [...model, "metrics", "inspect"],
  report: [...model, "metrics", "inspect", "experiments"],
  experiments: [...model, "metrics", "training", "inspect"],
};

const tests = "(?:\\.test\\.ts$|/benchmarks/)";
const packageNames = Object.keys(allowed).join("|");

/** Any other package than these, as a path. */
function otherThan(names) {
  return `^(packages/(?!(?:${names.join("|")})/)|apps/)`;
}

const directions = Object.entries(allowed).flatMap(([name, others]) => [
  {
    name: `direction-of-${name}`,
    comment: `${name} builds on ${others.join(", ") || "no other package"}.`,
    severity: "error",
    from: { path: `^packages/${name}/`, pathNot: tests },
    to: { path: otherThan([name, ...others]) },
  },
  {
    name: `direction-of-tests-of-${name}`,
    comment: `Tests and benchmarks of ${name} may use what it may use, and backend-wasm.`,
    severity: "error",
    from: { path: `^packages/${name}/.*${tests}` },
    to: { path: otherThan([name, ...others, "backend-wasm"]) },
  },
]);

module.exports = {
  forbidden: [
    ...directions,
    {
      name: "package-without-a-place",
      comment: "A new package needs a line in the table of this file.",
      severity: "error",
      from: { path: `^packages/(?!(?:${packageNames})/)` },
      to: {},
    },
    {
      name: "inside-of-another-package",
      comment: "Import a package by its name: its src and dist are its own.",
      severity: "error",
      from: { path: "^((?:packages|apps)/[^/]+)/" },
      to: { path: "^(packages|apps)/", pathNot: "^$1/", dependencyTypes: ["local"] },
    },
    {
      name: "whole-configuration",
      comment:
        "Only what runs, keeps or plans whole runs sees a whole configuration; everything else is given its own part.",
      severity: "error",
      from: {
        path: "^packages/experiments/src/(data|model|run|recipes|sweep)/",
        pathNot: `${tests}|/(run-experiment|plan-figure|run-sweep|demonstration)\\.ts$`,
      },
      to: { path: "^packages/experiments/src/configuration/run-config" },
    },
    {
      name: "tfjs-backend-outside-of-backend-packages",
      comment: "Only the packages backend* bring a tfjs backend, so that a program chooses one.",
      severity: "error",
      from: { pathNot: "^packages/backend[^/]*/" },
      to: { path: "@tensorflow[/+]tfjs-(backend-|node)" },
    },
    {
      name: "cycle",
      comment: "Files that need each other at run time are one file, or lack a third.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "not-in-package-json",
      comment: "What is imported is declared, or it is missing where the package is installed.",
      severity: "error",
      from: { path: "^(packages|apps)/[^/]+/src/", pathNot: tests },
      // An optional peer counts as both declared and not; what `imports` names is declared there.
      to: {
        dependencyTypes: ["npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["npm-peer", "aliased-subpath-import"],
      },
    },
    {
      name: "node-in-pages",
      comment: "What runs in a page has no Node in it: that is under /node.",
      severity: "error",
      from: {
        path: "^(packages/(experiments|inspect|networks)|apps/studio)/src/",
        pathNot: [tests, "^packages/(experiments|networks)/src/node[./]", "^apps/studio/src/e2e/"],
      },
      to: {
        path: [
          "^packages/experiments/src/node[./]",
          "^packages/[^/]+/dist/node[.]",
          "^node:",
          "^(fs|os|path|url|crypto|process|child_process)(/|$)",
        ],
      },
    },
    {
      name: "unresolved",
      comment: "Imported but nowhere to be found. Packages find each other once they are built: pnpm build.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ["(^|/)node_modules/", "(^|/)dist/"] },
    exclude: {
      path: ["(^|/)__fixtures__/", "^tooling/consumers/project/", "^apps/create-saeno/template/", "\\.turbo/"],
    },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "default", "node", "types"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json", ".d.ts"],
    },
  },
};
