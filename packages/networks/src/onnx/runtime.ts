/** ONNX Runtime: native in Node, WebAssembly in pages. */
import { messageOf, SaenoError } from "@saeno/backend";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import type { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { onnxError } from "./onnx-file.ts";

export type { OnnxTensor };
/** Values by name, as the library has them. */
export type Values = Readonly<Record<string, OnnxTensor>>;

export interface Runtime {
  session(file: Uint8Array, name: string): Promise<InferenceSession>;
  floats(values: Float32Array, shape: readonly number[]): OnnxTensor;
}

/** @throws SaenoError `network.onnxruntime` where it is not installed. */
export async function loadRuntime(): Promise<Runtime> {
  const library = await loadLibrary();
  return {
    async session(file, name) {
      try {
        // Operations that are fused or reordered would round differently where a value between them is asked for.
        return await library.InferenceSession.create(file, { graphOptimizationLevel: "disabled", logSeverityLevel: 4 });
      } catch (cause) {
        throw onnxError(name, `cannot be opened: ${messageOf(cause)}`, cause);
      }
    },
    floats: (values, shape) => new library.Tensor("float32", values, shape),
  };
}

async function loadLibrary(): Promise<typeof import("onnxruntime-node")> {
  // A try, not a catch of the promise: bundlers build pages without the library only where its import may fail.
  try {
    // `imports` of package.json says which library that is.
    return await import("#onnxruntime");
  } catch (cause) {
    // Whoever put another library in its place says why there is none.
    if (SaenoError.isInstance(cause)) throw cause;
    // The script would fetch libraries for CUDA, which nothing here uses.
    const install = "npm install --ignore-scripts onnxruntime-node@1.30.0, or onnxruntime-web@1.30.0 for pages";
    const problem = `ONNX files are run by a library that is not installed: ${install}. ${messageOf(cause)}`;
    throw new SaenoError("network.onnxruntime", problem, { cause });
  }
}

/** @throws SaenoError `network.type` for numbers that tensors here do not have. */
export function tensorOf({ data, dims, type }: OnnxTensor, name: string): Tensor {
  const shape = [...dims];
  if (data instanceof Float32Array) return tensor(data, shape, "float32");
  if (data instanceof Float64Array) return tensor(Float32Array.from(data), shape, "float32");
  if (type === "float16" || type === "string") {
    const problem = `${name} has values of ${type}: name other outputs, or export the network in float32`;
    throw new SaenoError("network.type", `${problem}.`, { kind: "data" });
  }
  return tensor(Int32Array.from(data as ArrayLike<number | bigint>, Number), shape, "int32");
}
