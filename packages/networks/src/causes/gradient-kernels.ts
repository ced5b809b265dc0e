/**
 * Gradients of convolutions on backends that have none: the wasm backend lacks three kernels that the gradient of a network needs. They are made
 * of operations that every backend has, by their definition.
 */
import {
  backend_util,
  concat,
  depthwiseConv2d,
  getBackend,
  getKernel,
  type KernelConfig,
  matMul,
  mul,
  pad,
  registerKernel,
  reshape,
  reverse,
  slice,
  stack,
  sum,
  type Tensor,
  type Tensor4D,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";

type Info = ReturnType<typeof backend_util.computeConv2DInfo>;
type Shape4 = [number, number, number, number];

interface ConvAttributes {
  readonly strides: [number, number] | number;
  readonly dilations?: [number, number] | number;
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly filterShape?: Shape4;
  readonly inputShape?: Shape4;
}

/** Adds what the backend in use lacks. */
export function registerGradientKernels(): void {
  const backendName = getBackend();
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    if (getKernel(kernelName, backendName) != null) continue;
    const kernelFunc: KernelConfig["kernelFunc"] = ({ inputs, attrs }) =>
      // What a kernel is given are tensors, of the shapes of its operation.
      tidy(() => kernel(inputs as Record<string, Tensor4D>, attrs as unknown as ConvAttributes));
    registerKernel({ kernelName, backendName, kernelFunc });
  }
}

const kernels: Readonly<Record<string, (inputs: Record<string, Tensor4D>, attributes: ConvAttributes) => Tensor>> = {
  Conv2DBackpropFilter({ x, dy }, attributes) {
    const info = infoOf(x.shape, attributes.filterShape ?? x.shape, attributes, false);
    const outputs = reshape(dy, [-1, info.outChannels]);
    return filterOf(x, info, (patch) => matMul(reshape(patch, [-1, info.inChannels]), outputs, true));
  },
  DepthwiseConv2dNativeBackpropFilter({ x, dy }, attributes) {
    const info = infoOf(x.shape, attributes.filterShape ?? x.shape, attributes, true);
    const { inChannels } = info;
    const outputs = reshape(dy, [-1, inChannels, info.outChannels / inChannels]);
    return filterOf(x, info, (patch) => sum(mul(reshape(patch, [-1, inChannels, 1]), outputs), 0));
  },
  DepthwiseConv2dNativeBackpropInput({ dy, filter }, attributes) {
    const inputShape = attributes.inputShape ?? dy.shape;
    const info = infoOf(inputShape, filter.shape, attributes, true);
    const [rows, columns, channels, multiplier] = filter.shape;
    const [reachRows, reachColumns] = [(rows - 1) * info.dilationHeight, (columns - 1) * info.dilationWidth];
    const [height, width] = [(info.outHeight - 1) * info.strideHeight + 1, (info.outWidth - 1) * info.strideWidth + 1];
    const spread = slice(spreadOut(dy, info), [0, 0, 0, 0], [-1, height, width, -1]);
    const padded = pad(spread, [
      [0, 0],
      [reachRows - info.padInfo.top, info.inHeight + info.padInfo.top - height],
      [reachColumns - info.padInfo.left, info.inWidth + info.padInfo.left - width],
      [0, 0],
    ]);
    const flipped = reshape(reverse(filter, [0, 1]), [rows, columns, channels * multiplier, 1]) as Tensor4D;
    const dilations: [number, number] = [info.dilationHeight, info.dilationWidth];
    const found = depthwiseConv2d(padded as Tensor4D, flipped, 1, "valid", "NHWC", dilations);
    if (multiplier === 1) return found;
    return reshape(sum(reshape(found, [-1, multiplier]), 1), [...inputShape]);
  },
};

function infoOf(input: Shape4, filter: Shape4, attributes: ConvAttributes, depthwise: boolean): Info {
  const { strides, dilations = 1, pad: padding, dimRoundingMode } = attributes;
  return backend_util.computeConv2DInfo(input, filter, strides, dilations, padding, dimRoundingMode, depthwise);
}

/** The gradient of a filter, of each of its points what the input has there for all outputs. */
function filterOf(x: Tensor4D, info: Info, at: (patch: Tensor) => Tensor): Tensor {
  const { strideHeight, strideWidth, outHeight, outWidth, filterHeight, filterWidth, padInfo } = info;
  const [height, width] = [outHeight * strideHeight, outWidth * strideWidth];
  const most = [
    (filterHeight - 1) * info.dilationHeight + height - info.inHeight - padInfo.top,
    (filterWidth - 1) * info.dilationWidth + width - info.inWidth - padInfo.left,
  ];
  const padded = pad(x, [
    [0, 0],
    [padInfo.top, Math.max(0, most[0])],
    [padInfo.left, Math.max(0, most[1])],
    [0, 0],
  ]);
  const points: Tensor[] = [];
  for (let row = 0; row < filterHeight; row++) {
    for (let column = 0; column < filterWidth; column++) {
      const begin = [0, row * info.dilationHeight, column * info.dilationWidth, 0];
      points.push(at(everySecond(slice(padded, begin, [-1, height, width, -1]) as Tensor4D, info)));
    }
  }
  return reshape(stack(points), info.filterShape);
}

/** Every point of a stride, from the first. */
function everySecond(x: Tensor4D, { strideHeight, strideWidth, outHeight, outWidth, inChannels }: Info): Tensor {
  const rows = slice(reshape(x, [-1, strideHeight, x.shape[2] * inChannels]), [0, 0, 0], [-1, 1, -1]);
  const points = slice(reshape(rows, [-1, strideWidth, inChannels]), [0, 0, 0], [-1, 1, -1]);
  return reshape(points, [x.shape[0], outHeight, outWidth, inChannels]);
}

/** Zeros between the points, so that they are a stride apart. */
function spreadOut(dy: Tensor4D, { strideHeight, strideWidth }: Info): Tensor {
  const [batch, height, width, channels] = dy.shape;
  const apart = (x: Tensor, stride: number) => {
    const [count, , inner] = x.shape;
    return stride === 1 ? x : concat([x, zeros([count, stride - 1, inner])], 1);
  };
  const columns = apart(reshape(dy, [batch * height * width, 1, channels]), strideWidth);
  const rows = apart(reshape(columns, [batch * height, 1, width * strideWidth * channels]), strideHeight);
  return reshape(rows, [batch, height * strideHeight, width * strideWidth, channels]);
}
