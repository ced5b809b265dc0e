/** What a graph says of its layers without being run, whatever format it comes from: strides, receptive fields, parameters. */
import { SaenoError } from "@saeno/backend";
import { completeName } from "../network.ts";

/** A value of a graph and what it is made of, by name; names that the graph does not have are ignored. */
export interface ValueNode {
  readonly name: string;
  readonly input: readonly string[];
}

/** What an operation does to the points of a map. */
export type Motion =
  /** Nothing: each point comes from itself. */
  | { readonly kind: "points" }
  /** The same, and from what is known of the whole map, as in normalizations of each sample. */
  | { readonly kind: "points-and-whole" }
  /** Convolutions and pools. Strides and dilations are 1 where they are not given. */
  | {
      readonly kind: "window";
      readonly size: readonly number[];
      readonly strides: readonly number[];
      readonly dilations: readonly number[];
    }
  /** To a number of points, or to those times a factor; each sees so many `more` than one. */
  | {
      readonly kind: "resize";
      readonly to?: ArrayLike<number> | undefined;
      readonly factor?: ArrayLike<number> | undefined;
      readonly more: number;
    }
  /** Averages over all points: what comes of it is a vector. */
  | { readonly kind: "whole" }
  /** Mixes the entries of a vector; no map comes of a map. */
  | { readonly kind: "vector" };

export interface WalkNode extends ValueNode {
  readonly op: string;
  /** Absent for operations that are not known: what comes after them has no place on the input's grid. */
  readonly motion?: Motion | undefined;
  /** Whether it is something to look at by itself: a `result` is, an `activation` unless it is a part of one. */
  readonly role?: "result" | "activation" | undefined;
  /** How many weights a constant holds. */
  readonly weights?: number;
}

/** How the points of a map lie in the input. */
interface Reach {
  /** Points of the input between neighbors; of a vector or an average over the whole input, absent. */
  readonly stride?: readonly [number, number];
  readonly field: readonly [number, number];
  readonly global: boolean;
}

export interface GraphLayer<Node extends WalkNode = WalkNode> extends Reach {
  readonly node: Node;
  readonly parameters: number;
  readonly sensible: boolean;
}

/** The layers whose points lie on a grid of the input, in the order in which they are computed. @param size of the input. */
export function layersOf<Node extends WalkNode>(
  nodes: readonly Node[],
  input: string,
  size: readonly number[],
): GraphLayer<Node>[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const moving = reachedFrom(nodes, input);
  const reaches = new Map<string, Reach | undefined>();
  const before = new Map<string, ReadonlySet<string>>();
  // What a constant is added to, or multiplied with, is a step within an activation, as in the hard swish, whose result is a product.
  const isStep = (node: Node | undefined) =>
    node !== undefined && /^(Add|AddV2|Mul|Sub)$/.test(node.op) && node.input.some((name) => !moving.has(name));

  const found: GraphLayer<Node>[] = [];
  for (const node of inOrder(nodes)) {
    const own = new Set<string>([node.name, ...node.input.flatMap((name) => [...(before.get(name) ?? [])])]);
    before.set(node.name, own);
    if (!moving.has(node.name)) continue;
    const sources = node.input.filter((name) => moving.has(name));
    const reach =
      node.name === input
        ? ({ stride: [1, 1], field: [1, 1], global: false } as const)
        : reachOf(
            node.motion,
            sources.map((name) => reaches.get(name)),
            size,
          );
    reaches.set(node.name, reach);
    if (reach?.stride === undefined || node.name === input) continue;
    const isProduct = node.op === "Mul" && sources.length > 1;
    const isWithin = isStep(node) || (node.role === "activation" && isStep(byName.get(node.input[0] ?? "")));
    found.push({
      ...reach,
      node,
      parameters: [...own].reduce((sum, name) => sum + (byName.get(name)?.weights ?? 0), 0),
      sensible: (node.role !== undefined || isProduct) && !isWithin,
    });
  }
  return found;
}

function reachOf(
  motion: Motion | undefined,
  sources: readonly (Reach | undefined)[],
  size: readonly number[],
): Reach | undefined {
  const [first] = sources;
  if (motion === undefined || first === undefined || sources.includes(undefined)) return undefined;
  const { stride, field, global } = first;
  switch (motion.kind) {
    case "whole":
      return { field, global: true };
    case "vector":
      return stride === undefined ? first : undefined;
    case "window": {
      if (motion.size.length < 2) return undefined;
      if (stride === undefined) return first;
      const reached = (axis: 0 | 1) => (motion.size[axis] - 1) * (motion.dilations[axis] ?? 1) * stride[axis];
      return {
        stride: [stride[0] * (motion.strides[0] ?? 1), stride[1] * (motion.strides[1] ?? 1)],
        field: [field[0] + reached(0), field[1] + reached(1)],
        global,
      };
    }
    case "resize": {
      const { to, factor, more } = motion;
      if (stride === undefined || (to === undefined && factor === undefined)) return undefined;
      const resized = (axis: 0 | 1) =>
        to === undefined ? stride[axis] / (factor?.[axis] ?? 1) : size[axis] / to[axis];
      const reached = (axis: 0 | 1) => more * stride[axis];
      return { stride: [resized(0), resized(1)], field: [field[0] + reached(0), field[1] + reached(1)], global };
    }
    default: {
      const maps = sources.flatMap((reach) => (reach?.stride === undefined ? [] : [reach]));
      const isWhole = motion.kind === "points-and-whole";
      const reached = sources.some((reach) => reach?.global || (reach?.stride === undefined && maps.length > 0));
      if (maps.length === 0) return { field, global: reached || isWhole };
      if (maps.some((reach) => reach.stride?.join() !== maps[0].stride?.join())) return undefined;
      const most = (axis: 0 | 1) => Math.max(...maps.map((reach) => reach.field[axis]));
      return { ...maps[0], field: [most(0), most(1)], global: reached || isWhole };
    }
  }
}

/** Names of values that one has a part in, itself among them. */
export function reachedFrom(nodes: readonly ValueNode[], name: string): ReadonlySet<string> {
  const reached = new Set([name]);
  for (const node of inOrder(nodes)) if (node.input.some((each) => reached.has(each))) reached.add(node.name);
  return reached;
}

/** Values that the outputs need beside a layer: made of the input, not of the layer. */
export function besides(
  nodes: readonly ValueNode[],
  { input, layer, outputs }: { readonly input: string; readonly layer: string; readonly outputs: readonly string[] },
): string[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const [moving, after] = [reachedFrom(nodes, input), reachedFrom(nodes, layer)];
  const [found, seen] = [new Set<string>(), new Set([layer])];
  const visit = [...outputs];
  for (let name = visit.pop(); name !== undefined; name = visit.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    if (after.has(name)) visit.push(...(byName.get(name)?.input ?? []));
    else if (moving.has(name)) found.add(name);
  }
  return [...found];
}

/** @throws SaenoError `network.layer` where none of the outputs comes after a layer. */
export function checkBehind(
  nodes: readonly ValueNode[],
  { place, layer, outputs }: { readonly place: string; readonly layer: string; readonly outputs: readonly string[] },
): void {
  const after = reachedFrom(nodes, layer);
  if (outputs.some((name) => after.has(name))) return;
  const problem = `${place}: none of the outputs ${outputs.join(", ")} comes after the layer ${layer}`;
  throw new SaenoError("network.layer", `${problem}. Name other outputs, or an earlier layer.`);
}

/** The layer that a part of a name means; where several have it, the only one of them that is one to look at. @throws SaenoError `network.layer`. */
export function layerOf(text: string, layers: readonly GraphLayer[], network: string): string {
  const names = layers.map(({ node }) => node.name);
  const usual = layers.filter(({ sensible }) => sensible).map(({ node }) => node.name);
  return completeName(text, usual.filter((name) => name.includes(text)).length === 1 ? usual : names, network);
}

/** Each node after those that it needs. */
function inOrder<Node extends ValueNode>(nodes: readonly Node[]): Node[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const [done, result] = [new Set<string>(), [] as Node[]];
  for (const root of nodes) {
    const stack = [root];
    const open = new Set<string>();
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      const next = open.has(node.name)
        ? []
        : node.input.flatMap((name) => byName.get(name) ?? []).filter(({ name }) => !done.has(name) && !open.has(name));
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
