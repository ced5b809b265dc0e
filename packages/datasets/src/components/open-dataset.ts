import { type ComponentConfig, type Grid, messageOf, parseOptions, pluginOf, SaenoError } from "@saeno/backend";
import type { Dataset, KnownDictionary } from "../dataset.ts";
import type { DataReporter } from "../reporter.ts";
import { concatenate } from "../transforms/concatenate.ts";
import { flatten } from "../transforms/flatten.ts";
import { datasetOn } from "../transforms/resample.ts";
import { subset } from "../transforms/subset.ts";
import { dataSourceText, findDataset, parseDataSource } from "./data-source.ts";
import type { DatasetComponent, DatasetContext, OpenedParts } from "./define-dataset.ts";
import { type DataParts, splitParts } from "./parts.ts";

/** A dataset as configurations hold it: its kind, options, and which samples. */
export interface DataConfig extends ComponentConfig, DataParts {}

/** The samples to train on, those held out, or all. */
export type DataPart = "train" | "test" | "all";

/** Data to train and to test on. Datasets give their samples on other grids (`datasetOn`), and their truth if it is known. */
export interface OpenedData extends Readonly<Record<DataPart, Dataset>> {
  /** As people write it, such as `mnist:data/mnist`. */
  readonly name: string;
  /** `[...N, C]` of a sample before it was flattened, if it was. */
  readonly sampleShape: readonly number[];
  /** The dictionary that functions were made from before they were flattened; absent if they were not, or it is not known. */
  readonly flattenedTruth?: KnownDictionary;
  /** The data of the test samples, if they come from elsewhere: those on the grid of the training data, then the same on other grids. */
  readonly testData?: readonly TestSource[];
}

export interface TestSource {
  /** As people write it. */
  readonly name: string;
  readonly grid: Grid;
}

export interface OpenDataOptions
  extends Partial<Pick<DatasetContext, "seed" | "reporter" | "cacheDirectory" | "like">> {
  /** Whether a single sample is allowed, which cannot be split: it is then in all parts. Default false. */
  readonly single?: boolean;
}

const silent: DataReporter = { say() {}, progress: () => ({ update() {}, stop() {} }) };

/**
 * Opens data by its shorthand or configuration. The first `limit` samples are for training, the last `test` held out; or those of `testData`.
 *
 * @throws SaenoError `component.unknown`, `data.source` or `config.value` for a configuration that is wrong, `data.split` for too few samples, `data.test`
 *   for test data that does not fit, and the errors of the reader of that kind.
 */
export async function openDataset(
  source: string | DataConfig,
  { seed = 0, single = false, ...options }: OpenDataOptions = {},
): Promise<OpenedData> {
  const {
    limit,
    test,
    testData = [],
    ...given
  }: DataConfig = typeof source === "string" ? parseDataSource(source) : source;
  const config = parseDataSource(given);
  const context: DatasetContext = {
    reporter: silent,
    ...options,
    seed,
    ...(limit === undefined ? {} : { limit }),
    ...(test === undefined ? {} : { test }),
  };
  const name = dataSourceText(config);
  const opened = await openParts(config, context);
  if (testData.length > 0) {
    const tests: TestData[] = [];
    for (const each of testData) {
      const other = parseDataSource(each);
      // What test data of the same kind leaves out is as in the training data.
      const own = other.kind === config.kind ? { ...config, ...other } : other;
      tests.push({ text: dataSourceText(other), dataset: allOf(await openParts(own, context)) });
    }
    return testedOn(name, allOf(opened), tests, limit);
  }
  const isSingle = single && "read" in opened && opened.size === 1;
  const parts = isSingle
    ? { train: opened, test: opened }
    : "read" in opened
      ? splitParts(name, opened, { limit, test })
      : opened;
  return { name, ...parts, all: allOf(opened), sampleShape: shapeOf(parts.train) };
}

/** The same data for a model that takes vectors. */
export function asVectors(data: OpenedData): OpenedData {
  const { truth, grid } = data.train;
  const known = truth === undefined || grid.length === 0 ? {} : { flattenedTruth: truth };
  return { ...data, ...known, train: flatten(data.train), test: flatten(data.test), all: flatten(data.all) };
}

async function openParts({ kind, ...options }: ComponentConfig, context: DatasetContext): Promise<OpenedParts> {
  const component = findDataset(kind);
  const opened = await openComponent(component, parseOptions(component, options, "data"), context);
  const parts = "read" in opened ? [opened] : [opened.train, opened.test];
  for (const dataset of parts) checkDataset(kind, dataset);
  for (const { text, warnings } of new Set(parts.flatMap(({ reading }) => reading ?? []))) {
    context.reporter.say(text);
    for (const warning of warnings) context.reporter.say(warning, "warning");
  }
  return opened;
}

/** What goes wrong in a plugin is its fault, and said so. */
async function openComponent(
  component: DatasetComponent,
  options: Readonly<Record<string, unknown>>,
  context: DatasetContext,
): Promise<OpenedParts> {
  try {
    return await component.open(options, context);
  } catch (cause) {
    const plugin = pluginOf(component);
    if (plugin === undefined || SaenoError.isInstance(cause)) throw cause;
    throw new SaenoError(
      "data.plugin",
      `The plugin ${plugin} failed to open data "${component.kind}": ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

function checkDataset(kind: string, dataset: Dataset): void {
  const counts = [dataset?.size, dataset?.channels, ...(Array.isArray(dataset?.grid) ? dataset.grid : [undefined])];
  if (counts.every((n) => Number.isInteger(n) && Number(n) >= 1) && typeof dataset.read === "function") return;
  throw new SaenoError(
    "dataset.definition",
    `Data "${kind}" did not open as a dataset: size, channels and the points of its grid must be whole numbers of at least 1, and read a function.`,
  );
}

function allOf(opened: OpenedParts): Dataset {
  return "read" in opened ? opened : concatenate(opened.train, opened.test);
}

function shapeOf({ grid, channels }: Dataset): readonly number[] {
  return [...grid, channels];
}

interface TestData {
  /** As people write it. */
  readonly text: string;
  readonly dataset: Dataset;
}

/** All samples of some data for training, other samples to test on, which may be there on several grids. */
function testedOn(name: string, all: Dataset, tests: readonly TestData[], limit: number | undefined): OpenedData {
  for (const { text, dataset } of tests) {
    if (dataset.grid.length === all.grid.length && dataset.channels === all.channels) continue;
    throw testError(
      `Test data ${text} has ${dataset.channels} channels on ${dataset.grid.length} axes; the training data has ${all.channels} on ${all.grid.length}.`,
    );
  }
  const on = (grid: Grid) => tests.find(({ dataset }) => dataset.grid.join() === grid.join());
  const own = on(all.grid);
  if (own === undefined) {
    throw testError(
      `No test data is on the grid of the training data, ${all.grid.join(" x ")}: give held-out samples on that grid too.`,
    );
  }
  const other = tests.find(({ dataset }) => dataset.size !== own.dataset.size);
  if (other !== undefined) {
    throw testError(
      `Test data ${own.text} has ${own.dataset.size} samples and ${other.text} has ${other.dataset.size}; on several grids they must be the same samples.`,
    );
  }
  const twin = tests.find((each) => each !== on(each.dataset.grid));
  if (twin !== undefined) {
    throw testError(
      `Test data ${on(twin.dataset.grid)?.text} and ${twin.text} are both on the grid ${twin.dataset.grid.join(" x ")}, and only one would be used: give one for each grid. Evaluate the other with: saeno eval RUN --data ${twin.text}`,
    );
  }
  const train = limit === undefined || limit >= all.size ? all : subset(all, { start: 0, end: limit });
  const test = { ...own.dataset, at: async (grid: Grid) => on(grid)?.dataset ?? datasetOn(own.dataset, grid) };
  const sources = [own, ...tests.filter((each) => each !== own)];
  const testData = sources.map(({ text, dataset }) => ({ name: text, grid: dataset.grid }));
  return { name, train, test, all: train, sampleShape: shapeOf(train), testData };
}

function testError(problem: string): SaenoError {
  return new SaenoError("data.test", problem, { kind: "data" });
}
