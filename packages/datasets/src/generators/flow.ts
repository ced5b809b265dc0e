import { type Grid, hostValues, SaenoError, sizeOf, spectrumShape } from "@saeno/backend";
import { synthesize } from "@saeno/fft";
import { tensor } from "@tensorflow/tfjs-core";
import { description, minValue, number, optional, pipe, strictObject } from "valibot";
import { type DatasetComponent, type DatasetContext, defineDataset } from "../components/define-dataset.ts";
import { count, gridOf } from "../components/option-schemas.ts";
import type { Dataset } from "../dataset.ts";
import { delayedProgress } from "../reporter.ts";
import { remembered } from "../transforms/remembered.ts";
import { resampleDataset } from "../transforms/resample.ts";
import { split } from "../transforms/subset.ts";
import { type FlowSimulationOptions, type FlowSpectra, flowModes as modes, simulateFlow } from "./flow-simulation.ts";

export interface FlowOptions extends FlowSimulationOptions {
  /** Points on each axis, at least 31. */
  readonly grid: Grid;
}

/** Points on an axis that hold the simulation's frequencies. */
const least = 2 * modes[0] - 1;

/** @throws SaenoError `flow.grid` for a grid that does not hold the simulation's frequencies. */
export function checkFlowGrid(grid: Grid): void {
  if (grid.length === 2 && grid.every((points) => points >= least)) return;
  throw new SaenoError(
    "flow.grid",
    `The simulated flow has ${modes[0]} modes on each of two axes, so its grid needs at least ${least} points there; got ${grid.join(" x ")}. Use ${2 * modes[0]} or more.`,
  );
}

/**
 * The flow's snapshots on a grid, as a dataset with one channel. On a grid too coarse for all of its frequencies, `at` leaves out those that the grid does
 * not hold.
 *
 * @throws SaenoError `flow.grid`.
 */
export function flowDataset(spectra: FlowSpectra, grid: Grid): Dataset {
  checkFlowGrid(grid);
  const [size, points] = [sizeOf(spectrumShape(modes)), sizeOf(grid)];
  const dataset: Dataset = remembered({
    name: "flow",
    size: spectra.samples,
    grid,
    channels: 1,
    at: async (other) =>
      other.some((points) => points < least) ? resampleDataset(dataset, other) : flowDataset(spectra, other),
    async read(indices) {
      const result = new Float32Array(indices.length * points);
      const chunk = Math.max(1, Math.floor(2 ** 20 / points));
      for (let begin = 0; begin < indices.length; begin += chunk) {
        const count = Math.min(chunk, indices.length - begin);
        const [re, im] = [new Float32Array(count * size), new Float32Array(count * size)];
        for (let i = 0; i < count; i++) {
          const from = indices[begin + i] * size;
          re.set(spectra.re.subarray(from, from + size), i * size);
          im.set(spectra.im.subarray(from, from + size), i * size);
        }
        result.set(onGrid({ re, im }, count, grid), begin * points);
      }
      return result;
    },
  });
  return dataset;
}

/** Simulates a flow and samples it on a grid. The grid does not change the functions: a finer one shows the same flow. */
export async function flow(options: FlowOptions): Promise<Dataset> {
  checkFlowGrid(options.grid);
  return flowDataset(await simulateFlow(options), options.grid);
}

/** The component of flow, simulated by a function that may know it already. `where` says where it is kept, if it is. */
export function flowComponentOf(
  simulate: (options: FlowOptions, context: DatasetContext) => Promise<Dataset>,
  where: (context: DatasetContext) => string = () => "",
): DatasetComponent {
  return defineDataset({
    kind: "flow",
    summary: "vorticity of decaying two-dimensional turbulence, simulated; exact on every grid",
    schema: strictObject({
      grid: optional(pipe(gridOf(2), description("points on each axis, at least 31")), 64),
      viscosity: optional(
        pipe(
          number("must be a number"),
          minValue(0, "must be at least 0"),
          description("kinematic viscosity (default: 1e-3)"),
        ),
      ),
      snapshots: optional(pipe(count, description("snapshots per trajectory (default: 12)"))),
      interval: optional(pipe(number("must be a number"), description("time between snapshots (default: 0.1)"))),
    }),
    shorthand: { option: "grid" },
    async open({ grid, ...given }, context) {
      const { limit = 1000, test = 200, seed, reporter } = context;
      const samples = limit + test;
      reporter.say(
        `flow: ${samples} snapshots of two-dimensional vorticity on ${grid.join(" x ")} (computed once${where(context)})`,
      );
      const { update, stop } = delayedProgress(reporter, "simulate flow");
      const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const all = await simulate({ grid, samples, seed, ...options, onProgress: update }, context).finally(stop);
      return split(all, { test });
    },
  });
}

export const flowComponent: DatasetComponent = flowComponentOf(flow);

function onGrid(spectrum: Pick<FlowSpectra, "re" | "im">, batch: number, grid: Grid): Float32Array {
  const shape = [batch, ...spectrumShape(modes), 1];
  return hostValues(() => synthesize({ re: tensor(spectrum.re, shape), im: tensor(spectrum.im, shape) }, { grid }));
}
