/** Strict TypeScript reads the declarations of every package, ours and theirs, under both ways of resolving that people use. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const browserEntries = [
  "@saeno/activations",
  "@saeno/activations/testing",
  "@saeno/backend",
  "@saeno/backend/conformance",
  "@saeno/backend-wasm",
  "@saeno/backend-webgpu",
  "@saeno/core",
  "@saeno/core/testing",
  "@saeno/datasets",
  "@saeno/datasets/testing",
  "@saeno/experiments",
  "@saeno/experiments/recipes",
  "@saeno/fft",
  "@saeno/inspect",
  "@saeno/interop",
  "@saeno/lifting",
  "@saeno/metrics",
  "@saeno/metrics/testing",
  "@saeno/networks",
  "@saeno/report",
  "@saeno/report/parts",
  "@saeno/training",
];
const nodeEntries = ["@saeno/backend-node", "@saeno/datasets/node", "@saeno/experiments/node"];

export const types = [
  check("nodenext", { module: "nodenext", moduleResolution: "nodenext" }, [...browserEntries, ...nodeEntries], true),
  check("bundler", { module: "esnext", moduleResolution: "bundler" }, browserEntries, false),
];

function check(name, options, entries, inNode) {
  return {
    name: `types/${name}`,
    title: `strict TypeScript, ${name}, skipLibCheck false${inNode ? "" : ", without the types of Node"}`,
    quick: inNode,
    async run(stranger) {
      const packages = new Set(entries.map((entry) => entry.split("/").slice(0, 2).join("/")));
      const extra = [
        "typescript@5.9.3",
        "@tensorflow/tfjs-core@4.22.0",
        "@tensorflow/tfjs-converter@4.22.0",
        ...(inNode ? ["@types/node@20"] : []),
      ];
      const folder = await stranger.installed([...packages, ...extra]);
      const compilerOptions = {
        ...options,
        target: "es2022",
        lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
        strict: true,
        skipLibCheck: false,
        noEmit: true,
      };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["all.ts"] }));
      writeFileSync(
        join(folder, "all.ts"),
        entries.map((entry, i) => `import * as all${i} from "${entry}";\nconsole.log(all${i});\n`).join(""),
      );
      await stranger.run("npx", ["tsc", "-p", "."], folder);
      return `${entries.length} entries`;
    },
  };
}
