import { SaenoError } from "@saeno/backend";
import { description, type GenericSchema, metadata, optional, pipe, strictObject, string } from "valibot";
import { type DatasetComponent, type DatasetContext, defineDataset } from "../components/define-dataset.ts";
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
export function nameSchema(text: string): GenericSchema<string | undefined, string | undefined> {
  return optional(pipe(string("must be text"), description(text)));
}

/** The data of arrays in files, wherever the files are. */
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
  return defineDataset({
    kind: "npy",
    summary: "functions from a NumPy file, samples on the first axis",
    schema: strictObject({
      file: placeSchema("a .npy file"),
      array: nameSchema("which array of a .npz archive"),
      labels: nameSchema("a .npy file with the class of each sample"),
      ...functionsSchemas,
    }),
    shorthand: { option: "file", rest: true },
    async open({ file, array, labels, ...options }, context) {
      return openFunctions(await open(file, array), labels === undefined ? undefined : () => open(labels), {
        ...options,
        ...context,
      });
    },
  });
}

function npzComponent(files: FileAccess): DatasetComponent {
  return defineDataset({
    kind: "npz",
    summary: "functions from an array of a NumPy archive: npz:FILE#ARRAY",
    schema: strictObject({
      file: placeSchema("a .npz archive, with #ARRAY where it holds several"),
      array: nameSchema("which array, if not in the file's name"),
      labels: nameSchema("the array with the class of each sample"),
      ...functionsSchemas,
    }),
    shorthand: { option: "file", rest: true },
    async open({ file: text, array, labels, ...options }, context) {
      const { file, name } = splitName(text);
      const open = async (wanted?: string) => openNpz(await files.open(file), wanted);
      return openFunctions(await open(array ?? name), labels === undefined ? undefined : () => open(labels), {
        ...options,
        ...context,
      });
    },
  });
}

function safetensorsComponent(files: FileAccess): DatasetComponent {
  return defineDataset({
    kind: "safetensors",
    summary: "functions from a tensor of a file, or of all files of a folder: safetensors:FILE#TENSOR",
    schema: strictObject({
      file: placeSchema("a .safetensors file, or a folder of shards, with #TENSOR where it holds several"),
      tensor: nameSchema("which tensor, if not in the file's name"),
      labels: nameSchema("the tensor with the class of each sample"),
      ...functionsSchemas,
    }),
    shorthand: { option: "file", rest: true },
    async open({ file: text, tensor, labels, ...options }, context) {
      const { file, name } = splitName(text);
      const isFolder = (await files.list(file)) !== undefined;
      const open = async (wanted?: string) =>
        isFolder ? openShards(files, file, wanted) : openTensor(await files.open(file), wanted);
      return openFunctions(await open(tensor ?? name), labels === undefined ? undefined : () => open(labels), {
        ...options,
        ...context,
      });
    },
  });
}

/** A dataset of an array, with labels from another. The file is closed if that fails. */
export async function openFunctions(
  source: ArraySource,
  openLabels: (() => Promise<ArraySource>) | undefined,
  options: FunctionsOptions & Pick<DatasetContext, "reporter">,
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
