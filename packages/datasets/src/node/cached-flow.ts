import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { messageOf, SaenoError } from "@saeno/backend";
import type { DatasetComponent } from "../components/define-dataset.ts";
import type { Dataset } from "../dataset.ts";
import { encodeSafetensors, parseSafetensors } from "../formats/safetensors.ts";
import { checkFlowGrid, type FlowOptions, flowComponentOf, flowDataset } from "../generators/flow.ts";
import { type FlowSpectra, simulateFlow } from "../generators/flow-simulation.ts";

/** Of the numbers a simulation gives: counts up whenever they change. */
const simulationVersion = 1;

/**
 * `flow`, its coefficients kept in a folder and read back when the same simulation is asked for again, on whatever grid.
 * A kept file that is damaged is computed anew.
 */
export async function cachedFlow(options: FlowOptions, directory: string): Promise<Dataset> {
  const { grid, onProgress: _, ...simulation } = options;
  checkFlowGrid(grid);
  const key = createHash("sha256")
    .update(JSON.stringify([simulationVersion, Object.entries(simulation).sort()]))
    .digest("hex");
  const file = join(directory, `flow-${key.slice(0, 16)}.safetensors`);
  const found = await readSpectra(file, simulation.samples);
  if (found !== undefined) return flowDataset(found, grid);
  const spectra = await simulateFlow(options);
  const shape = [spectra.samples, 31, 16];
  const bytes = encodeSafetensors({ re: { shape, values: spectra.re }, im: { shape, values: spectra.im } });
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(`${file}.partial-${process.pid}`, bytes);
    await rename(`${file}.partial-${process.pid}`, file);
  } catch (cause) {
    throw new SaenoError(
      "flow.cache",
      `The folder ${directory} for simulated data cannot be written: ${messageOf(cause)}. Set SAENO_CACHE to another.`,
      { cause },
    );
  }
  return flowDataset(spectra, grid);
}

async function readSpectra(file: string, samples: number): Promise<FlowSpectra | undefined> {
  try {
    const { tensors } = parseSafetensors(await readFile(file), file);
    const [re, im] = ["re", "im"].map((name) => tensors.get(name)?.values);
    return isWhole(re, samples) && isWhole(im, samples) ? { re, im, samples } : undefined;
  } catch {
    return undefined;
  }
}

function isWhole(values: ArrayLike<number> | undefined, samples: number): values is Float32Array {
  return values instanceof Float32Array && values.length === samples * 31 * 16 && values.every(Number.isFinite);
}

/** Where generated and fetched data is kept between runs. */
export function cacheDirectory(): string {
  return process.env.SAENO_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "saeno");
}

export const cachedFlowComponent: DatasetComponent = flowComponentOf(
  (options, context) => cachedFlow(options, context.cacheDirectory ?? cacheDirectory()),
  (context) => `, kept in ${context.cacheDirectory ?? cacheDirectory()}`,
);
