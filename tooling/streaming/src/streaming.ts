/** `pnpm streaming`: what training on 20 GB of HDF5 and Zarr costs, next to the same data in memory. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { markdownTable } from "markdown-table";
import { inChunk, points, writeHdf5, writeNpy, writeZarr } from "./big-files.ts";

export interface Measured {
  readonly stepsPerSecond: number;
  /** Of all threads. */
  readonly cpuSecondsPerStep: number;
  /** The most that was resident, in 2^20 bytes. */
  readonly residentMb: number;
  readonly reading: string;
}

interface Flags {
  readonly gb: string;
  readonly steps: string;
  readonly repeats: string;
  readonly memory?: string;
}

const say = (line: string) => process.stderr.write(`${line}\n`);

new Command("streaming")
  .description(
    "Makes 20 GB of fields as an HDF5 file and as a Zarr store, both small on disk, and trains on them at the sizes of the benchmark's fno-img,\n" +
      "in turn with as many steps on data in memory, each in a process of its own. Linux only: memory is read from /proc.",
  )
  .option("--gb <n>", "size of the data, unpacked", "20")
  .option("--steps <n>", "steps that are timed, in each process", "150")
  .option("--repeats <n>", "processes for each source", "3")
  .option("--memory <mb>", "the option memory of the data (default: its own)")
  .action(streaming)
  .parseAsync();

async function streaming({ gb, steps, repeats, memory }: Flags): Promise<void> {
  const samples = Math.round((Number(gb) * 2 ** 30) / (4 * points ** 2) / inChunk) * inChunk;
  const folder = mkdtempSync(join(tmpdir(), "saeno-streaming-"));
  const file = (name: string) => join(folder, name);
  try {
    const begun = performance.now();
    writeNpy(file("first.npy"));
    await writeHdf5(file("big.h5"), samples);
    writeZarr(file("big.zarr"), samples);
    say(`made ${gb} GB twice in ${((performance.now() - begun) / 1000).toFixed(0)} s: ${samples} samples in ${folder}`);
    const option = memory === undefined ? "" : `,memory=${memory}`;
    const sources = {
      "in memory": `npy:${file("first.npy")}`,
      HDF5: `hdf5:${file("big.h5")}${option}`,
      Zarr: `zarr:${file("big.zarr")}${option}`,
    };
    const all = new Map<string, Measured[]>();
    for (let repeat = 0; repeat < Number(repeats); repeat++) {
      for (const [name, source] of Object.entries(sources)) {
        const measured = measure(source, steps);
        say(
          `${name}: ${measured.stepsPerSecond.toFixed(3)} steps/s, ${measured.residentMb.toFixed(0)} MB. ${measured.reading}`,
        );
        all.set(name, [...(all.get(name) ?? []), measured]);
      }
    }
    process.stdout.write(`${table(all)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(source: string, steps: string): Measured {
  const script = new URL("measure.js", import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, source, steps], { encoding: "utf8" });
  if (status !== 0) throw new Error(`training on ${source} failed:\n${stderr}`);
  return JSON.parse(stdout);
}

function table(all: ReadonlyMap<string, readonly Measured[]>): string {
  const fastest = (name: string) => Math.max(...(all.get(name) ?? []).map(({ stepsPerSecond }) => stepsPerSecond));
  const leastCpu = (name: string) =>
    Math.min(...(all.get(name) ?? []).map(({ cpuSecondsPerStep }) => cpuSecondsPerStep));
  const rows = [...all].map(([name, runs]) => [
    name,
    fastest(name).toFixed(3),
    (fastest(name) / fastest("in memory")).toFixed(2),
    leastCpu(name).toFixed(3),
    (leastCpu("in memory") / leastCpu(name)).toFixed(2),
    Math.max(...runs.map(({ residentMb }) => residentMb)).toFixed(0),
  ]);
  return markdownTable([["source", "steps/s", "of in memory", "CPU s/step", "of in memory", "MB resident"], ...rows], {
    align: ["l", "r", "r", "r", "r", "r"],
  });
}
