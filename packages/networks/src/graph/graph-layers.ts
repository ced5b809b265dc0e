/** What a graph says of its layers without being run: strides, receptive fields, parameters. */
import { sizeOf } from "@saeno/backend";
import { type GraphNode, type ModelFile, nodeName, numbersOf, wholeNumbers } from "./model-file.ts";

/** How the points of a map lie in the input. */
export interface Reach {
  /** Points of the input between neighbors; of a vector or an average over the whole input, absent. */
  readonly stride?: readonly [number, number];
  readonly field: readonly [number, number];
  readonly global: boolean;
}

export interface GraphLayer extends Reach {
  readonly node: GraphNode;
  readonly parameters: number;
  readonly sensible: boolean;
}

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
const results = new Set([...convolutions, ...activations, ...sums, ...normalizations]);

/** The layers whose points lie on a grid of the input, in the order of the graph. @param size of the input. */
export function graphLayers(file: ModelFile, input: string, size: readonly number[]): GraphLayer[] {
  const { nodes, weights } = file;
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const shapes = new Map(weights.map(({ name, shape }) => [name, shape]));
  const floats = new Map(weights.map(({ name, shape, dtype }) => [name, dtype === "float32" ? sizeOf(shape) : 0]));
  const reaches = new Map<string, Reach | undefined>();
  const before = new Map<string, ReadonlySet<string>>();

  /** The name of the constant that an input comes from. */
  const constant = (name: string | undefined): string | undefined => {
    const node = name === undefined ? undefined : byName.get(nodeName(name));
    if (node?.op === "Identity") return constant(node.input[0]);
    return node?.op === "Const" ? node.name : undefined;
  };
  const reachOf = (node: GraphNode): Reach | undefined => {
    if (node.name === input) return { stride: [1, 1], field: [1, 1], global: false };
    const known = node.input.filter((name) => constant(name) === undefined).map((name) => reaches.get(nodeName(name)));
    const [first] = known;
    if (first === undefined || known.includes(undefined)) return undefined;
    const { stride } = first;
    if (node.op === "Mean" || node.op === "Max") return { field: first.field, global: true };
    const filter = shapes.get(constant(node.input[1]) ?? "");
    if (convolutions.has(node.op) || pools.has(node.op)) {
      const window = pools.has(node.op) ? numbersOf(node, "ksize").slice(1, 3) : filter?.slice(0, 2);
      if (window === undefined || window.length < 2) return undefined;
      const [moves, dilations] = [numbersOf(node, "strides").slice(1, 3), numbersOf(node, "dilations").slice(1, 3)];
      if (stride === undefined) return first;
      return on((axis) => ({
        stride: stride[axis] * (moves[axis] ?? 1),
        field: first.field[axis] + (window[axis] - 1) * (dilations[axis] ?? 1) * stride[axis],
        global: first.global,
      }));
    }
    if (node.op === "ResizeBilinear" || node.op === "ResizeNearestNeighbor") {
      const to = wholeNumbers(file, constant(node.input[1]) ?? "");
      if (stride === undefined || to === undefined) return undefined;
      const reached = node.op === "ResizeBilinear" ? 1 : 0;
      return on((axis) => ({
        stride: size[axis] / to[axis],
        field: first.field[axis] + reached * stride[axis],
        global: first.global,
      }));
    }
    if (!pointwise.has(node.op)) return undefined;
    const maps = known.flatMap((reach) => (reach?.stride === undefined ? [] : [reach]));
    const global = known.some((reach) => reach?.global === true || (reach?.stride === undefined && maps.length > 0));
    if (maps.length === 0) return { field: first.field, global };
    const same = maps.every((reach) => reach.stride?.join() === maps[0].stride?.join());
    if (!same) return undefined;
    const most = (axis: 0 | 1) => Math.max(...maps.map(({ field }) => field[axis]));
    return { ...maps[0], field: [most(0), most(1)], global };
  };

  const found: GraphLayer[] = [];
  for (const node of inOrder(nodes, byName)) {
    if (node.op === "Const") continue;
    const sources = node.input.map(nodeName);
    const own = new Set<string>(sources.flatMap((name) => [name, ...(before.get(name) ?? [])]));
    before.set(node.name, own);
    const reach = reachOf(node);
    reaches.set(node.name, reach);
    if (reach?.stride === undefined || node.name === input) continue;
    const branches = node.input.filter((name) => constant(name) === undefined).length;
    // What a constant is added to, or multiplied with, is a step within an activation, as in the hard swish, whose result is a product.
    const isStep = (each: GraphNode | undefined) =>
      each !== undefined &&
      /^(Add|AddV2|Mul|Sub)$/.test(each.op) &&
      each.input.some((name) => constant(name) !== undefined);
    const isProduct = node.op === "Mul" && branches > 1;
    const isWithin =
      isStep(node) || (activations.includes(node.op) && isStep(byName.get(nodeName(node.input[0] ?? ""))));
    found.push({
      ...reach,
      node,
      parameters: [...own].reduce((sum, name) => sum + (floats.get(name) ?? 0), 0),
      sensible: (results.has(node.op) || isProduct) && !isWithin,
    });
  }
  return found;
}

/** Names of nodes that a layer has a part in. */
export function reachedFrom(nodes: readonly GraphNode[], layer: string): ReadonlySet<string> {
  const reached = new Set([layer]);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  for (const node of inOrder(nodes, byName)) {
    if (node.input.some((name) => reached.has(nodeName(name)))) reached.add(node.name);
  }
  return reached;
}

/** Each node after those that it needs. */
function inOrder(nodes: readonly GraphNode[], byName: ReadonlyMap<string, GraphNode>): GraphNode[] {
  const [done, result] = [new Set<string>(), [] as GraphNode[]];
  for (const root of nodes) {
    const stack = [root];
    const open = new Set<string>();
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      const next = open.has(node.name)
        ? []
        : node.input
            .flatMap((name) => byName.get(nodeName(name)) ?? [])
            .filter(({ name }) => !done.has(name) && !open.has(name));
      open.add(node.name);
      if (next.length > 0) {
        stack.push(...next);
        continue;
      }
      stack.pop();
      if (!done.has(node.name)) result.push(node);
      done.add(node.name);
    }
  }
  return result;
}

type AxisReach = { readonly stride: number; readonly field: number; readonly global?: boolean };

function on(of: (axis: 0 | 1) => AxisReach): Reach {
  const [rows, columns] = [of(0), of(1)];
  return {
    stride: [rows.stride, columns.stride],
    field: [rows.field, columns.field],
    global: rows.global === true,
  };
}
