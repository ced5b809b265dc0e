import {
  type ComponentConfig,
  componentsOf,
  findComponent,
  parseOptions,
  SaenoError,
  suggestion,
} from "@saeno/backend";
import { type GenericSchema, safeParse } from "valibot";
import { datasetComponents } from "./dataset-components.ts";
import type { DatasetComponent, DatasetShorthand } from "./define-dataset.ts";

/**
 * Data as people write it, `KIND:TEXT,name=value,..`, as the configuration of a dataset; or such a configuration, checked. The text sets
 * the option of the component's shorthand. Kinds are those of this package and those that were registered (`register`).
 *
 * @returns the options that were given; defaults are filled in when the data is opened.
 * @throws SaenoError `component.unknown` for a kind that is not known, `data.source` for an unknown option,
 *   `config.value` for a value that is not allowed.
 */
export function parseDataSource(source: string | ComponentConfig): ComponentConfig {
  const config = typeof source === "string" ? fromShorthand(source) : source;
  const { kind, ...options } = config;
  const component = findDataset(kind);
  const { schema, shorthand } = component;
  if (
    shorthand !== undefined &&
    options[shorthand.option] === undefined &&
    !isOptional(schema.entries[shorthand.option])
  ) {
    const place = optionName(shorthand);
    throw new SaenoError("data.source", `data "${kind}" needs its ${shorthand.option}: write ${kind}:${place}.`);
  }
  parseOptions(component, options, "data");
  return config;
}

/** What can be opened: the kinds of this package and those that were registered. */
export function knownDatasets(): readonly DatasetComponent[] {
  return componentsOf("dataset", datasetComponents);
}

/** @throws SaenoError `component.unknown`. */
export function findDataset(kind: string): DatasetComponent {
  try {
    return findComponent("dataset", kind, datasetComponents);
  } catch (cause) {
    const readsFiles = knownDatasets().some((known) => known.kind === "npy");
    if (readsFiles || !SaenoError.isInstance(cause)) throw cause;
    throw new SaenoError(
      cause.code,
      `${cause.message} Data in files is read in Node: register(...nodeDatasetComponents) of @saeno/datasets/node.`,
    );
  }
}

/** How a kind of data is written, for help: `mnist:DIRECTORY`, `sparse-vectors[:N,..]`. */
export function dataSourceUsage({ kind, schema, shorthand }: DatasetComponent): string {
  const names = Object.keys(schema.entries);
  if (shorthand === undefined) return names.length > 0 ? `${kind}[:..]` : kind;
  const other = shorthand.other === undefined ? "" : ",DATA";
  const text = `:${optionName(shorthand)}${other}${names.length > 1 ? ",.." : ""}`;
  return isOptional(schema.entries[shorthand.option]) ? `${kind}[${text}]` : `${kind}${text}`;
}

/** A configuration in shorthand, without defaults; `parseDataSource` reads it back. */
export function dataSourceText({ kind, ...options }: ComponentConfig): string {
  const { shorthand, schema } = findDataset(kind);
  const parts: string[] = [];
  let other: string | undefined;
  for (const [name, value] of Object.entries(options)) {
    const entry = schema.entries[name];
    if (value === undefined || (entry !== undefined && sameOption(entry, value, undefined))) continue;
    if (name === shorthand?.option) parts.unshift(optionText(value));
    else if (name === shorthand?.other)
      other =
        typeof value === "object" && value !== null && "kind" in value
          ? dataSourceText(value as ComponentConfig)
          : String(value);
    else parts.push(`${kebabCase(name)}=${optionText(value)}`);
  }
  if (other !== undefined) parts.splice(1, 0, other);
  return parts.length > 0 ? `${kind}:${parts.join(",")}` : kind;
}

function fromShorthand(source: string): ComponentConfig {
  const [kind = ""] = source.split(":", 1);
  const component = knownKind(kind, source);
  const { shorthand, schema } = component;
  const names = new Map(
    Object.keys(schema.entries).flatMap(
      (name) =>
        [
          [name, name],
          [kebabCase(name), name],
        ] as const,
    ),
  );
  const given = source.slice(kind.length + 1).split(",");
  const isNamed = (part: string) => names.has(part.split("=", 1)[0] ?? "") && part.includes("=");
  // Options of other data are its own, wherever they stand.
  const parts =
    shorthand?.other === undefined
      ? given
      : [...given.filter((part) => !isNamed(part)), ...given.filter((part) => isNamed(part))];
  // A path may hold commas: what it consists of ends where only options by name follow.
  const end = shorthand?.rest ? parts.findLastIndex((part) => !isNamed(part)) + 1 : Number(!parts[0]?.includes("="));
  const own = parts.slice(0, end);
  const options: Record<string, unknown> = {};
  const kinds = knownDatasets().map((known) => known.kind);
  const other =
    shorthand?.other === undefined ? -1 : own.findIndex((part, i) => i > 0 && kinds.includes(part.split(":", 1)[0]));
  if (shorthand?.other !== undefined && other > 0) options[shorthand.other] = own.splice(other).join(",");
  const text = own.join(",");
  if (text !== "") {
    if (shorthand === undefined) throw unknownOption(kind, text, names);
    options[shorthand.option] = optionFromText(schema.entries[shorthand.option], text);
  }
  for (const part of parts.slice(end)) {
    const name = names.get(part.split("=", 1)[0] ?? "");
    if (name === undefined || !part.includes("=")) throw unknownOption(kind, part, names);
    options[name] = optionFromText(schema.entries[name], part.slice(part.indexOf("=") + 1));
  }
  return { kind, ...options };
}

/** Files by their endings, for those who forget to say what they are. */
const endings: readonly (readonly [kind: string, ending: RegExp])[] = [
  ["npy", /\.npy$/i],
  ["npz", /\.npz(#.*)?$/i],
  ["safetensors", /\.safetensors(#.*)?$/i],
  ["hdf5", /\.(h5|hdf5|hdf|nc|mat)(#.*)?$/i],
  ["zarr", /\.zarr\/?(#.*)?$/i],
  ["image", /\.(png|jpe?g|tiff?|gif|webp|avif|bmp)$/i],
];

function knownKind(kind: string, source: string): DatasetComponent {
  const component = knownDatasets().find((known) => known.kind === kind);
  if (component !== undefined) return component;
  const kinds = knownDatasets().map((known) => known.kind);
  const meant = endings.find(([, ending]) => ending.test(source))?.[0];
  if (meant !== undefined && kinds.includes(meant) && !/^[\w-]+:(?![\\/])/.test(source))
    throw new SaenoError("data.source", `data "${source}" does not say what it is: write ${meant}:${source}.`);
  if (/^[.~]?[\\/]|^\.\.?$/.test(source))
    throw new SaenoError(
      "data.source",
      `data "${source}" does not say what it is: write its kind before it, such as npy:${source}. Kinds are ${kinds.join(", ")}.`,
    );
  return findDataset(kind);
}

function unknownOption(kind: string, part: string, names: ReadonlyMap<string, string>): SaenoError {
  const [given = ""] = part.split("=", 1);
  const known = [...new Set([...names.values()].map(kebabCase))];
  const problem = part.includes("=")
    ? `has no option "${given}".${suggestion(given, known)}`
    : `cannot read "${part}".`;
  return new SaenoError(
    "data.source",
    `data "${kind}" ${problem} Write name=value, with a name of ${known.join(", ")}.`,
  );
}

/** Text as the schema of an option takes it: as a number, as yes or no, or as it is. */
function optionFromText(schema: GenericSchema, text: string): unknown {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  const candidates = [
    ...(Number.isNaN(number) ? [] : [number]),
    ...(/^(true|false)$/.test(text) ? [text === "true"] : []),
    text,
  ];
  return candidates.find((candidate) => safeParse(schema, candidate).success) ?? candidates[0];
}

function optionText(value: unknown): string {
  if (Array.isArray(value)) return value.every((each) => each === value[0]) ? String(value[0]) : value.join("x");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isOptional(schema: GenericSchema): boolean {
  return safeParse(schema, undefined).success;
}

function sameOption(schema: GenericSchema, a: unknown, b: unknown): boolean {
  const [first, second] = [safeParse(schema, a), safeParse(schema, b)];
  return first.success && second.success && JSON.stringify(first.output) === JSON.stringify(second.output);
}

function optionName({ option }: DatasetShorthand): string {
  return kebabCase(option).toUpperCase();
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
