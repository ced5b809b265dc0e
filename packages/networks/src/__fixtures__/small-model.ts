/**
 * A classifier of 8 x 8 images in the files of a graph model, made by hand: two convolutions, a branch that goes around both, and a head.
 *
 *     image -> conv (stride 2) -> relu -> conv 3 x 3 = layer -> add the branch -> relu -> mean -> dense -> softmax
 *          \--> conv 1 x 1, stride 2 (branch) ------------------^
 */
import { createRandom, sizeOf } from "@saeno/backend";
import { type FileAccess, memoryBytes } from "@saeno/datasets";

interface SmallModelOptions {
  /** -1 for any number. */
  readonly batch?: number;
  /** Of the image, -1 for any. */
  readonly size?: number;
  /** Default `NHWC`. */
  readonly dataFormat?: string;
}

export function smallModel({ batch = -1, size = 8, dataFormat = "NHWC" }: SmallModelOptions = {}): FileAccess {
  const random = createRandom(5);
  const weights: { name: string; shape: number[]; dtype: string }[] = [];
  const bytes: Uint8Array[] = [];
  const constant = (name: string, shape: number[], numbers?: number[]) => {
    const dtype = numbers === undefined ? "float32" : "int32";
    weights.push({ name, shape, dtype });
    const data = numbers === undefined ? random.normals(sizeOf(shape)).map((x) => x / 2) : Int32Array.from(numbers);
    bytes.push(new Uint8Array(data.buffer));
    return { name, op: "Const", attr: { dtype: { type: dtype === "int32" ? "DT_INT32" : "DT_FLOAT" } } };
  };
  const float = { T: { type: "DT_FLOAT" } };
  const conv = (name: string, input: string, filter: string, stride: number) => ({
    name,
    op: "Conv2D",
    input: [input, filter],
    attr: {
      ...float,
      strides: { list: { i: ["1", String(stride), String(stride), "1"] } },
      dilations: { list: { i: ["1", "1", "1", "1"] } },
      padding: { s: btoa("SAME") },
      data_format: { s: btoa(dataFormat) },
    },
  });
  const plain = (name: string, op: string, ...input: string[]) => ({ name, op, input, attr: float });
  const dim = [batch, size, size, 3].map((points) => ({ size: String(points) }));
  const node = [
    { name: "image", op: "Placeholder", attr: { dtype: { type: "DT_FLOAT" }, shape: { shape: { dim } } } },
    constant("first/filter", [3, 3, 3, 4]),
    constant("second/filter", [3, 3, 4, 4]),
    constant("branch/filter", [1, 1, 3, 4]),
    constant("axes", [2], [1, 2]),
    constant("head/weights", [4, 5]),
    conv("block/first/conv", "image", "first/filter", 2),
    plain("block/first/relu", "Relu", "block/first/conv"),
    conv("block/second/conv", "block/first/relu", "second/filter", 1),
    conv("block/branch/conv", "image", "branch/filter", 2),
    plain("block/sum", "AddV2", "block/second/conv", "block/branch/conv"),
    plain("block/relu", "Relu", "block/sum"),
    { name: "mean", op: "Mean", input: ["block/relu", "axes"], attr: { ...float, keep_dims: { b: false } } },
    {
      name: "logits",
      op: "MatMul",
      input: ["mean", "head/weights"],
      attr: { ...float, transpose_a: { b: false }, transpose_b: { b: false } },
    },
    plain("classes", "Softmax", "logits"),
  ];
  const model = {
    format: "graph-model",
    modelTopology: { node, versions: { producer: 440 } },
    weightsManifest: [{ paths: ["weights.bin"], weights }],
  };
  const content = new Map([
    ["net/model.json", new TextEncoder().encode(JSON.stringify(model))],
    ["net/weights.bin", joined(bytes)],
  ]);
  return {
    async open(path) {
      const found = content.get(path);
      if (found === undefined) throw new Error(`no file ${path}`);
      return memoryBytes(found, path);
    },
    list: async (path) => (path === "net" ? ["model.json", "weights.bin"] : undefined),
  };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}
