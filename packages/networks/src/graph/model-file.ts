/** A graph model as files: `model.json` with the graph, and its weights in shards beside it. */
import { parseJson, problemOf, SaenoError, sizeOf } from "@saeno/backend";
import type { ByteSource, FileAccess } from "@saeno/datasets";
import * as v from "valibot";

const text = v.string();
const sizeSchema = v.union([v.string(), v.number()]);
const attributeSchema = v.looseObject({
  s: v.optional(text),
  list: v.optional(v.looseObject({ i: v.optional(v.array(sizeSchema)), s: v.optional(v.array(text)) })),
  shape: v.optional(v.looseObject({ dim: v.optional(v.array(v.looseObject({ size: v.optional(sizeSchema) }))) })),
});
const nodeSchema = v.looseObject({
  name: text,
  op: text,
  input: v.optional(v.array(text), []),
  attr: v.optional(v.record(text, attributeSchema), {}),
});
const weightSchema = v.looseObject({
  name: text,
  shape: v.array(v.number()),
  dtype: text,
  quantization: v.optional(v.looseObject({ dtype: text })),
});
const modelSchema = v.looseObject({
  format: v.optional(text),
  modelTopology: v.looseObject({ node: v.array(nodeSchema) }),
  weightsManifest: v.array(v.looseObject({ paths: v.array(text), weights: v.array(weightSchema) })),
});

export type GraphNode = v.InferOutput<typeof nodeSchema>;
export type WeightForm = v.InferOutput<typeof weightSchema>;

export interface ModelFile {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly weights: readonly WeightForm[];
  readonly bytes: Uint8Array;
  /** All that the file says, as the converter reads it. */
  readonly json: v.InferOutput<typeof modelSchema>;
}

/**
 * @param place a `model.json`, by whatever name, or the folder of one.
 * @throws SaenoError `network.file` for what is not a graph model, and as the files say.
 */
export async function readModelFile(files: FileAccess, place: string): Promise<ModelFile> {
  const { file, json, shards } = await readGraph(files, place);
  const pieces: Uint8Array[] = [];
  for (const path of shards) pieces.push(await readWhole(await files.open(path)));
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  const weights = json.weightsManifest.flatMap((group) => group.weights);
  const wanted = weights.reduce((sum, weight) => sum + bytesOf(weight), 0);
  if (bytes.length < wanted)
    throw fileError(file, `has ${bytes.length} bytes of weights where ${wanted} are wanted; fetch it again`);
  return { name: file, nodes: json.modelTopology.node, weights, bytes, json };
}

/**
 * The files of a graph model: its graph first, then its weights, whose paths start with the folder of the graph.
 *
 * @throws SaenoError as `readModelFile`.
 */
export async function modelFiles(files: FileAccess, place: string): Promise<readonly [string, ...string[]]> {
  const { file, shards } = await readGraph(files, place);
  return [file, ...shards];
}

async function readGraph(files: FileAccess, place: string) {
  const inside = await files.list(place);
  const [first, ...others] = inside?.filter((name) => name.endsWith(".json")) ?? [];
  const file = inside === undefined ? place : `${place}/${others.length === 0 ? first : "model.json"}`;
  if (inside !== undefined && (first === undefined || (others.length > 0 && !inside.includes("model.json"))))
    throw fileError(
      place,
      first === undefined ? "holds no model.json" : `holds several models; name one, such as ${place}/${first}`,
    );
  const parsed = parseJson(await readWhole(await files.open(file)), file);
  const layersModel = v.safeParse(v.looseObject({ format: v.literal("layers-model") }), parsed);
  if (layersModel.success) {
    const convert = "tensorflowjs_converter --input_format tfjs_layers_model --output_format tfjs_graph_model";
    throw fileError(file, `is a layers model; graph models are read here. Convert it: ${convert}`);
  }
  const checked = v.safeParse(modelSchema, parsed);
  if (!checked.success) throw fileError(file, `is not a graph model of TensorFlow.js: ${problemAt(checked.issues[0])}`);
  const json = checked.output;
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  return { file, json, shards: json.weightsManifest.flatMap(({ paths }) => paths).map((path) => `${folder}${path}`) };
}

function problemAt(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? "it"} ${problemOf(issue)}`;
}

async function readWhole(source: ByteSource): Promise<Uint8Array> {
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close?.();
  }
}

const widths: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };

/** Of a type whose size is not known, none. */
function bytesOf({ shape, dtype, quantization }: WeightForm): number {
  return sizeOf(shape) * (widths[quantization?.dtype ?? dtype] ?? 0);
}

/** Where the numbers of a constant of whole numbers are; nothing where they are of another kind. */
export function wholeNumbers({ weights, bytes }: ModelFile, name: string): Int32Array | undefined {
  let at = 0;
  for (const weight of weights) {
    const end = at + bytesOf(weight);
    if (weight.name === name) {
      const isPlain = weight.dtype === "int32" && weight.quantization === undefined;
      return isPlain ? new Int32Array(bytes.slice(at, end).buffer) : undefined;
    }
    at = end;
  }
  return undefined;
}

/** The same file with other whole numbers in some constants. */
export function withWholeNumbers(file: ModelFile, changed: ReadonlyMap<string, Int32Array>): ModelFile {
  const bytes = file.bytes.slice();
  let at = 0;
  for (const weight of file.weights) {
    const numbers = changed.get(weight.name);
    if (numbers !== undefined) bytes.set(new Uint8Array(numbers.buffer), at);
    at += bytesOf(weight);
  }
  return { ...file, bytes };
}

/** `name:1` and `^name` as `name`. */
export function nodeName(input: string): string {
  return input.replace(/^\^/, "").replace(/:\d+$/, "");
}

export function numbersOf({ attr }: GraphNode, name: string): number[] {
  return (attr[name]?.list?.i ?? []).map(Number);
}

export function fileError(file: string, problem: string): SaenoError {
  return new SaenoError("network.file", `${file} ${problem}.`, { kind: "data" });
}
