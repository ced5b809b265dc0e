/** In place of ONNX Runtime, which is larger than all of the studio. */
throw new Error("The studio opens graph models of TensorFlow.js.");

export {};
