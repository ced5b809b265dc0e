/** The classifier that small.onnx.py makes, with files beside it, and what it says. */
import { readFile } from "node:fs/promises";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type FileAccess, memoryBytes } from "@saeno/datasets";
import { type GraphProto, ModelProtoSchema } from "../onnx/onnx_pb.ts";

const here = (name: string) => new URL(name, import.meta.url);

export const smallBytes: Promise<Uint8Array> = readFile(here("small.onnx"));

/** Of three images, as loops in float64 have it. */
export async function smallExpected(): Promise<Record<"layer" | "logits" | "without", number[]>> {
  return JSON.parse(await readFile(here("small.onnx.json"), "utf8"));
}

/** Images `[count, 3, 16, 12]`, which small.onnx.py makes too. */
export function smallImages(count: number): Float32Array {
  return Float32Array.from({ length: count * 3 * 16 * 12 }, (_, i) => ((i * 37) % 101) / 128);
}

/** @param change what is done to the graph. @param beside files that lie beside it. */
export function smallOnnx(
  change: (graph: GraphProto) => void = sized(0, 3, 16, 12),
  beside: Record<string, Uint8Array> = {},
): FileAccess {
  return {
    async open(path) {
      const other = beside[path];
      if (other !== undefined) return memoryBytes(other, path);
      const model = fromBinary(ModelProtoSchema, await smallBytes);
      if (model.graph !== undefined) change(model.graph);
      return memoryBytes(toBinary(ModelProtoSchema, model), path);
    },
    list: async () => undefined,
  };
}

/** The input's sizes, 0 for any. */
export function sized(...sizes: number[]): (graph: GraphProto) => void {
  return ({ input: [image] }) => {
    for (const [axis, dim] of (image.type?.tensorType?.shape?.dim ?? []).entries()) {
      dim.dimParam = sizes[axis] === 0 ? "any" : "";
      dim.dimValue = BigInt(sizes[axis]);
    }
  };
}
