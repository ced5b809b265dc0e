/** Operations of TensorFlow's graphs, in the terms of the walk. */
import { sizeOf } from "@saeno/backend";
import { type GraphNode, type ModelFile, nodeName, numbersOf, wholeNumbers } from "./model-file.ts";
import type { Motion, WalkNode } from "./walk.ts";

const convolutions = new Set(["Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"]);
const pools = new Set(["MaxPool", "AvgPool"]);
const activations = ["Relu", "Relu6", "Elu", "Selu", "LeakyRelu", "Prelu", "Sigmoid", "Tanh", "Softplus"];
const sums = ["Add", "AddV2", "AddN", "ConcatV2", "BiasAdd"];
const normalizations = ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"];
const steps = [
  "Identity",
  "Sub",
  "Mul",
  "RealDiv",
  "Maximum",
  "Minimum",
  "Square",
  "Sqrt",
  "Rsqrt",
  "Exp",
  "Neg",
  "Abs",
];
const pointwise = new Set([
  ...activations,
  ...sums,
  ...normalizations,
  ...steps,
  "Pad",
  "PadV2",
  "MirrorPad",
  "Softmax",
  "Transpose",
]);
const results = new Set([...convolutions, ...sums, ...normalizations]);

/** The nodes of a file as the walk takes them, under their names. */
export function walkNodes(file: ModelFile): WalkNode[] {
  const byName = new Map(file.nodes.map((node) => [node.name, node]));
  const weights = new Map(file.weights.map((weight) => [weight.name, weight]));

  /** The name of the constant that an input comes from. */
  const constant = (name: string | undefined): string => {
    const node = name === undefined ? undefined : byName.get(nodeName(name));
    return node?.op === "Identity" ? constant(node.input[0]) : (node?.name ?? "");
  };
  const motionOf = (node: GraphNode): Motion | undefined => {
    if (convolutions.has(node.op) || pools.has(node.op)) {
      const filter = weights.get(constant(node.input[1]))?.shape;
      const size = pools.has(node.op) ? numbersOf(node, "ksize").slice(1, 3) : (filter ?? []).slice(0, 2);
      const [strides, dilations] = ["strides", "dilations"].map((name) => numbersOf(node, name).slice(1, 3));
      return { kind: "window", size, strides, dilations };
    }
    if (node.op === "ResizeBilinear" || node.op === "ResizeNearestNeighbor")
      return {
        kind: "resize",
        to: wholeNumbers(file, constant(node.input[1])),
        more: node.op === "ResizeBilinear" ? 1 : 0,
      };
    if (node.op === "Mean" || node.op === "Max") return { kind: "whole" };
    return pointwise.has(node.op) ? { kind: "points" } : undefined;
  };
  return file.nodes.map((node) => {
    const weight = weights.get(node.name);
    return {
      name: node.name,
      op: node.op.replace(/^_/, ""),
      // What only says when a node runs is nothing that it is made of.
      input: node.input.filter((name) => !name.startsWith("^")).map(nodeName),
      motion: motionOf(node),
      role: activations.includes(node.op) ? "activation" : results.has(node.op) ? "result" : undefined,
      ...(weight?.dtype === "float32" ? { weights: sizeOf(weight.shape) } : {}),
    };
  });
}
