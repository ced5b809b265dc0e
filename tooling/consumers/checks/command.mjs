/** The command `saeno`, and programs of one's own. */
import { existsSync } from "node:fs";
import { join } from "node:path";

const small = ["--data", "sparse-functions:8", "--limit", "64", "--test", "8", "--batch", "8", "--steps", "5"];

export const command = [
  {
    name: "command/program",
    title: "a program trains, evaluates on a finer grid and writes a run folder; the command reports it",
    async run(stranger) {
      const packages = ["@saeno/datasets", "@saeno/experiments", "@saeno/backend-wasm", "saeno"];
      const folder = await stranger.installed(packages, { files: ["program.mjs"] });
      const said = await stranger.run(process.execPath, ["program.mjs", "sparse-functions:28,channels=1"], folder);
      await stranger.run("npx", ["saeno", "report", "runs/mine"], folder);
      if (!existsSync(join(folder, "runs/mine/report.html"))) throw new Error("There is no report.html.");
      return said.trim();
    },
  },
  {
    name: "command/plugin",
    title: "a command installed elsewhere takes a plugin with its own copies of another patch version",
    quick: true,
    async run(stranger) {
      const command = await stranger.installed(["saeno@0.1.0"]);
      const packages = ["@saeno/activations@0.1.1", "@saeno/backend@0.1.1", "valibot@1.5.0"];
      const folder = await stranger.installed(packages, { files: ["plugin.mjs"] });
      const saeno = join(command, "node_modules/.bin/saeno");
      const args = ["train", ...small, "--activation", "half-wave", "--out", "run"];
      await stranger.run(saeno, ["--plugin", "./plugin.mjs", ...args], folder);
      await stranger.run(saeno, ["--plugin", "./plugin.mjs", "eval", "run"], folder);
      const missing = await stranger.run(saeno, ["eval", "run"], folder, { fails: true });
      if (!missing.includes("--plugin")) throw new Error(`eval without the plugin does not say --plugin: ${missing}`);
    },
  },
  {
    name: "command/global",
    title: "the same with a command installed globally, and the plugin a package",
    async run(stranger) {
      const prefix = stranger.project();
      await stranger.run("npm", ["install", "--global", `--prefix=${prefix}`, "saeno@0.1.1"], prefix);
      const folder = await stranger.installed(["@saeno/activations@0.1.0", "@saeno/backend@0.1.0", "valibot@1.5.0"], {
        files: ["plugin.mjs"],
        manifest: { name: "half-wave", exports: "./plugin.mjs" },
      });
      const args = ["--plugin", "half-wave", "train", ...small, "--activation", "half-wave", "--out", "run"];
      await stranger.run(join(prefix, "bin/saeno"), args, folder);
    },
  },
  {
    name: "command/bare",
    title: "without optional packages everything works but images, which say what to install",
    quick: true,
    async run(stranger) {
      const folder = await stranger.installed(["saeno"], { flags: ["--omit=optional"], files: ["array.mjs"] });
      if (existsSync(join(folder, "node_modules/sharp"))) throw new Error("sharp was installed all the same.");
      const saeno = (args, options) => stranger.run("npx", ["saeno", ...args], folder, options);
      const version = await saeno(["--version"]);
      if (!/^\d+\.\d+\.\d+\S*$/.test(version.trim())) throw new Error(`--version says ${version}`);
      await stranger.run(process.execPath, ["array.mjs"], folder);
      await saeno(["train", "--data", "npy:array.npy", "--steps", "5", "--batch", "8", "--test", "8", "--out", "run"]);
      await saeno(["report", "run"]);
      const images = await saeno(["train", "--data", "images:.", "--out", "other"], { fails: true });
      if (!images.includes("npm install sharp")) throw new Error(`Images do not say what to install: ${images}`);
      return `saeno ${version.trim()}`;
    },
  },
  {
    name: "command/demo",
    title: "from an empty folder to trained models and a report: npx saeno demo",
    async run(stranger) {
      const limits = { empty: 60, filled: 25 };
      const times = {};
      const cache = join(stranger.folder, "empty-npm-cache");
      for (const state of ["empty", "filled"]) {
        const folder = stranger.project();
        const start = Date.now();
        await stranger.run("npx", ["saeno", "demo"], folder, { env: { npm_config_cache: cache } });
        times[state] = (Date.now() - start) / 1000;
      }
      const said = `${times.empty.toFixed(1)} s with an empty cache, ${times.filled.toFixed(1)} s with a filled one`;
      if (times.empty > limits.empty || times.filled > limits.filled) throw new Error(`${said}: too slow`);
      return said;
    },
  },
];
