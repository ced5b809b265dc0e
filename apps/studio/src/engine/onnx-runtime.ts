/**
 * ONNX Runtime, which is 14 MB and not a part of the page: it is taken from the folder `onnxruntime` beside it, where `saeno studio` or whoever hosts
 * the page puts it.
 */
import { messageOf, SaenoError } from "@saeno/backend";

const address: string = new URL("../onnxruntime/ort.wasm.bundle.min.mjs", self.location.href).href;

async function load(): Promise<Readonly<Record<"InferenceSession" | "Tensor", unknown>>> {
  try {
    return await import(/* @vite-ignore */ address);
  } catch (cause) {
    const missing = "ONNX files are run by ONNX Runtime, which is not beside this page";
    const remedy =
      "npm install onnxruntime-web@1.30.0 where saeno is installed (with --global if that is), and start saeno studio again; on a host of your own copy ort.wasm.bundle.min.mjs and ort-wasm-simd-threaded.wasm of that package into the folder onnxruntime beside the page";
    throw new SaenoError("network.onnxruntime", `${missing}. ${remedy}. ${messageOf(cause)}`, { kind: "data", cause });
  }
}

export const { InferenceSession, Tensor } = await load();
