import { fileURLToPath } from "node:url";

const noOnnx = fileURLToPath(new URL("../src/engine/no-onnx.ts", import.meta.url));

/** Libraries that are left out of the page. */
export const aliases = [{ find: /^(#onnxruntime|onnxruntime-web.*)$/, replacement: noOnnx }];
