/**
 * Uses saeno as strangers do: from packed packages, installed by npm into empty folders from a registry on this machine.
 *
 *     pnpm build && pnpm consumers [NAME..] [--quick] [--list] [--keep]
 *
 * Names are beginnings: `pnpm consumers alone bundlers/vite`. `--quick` takes a fixed sample, which CI does.
 */
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments } from "../arguments.mjs";
import { alone } from "./checks/alone.mjs";
import { bundlers } from "./checks/bundlers.mjs";
import { command } from "./checks/command.mjs";
import { create } from "./checks/create.mjs";
import { runtimes } from "./checks/runtimes.mjs";
import { sizes } from "./checks/sizes.mjs";
import { types } from "./checks/types.mjs";
import { packAll, serve } from "./registry.mjs";
import { Skip, Stranger } from "./stranger.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { flags, names } = readArguments(
  "Usage: pnpm consumers [NAME..] [--quick] [--list] [--keep]\n\nNames are beginnings, as in: pnpm consumers alone bundlers/vite. --quick takes a fixed sample, --keep leaves the folders.",
  { quick: { type: "boolean" }, list: { type: "boolean" }, keep: { type: "boolean" } },
);

const all = [...alone, ...types, ...command, ...create, ...sizes, ...bundlers, ...runtimes];
const chosen = all.filter(({ name, quick }) =>
  names.length > 0 ? names.some((start) => name.startsWith(start)) : !flags.quick || quick,
);
if (flags.list) {
  for (const { name, title, quick } of all) console.log(`${quick ? "*" : " "} ${name.padEnd(24)} ${title}`);
  process.exit(0);
}
if (chosen.length === 0) {
  console.error(`There is no check that begins with ${names.join(" or ")}; pnpm consumers --list shows all.`);
  process.exit(2);
}

const stranger = new Stranger();
const counts = { ok: 0, skip: 0, FAIL: 0 };
try {
  const since = Date.now();
  stranger.registry = await serve(packAll(root, join(stranger.folder, "tarballs"), ["0.1.0", "0.1.1"]));
  console.log(`${stranger.registry.packed.length / 2} packages packed in ${seconds(since)}`);
  for (const { name, title, run } of chosen) {
    const start = Date.now();
    const [result, text] = await run(stranger).then(
      (said) => ["ok", said],
      (error) => (error instanceof Skip ? ["skip", error.message] : ["FAIL", error.message]),
    );
    counts[result]++;
    console.log(
      `${result.padEnd(4)} ${seconds(start).padStart(7)}  ${name}: ${title}${text ? `\n${text.replace(/^/gm, " ".repeat(14))}` : ""}`,
    );
  }
  console.log(
    `${counts.ok} passed, ${counts.FAIL} failed, ${counts.skip} skipped in ${seconds(since)}, at a load of ${loadavg()[1].toFixed(1)} on ${availableParallelism()} cores`,
  );
} finally {
  stranger.registry?.stop();
  if (flags.keep) console.log(`Everything is in ${stranger.folder}`);
  else stranger.leave();
}
process.exit(counts.FAIL === 0 ? 0 : 1);

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
