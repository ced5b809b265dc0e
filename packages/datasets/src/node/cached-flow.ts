import { createHash, randomUUID } from "node:crypto";
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
 * `flow`, with its coefficients kept in a folder and read back when the same simulation is asked for again, on any grid. A damaged file, by its checksum,
 * is computed again.
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
  const bytes = encodeSafetensors(
    { re: { shape, values: spectra.re }, im: { shape, values: spectra.im } },
    { sha256: checksum(spectra) },
  );
  try {
    await mkdir(directory, { recursive: true });
    const partial = `${file}.partial-${randomUUID()}`;
    await writeFile(partial, bytes, { flag: "wx" });
    await rename(partial, file);
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
    const { tensors, metadata } = parseSafetensors(await readFile(file), file);
    const [re, im] = ["re", "im"].map((name) => tensors.get(name)?.values);
    if (!isWhole(re, samples) || !isWhole(im, samples)) return undefined;
    const spectra = { re, im, samples };
    return metadata.sha256 === checksum(spectra) ? spectra : undefined;
  } catch {
    return undefined;
  }
}

/** Of the numbers, so that what was changed on the disk is computed anew and not used. */
function checksum({ re, im }: FlowSpectra): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of [re, im])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex");
}

function isWhole(values: ArrayLike<number> | undefined, samples: number): values is Float32Array {
  return values instanceof Float32Array && values.length === samples * 31 * 16 && values.every(Number.isFinite);
}

/** Where generated and downloaded data is kept between runs. */
export function cacheDirectory(): string {
  return process.env.SAENO_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "saeno");
}

export const cachedFlowComponent: DatasetComponent = flowComponentOf(
  (options, context) => cachedFlow(options, context.cacheDirectory ?? cacheDirectory()),
  (context) => `, kept in ${context.cacheDirectory ?? cacheDirectory()}`,
);
