import { fileURLToPath } from "node:url";

/** What runs ONNX files, by the module that stands for it. */
export const onnxRuntime = (module) => ({
  find: /^(#onnxruntime|onnxruntime-web.*)$/,
  replacement: fileURLToPath(new URL(`../src/engine/${module}`, import.meta.url)),
});
