/** The example of @saeno/core in every runtime that its manifest promises, and a training with the command. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf, Skip } from "../stranger.mjs";

const { platform, arch } = process;
const packages = [
  "@saeno/core",
  "@saeno/activations",
  "@saeno/backend",
  "@saeno/backend-wasm",
  "@saeno/fft",
  "@tensorflow/tfjs-core@4.22.0",
];

const runtime = (name, program, path, args, quick = false) => ({
  name: `runtimes/${name}`,
  title: `the example of core in ${name.replace("-", " ")}`,
  quick,
  async run(stranger) {
    const tool = await stranger.installed([program], { flags: ["--force"] }).catch((error) => {
      throw new Skip(`${program} cannot be installed here: ${error.message.split("\n")[1]}`);
    });
    const binary = join(tool, "node_modules", path);
    if (!existsSync(binary)) throw new Skip(`${program} has no ${path}`);
    const folder = await stranger.installed(packages);
    writeFileSync(join(folder, "example.js"), codeOf(join(folder, "node_modules/@saeno/core/README.md"), "js"));
    const version = await stranger.run(binary, ["--version"], folder);
    await stranger.run(binary, [...args, "example.js"], folder);
    return version.trim().split("\n")[0];
  },
});

const node = (version, quick) =>
  runtime(`node-${version}`, `node-${platform}-${arch}@${version}`, `node-${platform}-${arch}/bin/node`, [], quick);

export const runtimes = [
  node(20),
  node(22),
  node(24, true),
  runtime("bun", `@oven/bun-${platform}-${arch}`, `@oven/bun-${platform}-${arch}/bin/bun`, []),
  runtime(
    "deno",
    `@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`,
    `@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}/deno`,
    ["run", "--allow-all"],
  ),
];
