/** In place of ONNX Runtime where the page is a single file, which has nothing beside it. */
import { SaenoError } from "@saeno/backend";

throw new SaenoError(
  "network.onnxruntime",
  "A page that is one file opens graph models of TensorFlow.js only: saeno studio opens ONNX files too.",
  { kind: "data" },
);
