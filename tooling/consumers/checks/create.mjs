/** `npm create saeno`, and what it makes. */
import { existsSync } from "node:fs";
import { join } from "node:path";

const most = 90;

export const create = [
  {
    name: "create",
    title: `npm create saeno, to a green test in at most ${most} s; then its training and report`,
    async run(stranger) {
      const folder = stranger.project();
      const mine = join(folder, "my-concepts");
      const npm = (args, cwd) => stranger.run("npm", args, cwd);
      const start = Date.now();
      await npm(["create", "saeno", "my-concepts"], folder);
      await npm(["install"], mine);
      const tested = await npm(["test"], mine);
      const seconds = (Date.now() - start) / 1000;
      const [, count] = /pass (\d+)/.exec(tested) ?? [];
      await npm(["run", "train"], mine);
      await npm(["run", "report"], mine);
      if (!existsSync(join(mine, "runs/first/report.html"))) throw new Error("There is no report.html.");
      const again = await stranger.run("npm", ["create", "saeno", "my-concepts"], folder, { fails: true });
      if (!again.includes("is not empty")) throw new Error(`A folder that is not empty is not refused: ${again}`);
      const said = `${count} tests green after ${seconds.toFixed(1)} s`;
      if (seconds > most) throw new Error(said);
      return said;
    },
  },
];
