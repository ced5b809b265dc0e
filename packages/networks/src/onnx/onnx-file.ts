/** An ONNX file as its messages, and the numbers that it holds. */
import { fromBinary } from "@bufbuild/protobuf";
import { messageOf, SaenoError } from "@saeno/backend";
import type { ByteSource, FileAccess } from "@saeno/datasets";
import { type GraphProto, type ModelProto, ModelProtoSchema, type NodeProto, type TensorProto } from "./onnx_pb.ts";

/** Types of numbers, as files count them and ONNX Runtime names them. */
export const elementTypes: Readonly<Record<string, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

export interface OnnxFile {
  readonly name: string;
  readonly model: ModelProto;
  readonly graph: GraphProto;
}

/**
 * Weights that lie in files beside it are read too.
 *
 * @throws SaenoError `network.file` for what is not an ONNX file, and as the files say.
 */
export async function readOnnxFile(files: FileAccess, place: string): Promise<OnnxFile> {
  const file = await readGraph(files, place);
  const beside = new Map<string, Uint8Array>();
  for (const { tensor, path, entries } of weightsBeside(file)) {
    const stored = beside.get(path) ?? (await whole(await files.open(path)));
    beside.set(path, stored);
    const begin = Number(entries.get("offset") ?? 0);
    const end = entries.has("length") ? begin + Number(entries.get("length")) : stored.length;
    if (end > stored.length) throw onnxError(place, `has weights that end beyond ${path}; fetch both again`);
    tensor.rawData = stored.subarray(begin, end);
    tensor.dataLocation = 0;
    tensor.externalData = [];
  }
  return file;
}

/**
 * The file itself and those beside it that hold its weights, by their paths.
 *
 * @throws SaenoError as `readOnnxFile`.
 */
export async function onnxFiles(files: FileAccess, place: string): Promise<[string, ...string[]]> {
  const weights = weightsBeside(await readGraph(files, place));
  return [place, ...new Set(weights.map(({ path }) => path))];
}

async function readGraph(files: FileAccess, place: string): Promise<OnnxFile> {
  const bytes = await whole(await files.open(place));
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw onnxError(place, `is not an ONNX file: ${messageOf(cause)}`, cause);
  }
  const { graph } = model;
  if (graph === undefined || graph.node.length === 0) throw onnxError(place, "is not an ONNX file: it holds no graph");
  return { name: place, model, graph };
}

/** The weights that lie in other files, and where. @throws SaenoError `network.file` for those that are not beside it. */
function weightsBeside({ name, graph }: OnnxFile) {
  return graph.initializer
    .filter(({ dataLocation }) => dataLocation === 1)
    .map((tensor) => {
      const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
      const location = entries.get("location") ?? "";
      if (location === "" || /^[/\\]|^\w+:|(^|[/\\])\.\.([/\\]|$)/.test(location))
        throw onnxError(name, `keeps the weights ${tensor.name} in "${location}", which is not beside it`);
      return { tensor, path: besidePath(name, location), entries };
    });
}

/** Where a file beside another is: of an address without what it asks for, such as `?download=true`. */
function besidePath(place: string, location: string): string {
  const [whole] = /^https?:[^?#]*/.exec(place) ?? [place];
  return `${whole.slice(0, whole.lastIndexOf("/") + 1)}${location}`;
}

async function whole(source: ByteSource): Promise<Uint8Array> {
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close?.();
  }
}

/** Constants by name: the weights of a graph, and what nodes hold. */
export function constantsOf(graph: GraphProto): ReadonlyMap<string, TensorProto> {
  const held = graph.node.flatMap((node) => {
    const tensor = node.opType === "Constant" ? attributeOf(node, "value")?.t : undefined;
    return tensor === undefined ? [] : [[node.output[0], tensor] as const];
  });
  return new Map([...graph.initializer.map((tensor) => [tensor.name, tensor] as const), ...held]);
}

/** The numbers of a constant of float32 or int64; nothing of another. */
export function numbersOf(tensor: TensorProto | undefined): number[] | undefined {
  if (tensor === undefined) return undefined;
  const { dataType, rawData, floatData, int64Data } = tensor;
  const { buffer } = rawData.slice();
  if (dataType === elementTypes.float32) return rawData.length > 0 ? [...new Float32Array(buffer)] : floatData;
  if (dataType === elementTypes.int64)
    return [...(rawData.length > 0 ? new BigInt64Array(buffer) : int64Data)].map(Number);
  return undefined;
}

export function attributeOf(node: NodeProto, name: string) {
  return node.attribute.find((each) => each.name === name);
}

/** Names that a node needs: its inputs, and what the graphs within it take from around them. */
export function neededBy(node: NodeProto): string[] {
  const inner = node.attribute.flatMap(({ g, graphs }) => [...(g === undefined ? [] : [g]), ...graphs]);
  const captured = inner.flatMap((graph) => [...graph.node.flatMap(neededBy), ...graph.output.map(({ name }) => name)]);
  return [...node.input, ...captured].filter((name) => name !== "");
}

export function onnxError(file: string, problem: string, cause?: unknown): SaenoError {
  return new SaenoError("network.file", `${file} ${problem}.`, { kind: "data", cause });
}
