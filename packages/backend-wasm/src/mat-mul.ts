import {
  getKernel,
  type KernelConfig,
  registerKernel,
  reshape,
  type Tensor,
  type TensorInfo,
  tidy,
  transpose,
  unregisterKernel,
  util,
} from "@tensorflow/tfjs-core";

type KernelFunction = KernelConfig["kernelFunc"];
let original: KernelFunction | undefined;

/**
 * tfjs's wasm matrix product is fast for two plain matrices and ten to fifty times slower for a transposed factor or a
 * batch. Transposing first, and folding a batch that shares its right factor into the rows, keeps to the fast path.
 */
export function registerMatMul(): void {
  if (original !== undefined) return;
  const config = getKernel("BatchMatMul", "wasm");
  original = config.kernelFunc;
  unregisterKernel("BatchMatMul", "wasm");
  registerKernel({ ...config, kernelFunc: matMul });
}

const matMul: KernelFunction = (call) => tidy(() => run(call) as Tensor);

function run({ inputs, attrs, backend }: Parameters<KernelFunction>[0]): TensorInfo {
  const product = (a: Tensor, b: Tensor) => {
    const result = (original as KernelFunction)({
      inputs: { a, b },
      attrs: { transposeA: false, transposeB: false },
      backend,
    });
    return Array.isArray(result) ? (result[0] as TensorInfo) : result;
  };
  const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
  const a = transposeA ? transposeLast(inputs.a as Tensor) : (inputs.a as Tensor);
  const b = transposeB ? transposeLast(inputs.b as Tensor) : (inputs.b as Tensor);
  const sharedB = util.sizeFromShape(b.shape.slice(0, -2)) === 1;
  if (!sharedB || a.rank === 2) return product(a, b);
  const inner = a.shape[a.rank - 1] as number;
  const columns = b.shape[b.rank - 1] as number;
  const flat = product(reshape(a, [-1, inner]), reshape(b, [inner, columns]));
  const batch =
    a.rank >= b.rank ? a.shape.slice(0, -2) : [...b.shape.slice(0, b.rank - a.rank), ...a.shape.slice(0, -2)];
  return { ...flat, shape: [...batch, a.shape[a.rank - 2] as number, columns] };
}

function transposeLast(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  const last = x.rank - 1;
  return transpose(x, [...axes.slice(0, -2), last, last - 1]);
}
