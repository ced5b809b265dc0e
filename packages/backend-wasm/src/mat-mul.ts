import {
  broadcast_util,
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
  zeros,
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
  // tfjs's kernel leaves the result of an empty product uninitialised.
  if (a.size === 0 || b.size === 0) return zeros(productShape(a.shape, b.shape));
  const sharedB = util.sizeFromShape(b.shape.slice(0, -2)) === 1;
  if (!sharedB || a.rank === 2) return product(a, b);
  const inner = a.shape[a.rank - 1] as number;
  const columns = b.shape[b.rank - 1] as number;
  const flat = product(reshape(a, [-1, inner]), reshape(b, [inner, columns]));
  return { ...flat, shape: productShape(a.shape, b.shape) };
}

/** The shape of the product of two batches of matrices, one broadcast to the other. */
function productShape(a: readonly number[], b: readonly number[]): number[] {
  const batch = broadcast_util.assertAndGetBroadcastShape(a.slice(0, -2), b.slice(0, -2));
  return [...batch, a[a.length - 2] as number, b[b.length - 1] as number];
}

function transposeLast(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  const last = x.rank - 1;
  return transpose(x, [...axes.slice(0, -2), last, last - 1]);
}
