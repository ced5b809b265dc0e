/** Single packages, installed by the line of their README, run the example that follows it. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../stranger.mjs";

const mostUsed = ["core", "fft", "activations", "lifting", "metrics", "datasets"];
const most = 25;

export const alone = [
  ...mostUsed.map((name) => ({
    name: `alone/${name}`,
    title: `@saeno/${name} and its example`,
    quick: name === "core" || name === "datasets",
    async run(stranger) {
      const first = await stranger.installed([`@saeno/${name}`], { flags: ["--no-save"] });
      const readme = join(first, `node_modules/@saeno/${name}/README.md`);
      const line = codeOf(readme, "sh")
        .split("\n")
        .find((each) => each.startsWith("npm install "));
      const folder = await stranger.installed(line.split(/\s+/).slice(2));
      writeFileSync(join(folder, "example.js"), codeOf(readme, "js"));
      await stranger.run(process.execPath, ["example.js"], folder);
      return `${countPackages(folder)} packages`;
    },
  })),
  {
    name: "alone/count",
    title: `core and backend-wasm install at most ${most} packages`,
    quick: true,
    async run(stranger) {
      const count = countPackages(await stranger.installed(["@saeno/core", "@saeno/backend-wasm"]));
      if (count > most) throw new Error(`They install ${count} packages.`);
      return `${count} packages`;
    },
  },
];

function countPackages(folder) {
  const lists = (path) =>
    readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  const inside = (path) =>
    lists(path).flatMap(({ name }) =>
      name.startsWith("@") ? lists(join(path, name)).map((one) => `${name}/${one.name}`) : [name],
    );
  return inside(join(folder, "node_modules")).length;
}
