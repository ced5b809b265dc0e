import { existsSync } from "node:fs";
import { parseOptions, SaenoError, sizeOf, useBackend } from "@saeno/backend";
import {
  type ArraySource,
  type DataConfig,
  dataSourceUsage,
  describeArray,
  findDataset,
  knownDatasets,
  modeFloors,
  openDataset,
  subset,
} from "@saeno/datasets";
import { writeDataset, writtenEndings } from "@saeno/datasets/node";
import { gridName, resolveRunConfig, type Setting } from "@saeno/experiments";
import type { Command } from "commander";
import { positiveWhole, whole } from "../flags/numbers.ts";
import { dataSource, filePath } from "../flags/paths.ts";
import { settingFlags } from "../flags/setting-flags.ts";
import { createOutput, type Output } from "../terminal/output.ts";

/** `saeno data`: what data is, and data as a file for other programs. */
export function dataCommand(program: Command): void {
  const data = program
    .command("data")
    .summary("describe data, or write it to a file")
    .description(`Looks at data without training, or writes it to a file. Kinds of data:\n${kinds()}`);
  infoCommand(data);
  convertCommand(data);
}

/** Settings of how data is read, without which of its samples. */
const isReading = ({ group, flag }: Setting) =>
  group === "Data" && !["data", "limit", "test", "test-data"].includes(flag);

const kinds = () =>
  knownDatasets()
    .map(({ kind, summary }) => `  ${kind.padEnd(18)} ${summary}`)
    .join("\n");
const usage = () => knownDatasets().map(dataSourceUsage).join(", ");

interface InfoFlags {
  readonly all?: boolean;
  readonly seed: number;
  readonly json?: boolean;
}

/** What is printed of data, a line each; absent if it is not known. */
interface DataInfo {
  readonly source: string;
  /** Of an array in a file. */
  readonly array?: Pick<ArraySource, "name" | "shape" | "type" | "chunks" | "axes" | "notes">;
  readonly reading?: string;
  readonly problem?: string;
  readonly warnings?: readonly string[];
  readonly samples?: number;
  readonly grid?: readonly number[];
  readonly channels?: number;
  readonly range?: readonly [number, number];
  readonly mean?: number;
  readonly deviation?: number;
  readonly nan?: number;
  readonly infinite?: number;
  /** The share of the numbers that was looked at. */
  readonly looked?: number;
  readonly classes?: number;
  readonly floors?: Awaited<ReturnType<typeof modeFloors>>;
  readonly suggestedModes?: number;
}

function infoCommand(data: Command): void {
  const command = data
    .command("info")
    .summary("describe data: shape, type, range, NaN, how it is read, modes")
    .description(
      "Describes data without training: shape, type, chunks, range, NaN, how it is read as functions,\n" +
        "constant channels, and how many modes a spectral model of it needs.",
    )
    .argument("<source>", usage(), dataSource)
    .option("--all", "read every number, however many there are (default: at most about a billion)")
    .option("--seed <n>", "seed of generated data", whole, 0)
    .option("--json", "print it as JSON on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  saeno data info hdf5:fields.h5\n  saeno data info npy:maps.npy --layout channels-first",
    );
  const given = settingFlags(command, isReading);
  command.action(async (source: string, flags: InfoFlags) => {
    const output = createOutput(flags);
    await useBackend("auto");
    const { data: config } = resolveRunConfig({ data: source, ...given() });
    const info = { source, ...(await describe(config, flags, output)) };
    output.result(info, infoText(info));
  });
}

/** Numbers looked at where not all are asked for. */
const mostLooked = 2 ** 30;

async function describe(
  config: DataConfig,
  { all = false, seed }: InfoFlags,
  output: Output,
): Promise<Omit<DataInfo, "source">> {
  const component = findDataset(config.kind);
  const { kind: _, ...options } = config;
  const array = await component.openArray?.(parseOptions(component, options, "data"));
  const numbers = array && (await describeNumbers(array, all, output));
  try {
    // A reading needs numbers; that some are missing has been said.
    const missing = (numbers?.nan ?? 0) > 0 && options.missing === undefined ? { missing: 0 } : {};
    const { all: dataset, train } = await openDataset(
      { ...config, ...missing },
      { seed, single: true, reporter: { ...output, say() {} } },
    );
    const { size, grid, channels, labels, reading } =
      dataset.reading === undefined ? { ...dataset, reading: train.reading } : dataset;
    const floors = grid.length > 0 ? await modeFloors(dataset) : undefined;
    const suggestedModes = (floors?.find(({ relativeError }) => relativeError <= 0.05) ?? floors?.at(-1))?.modes;
    await dataset.close?.();
    return {
      ...arrayPart(array),
      ...numbers,
      samples: size,
      grid,
      channels,
      ...(reading === undefined
        ? {}
        : { reading: reading.text, warnings: reading.warnings, range: numbers?.range ?? reading.range }),
      ...(labels === undefined ? {} : { classes: new Set(Array.from(labels.values)).size }),
      ...(floors === undefined ? {} : { floors }),
      ...(suggestedModes === undefined ? {} : { suggestedModes: Math.min(32, suggestedModes) }),
    };
  } catch (error) {
    if (array === undefined || !SaenoError.isInstance(error)) throw error;
    return { ...arrayPart(array), ...numbers, problem: error.message };
  }
}

function arrayPart(array: ArraySource | undefined): Pick<DataInfo, "array"> {
  if (array === undefined) return {};
  const { name, shape, type, chunks, axes, notes } = array;
  return { array: { name, shape, type, ...(chunks && { chunks }), ...(axes && { axes }), ...(notes && { notes }) } };
}

async function describeNumbers(array: ArraySource, all: boolean, output: Output) {
  const total = sizeOf(array.shape);
  const share = all ? 1 : Math.min(1, mostLooked / Math.max(1, total));
  const progress = output.progress(`look at ${array.name}`, 100);
  try {
    const found = await describeArray(array, {
      share,
      onProgress: (done, of) => progress.update(Math.round((100 * done) / of)),
    });
    return { ...found, looked: total === 0 ? 1 : found.looked / total };
  } finally {
    progress.stop();
    await array.close?.();
  }
}

function infoText(info: DataInfo): string {
  const {
    array,
    reading,
    problem,
    warnings = [],
    samples,
    grid,
    channels,
    range,
    mean,
    deviation,
    nan,
    infinite,
    looked,
  } = info;
  const number = (value: number | undefined) => (value === undefined ? "" : String(Number(value.toPrecision(4))));
  const tuple = (sizes: readonly number[]) => `(${sizes.join(", ")})`;
  const part = looked === undefined || looked > 0.999 ? "" : `, in the ${(100 * looked).toPrecision(2)} % looked at`;
  const lines: [string, string | undefined | false][] = [
    ["data", info.source],
    [
      "array",
      array &&
        `${array.name} ${tuple(array.shape)} ${array.type}${array.chunks ? `, chunks ${tuple(array.chunks)}` : ""}`,
    ],
    ["axes", array?.axes?.join(", ")],
    ["stored", array?.notes?.join("; ")],
    ["range", range && `${number(range[0])} .. ${number(range[1])}${part}`],
    ["mean", mean === undefined ? undefined : `${number(mean)}, standard deviation ${number(deviation)}`],
    ["missing", nan === undefined ? undefined : `${nan} NaN, ${infinite} infinite`],
    [
      "samples",
      samples === undefined || grid === undefined
        ? undefined
        : `${samples}, ${gridName(grid)}, ${channels} ${channels === 1 ? "channel" : "channels"}`,
    ],
    ["classes", info.classes === undefined ? undefined : String(info.classes)],
    ["reading", reading],
    ...warnings.map((warning): [string, string] => ["warning", warning]),
    ["not read", problem],
    ["modes", info.floors?.map(({ modes, relativeError }) => `${modes}: ${relativeError.toFixed(3)}`).join("  ")],
    ["", info.floors && "(the smallest relative error that a spectral model with so many modes can reach)"],
    ["suggested", info.suggestedModes === undefined ? undefined : `--modes ${info.suggestedModes}`],
  ];
  return lines.flatMap(([name, text]) => (text ? [`${name.padEnd(10)} ${text}`] : [])).join("\n");
}

interface ConvertFlags {
  readonly out: string;
  readonly grid?: string;
  readonly samples?: number;
  readonly seed: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

function convertCommand(data: Command): void {
  const command = data
    .command("convert", { isDefault: true })
    .summary("write data to a file that other programs read (default)")
    .description(
      `Writes data as float32 [samples, ...grid, channels] to a file that ends in ${writtenEndings.join(", ")}.\n` +
        "Samples are read as they are written, so any number of them fits. A Zarr store is compressed and reads fast in any order.",
    )
    .argument("<source>", usage(), dataSource)
    .requiredOption("--out <file>", `the file to write; its ending says how: ${writtenEndings.join(", ")}`, filePath)
    .option("--grid <size>", "generated data: points on each axis, n or n1xn2; for vectors, their length")
    .option("--samples <n>", "how many samples (default: all; for generated data, 1000)", positiveWhole)
    .option("--seed <n>", "the same seed gives the same data", whole, 0)
    .option("--force", "overwrite an existing file")
    .option("--json", "print what was written as JSON on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  saeno data flow --grid 64 --samples 500 --out flow.npy\n  saeno data convert hdf5:fields.h5#u --out fields.zarr",
    );
  const given = settingFlags(command, isReading);
  command.action((source: string, flags: ConvertFlags) => convert(source, flags, given()));
}

async function convert(
  source: string,
  { out, grid, samples, seed, force, ...flags }: ConvertFlags,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const output = createOutput(flags);
  if (existsSync(out) && !force) {
    const problem = `${out} exists already; nothing was changed. Name another file, or use --force.`;
    throw new SaenoError("data.exists", problem);
  }
  if (samples !== undefined && samples < 2)
    throw new SaenoError("data.samples", `--samples must be at least 2; got ${samples}.`);
  await useBackend("auto");
  const [kind, ...rest] = source.split(":");
  const first = findDataset(kind).shorthand?.option;
  if (grid !== undefined && first !== "grid" && first !== "n")
    throw new SaenoError("data.grid", `--grid goes with generated data; ${kind} has a grid of its own.`);
  const text = grid === undefined ? source : `${kind}:${[grid, ...rest].join(",")}`;
  const { data: config } = resolveRunConfig({ data: text, ...options });
  const isFile = findDataset(config.kind).schema.entries.file !== undefined || config.kind === "mnist";
  const wanted = samples ?? (isFile ? undefined : 1000);
  const parts = wanted === undefined ? {} : { limit: wanted - 1, test: 1 };
  const { all, train } = await openDataset({ ...config, ...parts }, { seed, single: true, reporter: output });
  const dataset = wanted === undefined || wanted >= all.size ? all : subset(all, { start: 0, end: wanted });
  const progress = output.progress(`write ${out}`, dataset.size);
  const shape = await writeDataset(dataset, out, { onProgress: (done) => progress.update(done) }).finally(() =>
    progress.stop(),
  );
  await train.close?.();
  output.result(
    { file: out, shape, dtype: "float32" },
    `${out}   ${dataset.size} samples, ${gridName(dataset.grid)}, ${dataset.channels} ${dataset.channels === 1 ? "channel" : "channels"}`,
  );
}
