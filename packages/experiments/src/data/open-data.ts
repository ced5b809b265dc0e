import { type Grid, SaenoError } from "@saeno/backend";
import { type Dataset, subset } from "@saeno/datasets";
import { type Reporter, silent } from "../reporter.ts";
import { type DataKind, type DataKinds, type DataSettings, type DataSource, interpolated } from "./data-source.ts";
import { generatedKinds } from "./generated-data.ts";

export interface OpenOptions {
  readonly reporter?: Reporter;
  /** Default: data that is generated, which runs anywhere; `nodeKinds` of `@saeno/experiments/node` reads files too. */
  readonly kinds?: DataKinds;
}

/**
 * Opens the data that `data` names. The first `limit` samples are for training, the last `test` held out; or those that `--test-data` names.
 *
 * @throws SaenoError `data.spec` for a kind that is not known, `data.test` for test data with other channels or axes than the training
 *   data, and whatever the reader of that kind says.
 */
export async function openData(
  settings: DataSettings,
  { reporter = silent, kinds = generatedKinds }: OpenOptions = {},
): Promise<DataSource> {
  const { testData = [], ...own } = settings;
  const open = (data: string, all: boolean) => {
    const { kind, rest } = findKind(data, kinds);
    const parts = all && kind.wholeFile ? { limit: undefined, test: undefined } : {};
    return kind.open({ ...own, data, ...parts }, rest, reporter);
  };
  if (testData.length === 0) return open(own.data, false);
  const whole = (data: string) => open(data, true);
  const source = await whole(own.data);
  const opened: Dataset[] = [];
  for (const data of testData) opened.push((await whole(data)).all);
  return testedOn(source, opened, settings);
}

/** All samples of a source for training, other samples to test on, which may be there on several grids. */
function testedOn(source: DataSource, tests: readonly Dataset[], { testData, limit }: DataSettings): DataSource {
  const { all, truth } = source;
  for (const [i, { grid, channels }] of tests.entries()) {
    if (grid.length === all.grid.length && channels === all.channels) continue;
    throw new SaenoError(
      "data.test",
      `--test-data ${testData?.[i]} has ${channels} channels on ${grid.length} axes; the training data has ${all.channels} on ${all.grid.length}.`,
      { kind: "data" },
    );
  }
  const onSameGrid = (grid: Grid) => tests.find((dataset) => dataset.grid.join() === grid.join());
  const test = onSameGrid(all.grid);
  if (test === undefined) {
    throw new SaenoError(
      "data.test",
      `None of the --test-data is on the grid of the training data, ${all.grid.join(" x ")}: give held-out samples on that grid too.`,
      { kind: "data" },
    );
  }
  const train = limit === undefined || limit >= all.size ? all : subset(all, { start: 0, end: limit });
  const interpolating = interpolated(source.spec, { train, test, all: train });
  return {
    ...interpolating,
    ...(truth === undefined ? {} : { truth }),
    onGrid: async (part, grid) => (part === "test" ? onSameGrid(grid) : undefined) ?? interpolating.onGrid(part, grid),
  };
}

function findKind(data: string, kinds: DataKinds): { readonly kind: DataKind; readonly rest: string } {
  const [name = ""] = data.split(":", 1);
  const kind = kinds[name];
  if (kind !== undefined) return { kind, rest: data.slice(name.length + 1) };
  throw new SaenoError("data.spec", `There is no data "${data}". --data takes ${usageOf(kinds).join(", ")}.`);
}

/** How each kind is written. */
export function usageOf(kinds: DataKinds): string[] {
  return Object.values(kinds).map(({ usage }) => usage);
}
