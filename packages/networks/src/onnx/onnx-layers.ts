/** Operations of ONNX graphs, in the terms of the walk. */
import { sizeOf } from "@saeno/backend";
import type { Motion, WalkNode } from "../graph/walk.ts";
import type { layouts } from "../preprocessing.ts";
import type { NodeProto } from "./onnx_pb.ts";
import { attributeOf, constantsOf, elementTypes, neededBy, numbersOf, type OnnxFile } from "./onnx-file.ts";

export type Layout = (typeof layouts)[number];

export interface OnnxNode extends WalkNode {
  /** Where its channels are, if it is a map. */
  readonly layout: Layout;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));
const activations = words(
  "Relu LeakyRelu PRelu ThresholdedRelu Elu Selu Celu Gelu Mish Swish Sigmoid HardSigmoid HardSwish Softplus Softsign Tanh Clip",
);
const steps = words(
  "Identity Dropout Cast CastLike Sub Mul Div Pow Min Max Mean Abs Neg Sqrt Reciprocal Exp Log Erf Sign Floor Ceil Round Pad LRN Where",
);
const sums = words("Add Sum BatchNormalization");
const reductions = words("ReduceMean ReduceMax ReduceMin ReduceSum ReduceL1 ReduceL2 ReduceSumSquare");
const wholes = words("GlobalAveragePool GlobalMaxPool GlobalLpPool");
const pools = words("MaxPool AveragePool LpPool");
const results = words(
  "Conv ConvTranspose Add Sum Concat BatchNormalization InstanceNormalization GroupNormalization LayerNormalization MatMul Gemm",
);
const axesOf = { "channels-first": { channel: 1, spatial: [2, 3] }, "channels-last": { channel: 3, spatial: [1, 2] } };

/** The values of a graph as the walk takes them, its weights first. @param layout of the input. */
export function onnxNodes({ graph }: OnnxFile, input: string, layout: Layout): OnnxNode[] {
  const constants = constantsOf(graph);
  const placed = new Map<string, Layout>([[input, layout]]);
  const weights = [...constants].map(([name, { dims, dataType }]) => ({
    name,
    op: "Constant",
    input: [],
    layout,
    ...(dataType === elementTypes.float32 ? { weights: sizeOf(dims.map(Number)) } : {}),
  }));
  const computed = graph.node.flatMap((node) => {
    const needed = neededBy(node);
    const from = needed.map((name) => placed.get(name)).find((each) => each !== undefined);
    const to = from && layoutAfter(node, from);
    const motion = from === undefined ? undefined : motionOf(node, from, constants);
    const role = activations.has(node.opType) ? "activation" : results.has(node.opType) ? "result" : undefined;
    return node.output
      .filter((name) => name !== "" && !constants.has(name))
      .map((name): OnnxNode => {
        if (to !== undefined) placed.set(name, to);
        return { name, op: node.opType, input: needed, layout: to ?? "channels-first", motion, role };
      });
  });
  return [{ name: input, op: "Input", input: [], layout }, ...weights, ...computed];
}

function layoutAfter(node: NodeProto, layout: Layout): Layout {
  if (node.opType !== "Transpose") return layout;
  const order = attributeOf(node, "perm")?.ints.join();
  if (order === "0,2,3,1" && layout === "channels-first") return "channels-last";
  return order === "0,3,1,2" && layout === "channels-last" ? "channels-first" : layout;
}

function motionOf(node: NodeProto, layout: Layout, constants: ReturnType<typeof constantsOf>): Motion | undefined {
  const { opType, input } = node;
  const { channel, spatial } = axesOf[layout];
  const list = (name: string) => (attributeOf(node, name)?.ints ?? []).map(Number);
  const whole = (name: string) => Number(attributeOf(node, name)?.i ?? 0);
  const constant = (at: number) => numbersOf(constants.get(input[at] ?? ""));
  const onMap = (numbers: readonly number[] | undefined) =>
    numbers?.length === 4 ? spatial.map((axis) => numbers[axis]) : undefined;
  const axis = attributeOf(node, "axis") === undefined ? undefined : (whole("axis") + 4) % 4;
  const points: Motion = { kind: "points" };
  const isFirst = layout === "channels-first";

  if (activations.has(opType) || steps.has(opType) || sums.has(opType)) return points;
  if (wholes.has(opType)) return { kind: "whole" };
  if (opType === "Conv" || pools.has(opType) || opType === "ConvTranspose") {
    if (!isFirst) return undefined;
    const filter = constants
      .get(input[1] ?? "")
      ?.dims.slice(2)
      .map(Number);
    const size = attributeOf(node, "kernel_shape") === undefined ? (filter ?? []) : list("kernel_shape");
    const [strides, dilations] = [list("strides"), list("dilations")];
    if (opType !== "ConvTranspose") return { kind: "window", size, strides, dilations };
    if (dilations.some((dilation) => dilation !== 1)) return undefined;
    const reached = size.map((points, i) => Math.ceil(points / (strides[i] ?? 1)));
    return { kind: "window", size: reached, strides: strides.map((stride) => 1 / stride), dilations: [] };
  }
  switch (opType) {
    case "Transpose":
      return layoutAfter(node, layout) === layout ? undefined : points;
    case "Concat":
    case "Split":
    case "Softmax":
    case "LogSoftmax":
      return axis === channel ? points : undefined;
    case "LayerNormalization":
      return isFirst ? { kind: "points-and-whole" } : points;
    case "InstanceNormalization":
    case "GroupNormalization":
      return { kind: "points-and-whole" };
    case "MatMul":
    case "Gemm":
      return !isFirst && constants.has(input[1]) ? points : { kind: "vector" };
    case "Flatten":
    case "Reshape":
    case "Squeeze":
    case "Unsqueeze":
      return { kind: "vector" };
    case "SpaceToDepth": {
      const block = [whole("blocksize"), whole("blocksize")];
      return isFirst ? { kind: "window", size: block, strides: block, dilations: [] } : undefined;
    }
    case "DepthToSpace":
      return isFirst ? { kind: "resize", factor: [whole("blocksize"), whole("blocksize")], more: 0 } : undefined;
    case "Upsample":
    case "Resize": {
      const mode = new TextDecoder().decode(attributeOf(node, "mode")?.s);
      const more = mode === "cubic" ? 3 : mode === "linear" || mode === "bilinear" ? 1 : 0;
      const scales = attributeOf(node, "scales")?.floats ?? constant(input.length > 2 ? 2 : 1);
      return { kind: "resize", to: onMap(constant(3)), factor: onMap(scales), more };
    }
  }
  if (!reductions.has(opType)) return undefined;
  const axes = (constant(1) ?? list("axes")).map((each) => (each + 4) % 4).sort();
  if (axes.join() === spatial.join()) return { kind: "whole" };
  return axes.join() === String(channel) ? points : undefined;
}
