/** A part of an ONNX graph as a file of its own: how values within it are read, and replaced. */
import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, ValueInfoProtoSchema } from "./onnx_pb.ts";
import { elementTypes, neededBy, type OnnxFile } from "./onnx-file.ts";

/**
 * The file that computes some values from others, and holds no more than that takes.
 *
 * @param given the type of each value that may be given, wherever it is in the graph; what its outputs do not need is not an input.
 */
export function cut(
  { model, graph }: OnnxFile,
  given: ReadonlyMap<string, string>,
  outputs: readonly string[],
): Uint8Array {
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const needed = new Set<string>();
  const visit = [...outputs];
  for (let name = visit.pop(); name !== undefined; name = visit.pop()) {
    if (needed.has(name)) continue;
    needed.add(name);
    const maker = given.has(name) ? undefined : makers.get(name);
    if (maker !== undefined) visit.push(...neededBy(maker));
  }
  const isMade = (name: string) => needed.has(name) && !given.has(name);
  const node = graph.node
    .filter((each) => each.output.some(isMade))
    // One of several results may be given while the others are made.
    .map((each) => ({ ...each, output: each.output.map((name) => (given.has(name) ? `${name} (replaced)` : name)) }));
  const initializer = graph.initializer.filter(({ name }) => isMade(name));
  const constants = new Set(initializer.map(({ name }) => name));
  const value = (name: string, type?: string) =>
    create(ValueInfoProtoSchema, {
      name,
      ...(type === undefined ? {} : { type: { tensorType: { elemType: elementTypes[type] } } }),
    });
  const inputs = [...given]
    .filter(([name]) => needed.has(name))
    .map(([name, type]) => graph.input.find((each) => each.name === name) ?? value(name, type));
  return toBinary(ModelProtoSchema, {
    ...model,
    graph: {
      ...graph,
      node,
      initializer,
      // Old files list their weights among the inputs.
      input: [...inputs, ...graph.input.filter(({ name }) => constants.has(name))],
      output: outputs.map((name) => value(name)),
      valueInfo: [],
    },
  });
}
