import { type Grid, SaenoError, sizeOf } from "@saeno/backend";
import { memory } from "@tensorflow/tfjs-core";
import type { Dataset } from "../dataset.ts";
import { concatenate } from "../transforms/concatenate.ts";
import { flatten } from "../transforms/flatten.ts";
import { datasetOn } from "../transforms/resample.ts";
import { split, subset } from "../transforms/subset.ts";

export interface DatasetTest {
  /** Has at least three samples. */
  readonly dataset: Dataset;
  /** Other grids that it can be asked for. Default: one twice as fine, where the dataset has `at`. */
  readonly grids?: readonly Grid[];
  /** The largest difference, relative to the largest value, between two readings of a sample that is computed. Default 1e-5. */
  readonly tolerance?: number;
}

/**
 * The suite every dataset passes, ours or a stranger's, in any test framework: samples have the shapes they say, come in the order they are
 * asked for and the same each time, on other grids too, and what is made of datasets keeps that. A backend must be in use where the dataset
 * or its other grids need one.
 *
 * @throws SaenoError `dataset.test` naming everything that is wrong.
 */
export async function testDataset({ dataset, grids, tolerance = 1e-5 }: DatasetTest): Promise<void> {
  const problems: string[] = [];
  const before = memory().numTensors;
  const check = (holds: boolean, problem: string) => holds || problems.push(problem);
  const others = grids ?? (dataset.at === undefined ? [] : [dataset.grid.map((points) => 2 * points)]);

  await checkReading(dataset, "it");
  for (const grid of others) {
    const there = await datasetOn(dataset, grid);
    const name = `on ${grid.join(" x ")} it`;
    check(there.grid.join() === grid.join(), `${name} has the grid [${there.grid.join(", ")}]`);
    check(there.size === dataset.size, `${name} has ${there.size} samples instead of ${dataset.size}`);
    check(there.channels === dataset.channels, `${name} has ${there.channels} channels instead of ${dataset.channels}`);
    // Kernels are the same on every grid; functions are sampled on it.
    check(there.truth?.shape[0] === dataset.truth?.shape[0], `${name} has another truth`);
    await checkReading(there, name);
    await checkValues(
      await datasetOn(there, dataset.grid),
      [0, 2],
      dataset,
      [0, 2],
      `back from ${grid.join(" x ")} it`,
    );
  }
  await checkParts();
  check(memory().numTensors === before, `${memory().numTensors - before} tensors were left on the device`);
  if (problems.length > 0) {
    throw new SaenoError("dataset.test", `The dataset "${dataset.name}": ${problems.join("; ")}.`);
  }

  async function checkReading(tested: Dataset, name: string): Promise<void> {
    const { size, grid, channels } = tested;
    check(Number.isInteger(size) && size >= 3, `${name} has ${size} samples; the test needs 3`);
    check(
      [channels, ...grid].every((n) => Number.isInteger(n) && n >= 1),
      `${name} has the shape [${grid}, ${channels}]`,
    );
    const length = sizeOf(grid) * channels;
    const last = size - 1;
    const some = await tested.read([last, 0, 1, 0]);
    check(some instanceof Float32Array, `${name} reads no Float32Array`);
    check(some.length === 4 * length, `${name} reads ${some.length} values of 4 samples of ${length}`);
    check(some.every(Number.isFinite), `${name} holds NaN or infinite values`);
    check((await tested.read([])).length === 0, `${name} reads something where nothing is asked for`);
    for (const [i, index] of [last, 0, 1, 0].entries()) {
      const row = some.subarray(i * length, (i + 1) * length);
      const alone = await tested.read(Int32Array.of(index));
      check(near(alone, row), `${name} reads sample ${index} differently among others than alone`);
    }
    const copy = some.slice();
    some.fill(0);
    check(near(await tested.read([last, 0, 1, 0]), copy), `${name} reads differently once what was read is changed`);
  }

  async function checkParts(): Promise<void> {
    const { size, truth } = dataset;
    const parts: [string, Dataset, readonly number[], readonly number[]][] = [
      ["a subset", subset(dataset, [2, 0]), [1, 0], [0, 2]],
      ["the training part", split(dataset, { test: 1 }).train, [0], [0]],
      ["the held-out part", split(dataset, { test: 1 }).test, [0], [size - 1]],
      ["a concatenation", concatenate(subset(dataset, [1, 0]), subset(dataset, [2])), [2, 0], [2, 1]],
    ];
    for (const [name, part, asked, indices] of parts) {
      await checkValues(part, asked, dataset, indices, name);
      check(part.truth === truth, `${name} of it has another truth`);
      for (const grid of others) {
        const [there, whole] = [await datasetOn(part, grid), await datasetOn(dataset, grid)];
        await checkValues(there, asked, whole, indices, `${name} on ${grid.join(" x ")}`);
      }
    }
    const vectors = flatten(dataset);
    check(
      vectors.grid.length === 0 && vectors.channels === sizeOf(dataset.grid) * dataset.channels,
      "flattened it does not hold vectors",
    );
    await checkValues(vectors, [2, 0], dataset, [2, 0], "flattened");
    for (const grid of dataset.grid.length > 0 ? others : []) {
      await checkValues(
        await datasetOn(vectors, grid),
        [1],
        await datasetOn(dataset, grid),
        [1],
        "flattened on another grid",
      );
    }
  }

  async function checkValues(
    tested: Dataset,
    asked: readonly number[],
    whole: Dataset,
    indices: readonly number[],
    name: string,
  ): Promise<void> {
    check(near(await tested.read(asked), await whole.read(indices)), `${name} has other values`);
  }

  function near(a: Float32Array, b: Float32Array): boolean {
    const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) <= tolerance * largest);
  }
}
