import { engine, type Tensor } from "@tensorflow/tfjs-core";

/**
 * The same values as a new tensor that the gradient tape has not seen: gradients stop here.
 * Shares the data and copies nothing. The caller disposes of the result.
 */
export function detach<T extends Tensor>(tensor: T): T {
  const { backend } = engine();
  backend.incRef(tensor.dataId);
  return engine().makeTensorFromTensorInfo(tensor, backend) as T;
}
