import { SaenoError } from "@saeno/backend";
import {
  description,
  type GenericSchema,
  type InferOutput,
  metadata,
  optional,
  pipe,
  type StrictObjectSchema,
  strictObject,
  string,
} from "valibot";
import { type DatasetComponent, defineDataset } from "../components/define-dataset.ts";
import type { Dataset, Labels } from "../dataset.ts";
import { openNpy } from "../formats/npy.ts";
import { openNpz } from "../formats/npz.ts";
import { openShards, openTensor } from "../formats/safetensors-array.ts";
import { type FunctionsOptions, functionsOf, functionsSchemas } from "./array-functions.ts";
import type { ArraySource } from "./array-source.ts";
import type { FileAccess } from "./file-access.ts";
import { splitName } from "./split-name.ts";

/** A place of an array, `FILE` or `FILE#NAME`. */
export function placeSchema(text: string): GenericSchema<string, string> {
  return pipe(string("must be text"), description(text), metadata({ path: true }));
}

/** A name that may be left out. */
export function nameSchema(text: string): Name {
  return optional(pipe(string("must be text"), description(text)));
}

/** Data from arrays in files, wherever the files are. */
export function arrayComponents(files: FileAccess): readonly DatasetComponent[] {
  return [npyComponent(files), npzComponent(files), safetensorsComponent(files)];
}

function npyComponent(files: FileAccess): DatasetComponent {
  const open = async (file: string, array?: string): Promise<ArraySource> => {
    const bytes = await files.open(file);
    const [first, second] = await bytes.read(0, Math.min(2, bytes.size));
    // Archives were read as npy before they had a kind of their own.
    return first === 0x50 && second === 0x4b ? openNpz(bytes, array) : openNpy(bytes);
  };
  return defineArrays({
    kind: "npy",
    summary: "functions from a NumPy file, samples on the first axis",
    schema: strictObject({
      file: placeSchema("a .npy file"),
      array: nameSchema("which array of a .npz archive"),
      labels: nameSchema("a .npy file with the class of each sample"),
      ...functionsSchemas,
    }),
    openArray: ({ file, array }) => open(file, array),
    openLabels: (_, file) => open(file),
  });
}

function npzComponent(files: FileAccess): DatasetComponent {
  return defineArrays({
    kind: "npz",
    summary: "functions from an array of a NumPy archive: npz:FILE#ARRAY",
    schema: arraySchema("a .npz archive, with #ARRAY where it holds several", "array"),
    openArray: async ({ file: text, array }) => {
      const { file, name } = splitName(text);
      return openNpz(await files.open(file), array ?? name);
    },
  });
}

function safetensorsComponent(files: FileAccess): DatasetComponent {
  return defineArrays({
    kind: "safetensors",
    summary: "functions from a tensor of a file, or of all files of a folder: safetensors:FILE#TENSOR",
    schema: arraySchema("a .safetensors file, or a folder of shards, with #TENSOR where it holds several", "tensor"),
    openArray: async ({ file: text, array }) => {
      const { file, name } = splitName(text);
      const isFolder = (await files.list(file)) !== undefined;
      return isFolder ? openShards(files, file, array ?? name) : openTensor(await files.open(file), array ?? name);
    },
  });
}

type Name = GenericSchema<string | undefined, string | undefined>;
export type ArraySchema = StrictObjectSchema<
  {
    readonly file: GenericSchema<string, string>;
    readonly array: Name;
    readonly labels: Name;
  } & typeof functionsSchemas,
  undefined
>;

/** The options of an array that is one of several in a file. */
export function arraySchema(place: string, what: string): ArraySchema {
  return strictObject({
    file: placeSchema(place),
    array: nameSchema(`which ${what}, if not in the file's name`),
    labels: nameSchema(`the ${what} with the class of each sample`),
    ...functionsSchemas,
  });
}

type ArrayOptions = InferOutput<ArraySchema>;

/** A kind of data that is an array in a file. */
export function defineArrays({
  openArray,
  openLabels = (options, array) => openArray({ ...options, array }),
  ...definition
}: Pick<DatasetComponent, "kind" | "summary"> & {
  readonly schema: ArraySchema;
  openArray(options: ArrayOptions): Promise<ArraySource>;
  /** Default: the array of that name in the same file. */
  openLabels?(options: ArrayOptions, name: string): Promise<ArraySource>;
}): DatasetComponent {
  return defineDataset({
    ...definition,
    shorthand: { option: "file", rest: true },
    openArray,
    async open(options, { reporter }) {
      const { labels } = options;
      const source = await openArray(options);
      const openThem = labels === undefined ? undefined : () => openLabels(options, labels);
      return openFunctions(source, openThem, { ...options, reporter });
    },
  });
}

/** A dataset of an array, with labels from another. The file is closed if that fails. */
async function openFunctions(
  source: ArraySource,
  openLabels: (() => Promise<ArraySource>) | undefined,
  options: Omit<FunctionsOptions, "labels">,
): Promise<Dataset> {
  try {
    const labels = openLabels && (await readLabels(await openLabels()));
    return await functionsOf(source, { ...options, labels });
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

/** Classes: an array of whole numbers with one for each sample. */
async function readLabels({ name, shape, read, close }: ArraySource): Promise<Labels> {
  const axes = shape.filter((size) => size !== 1);
  const numbers =
    axes.length > 1
      ? undefined
      : await read(
          shape.map(() => 0),
          shape,
        );
  await close?.();
  if (numbers?.every(Number.isInteger)) return { values: numbers };
  const problem = numbers === undefined ? `has the shape (${shape.join(", ")})` : "holds numbers that are not whole";
  throw new SaenoError("data.labels", `${name} ${problem}; labels are a whole number for each sample.`, {
    kind: "data",
  });
}
