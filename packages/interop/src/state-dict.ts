import { SaenoError } from "@saeno/backend";
import { parseSafetensors } from "@saeno/datasets";

/**
 * The tensors of a safetensors file, taken out one by one, each checked for its shape and that its numbers are finite.
 * All errors are SaenoError `interop.weights` and name the file and the tensor.
 */
export interface StateDict {
  has(name: string): boolean;
  /** The two sizes of a matrix. */
  sizes(name: string): readonly [number, number];
  /** The length of a vector. */
  length(name: string): number;
  take(name: string, shape: readonly number[]): Float64Array;
  takeNumber(name: string): number;
  /** @throws SaenoError when tensors are left: the model does something that nobody has looked at. */
  finish(): void;
}

/** @throws SaenoError `safetensors.format`. */
export function stateDict(bytes: Uint8Array, name: string): StateDict {
  const { tensors } = parseSafetensors(bytes, name);
  const left = new Set(tensors.keys());
  const find = (key: string) => {
    const found = tensors.get(key);
    if (found !== undefined) return found;
    throw weightsError(`${name} lacks the tensor "${key}". It holds: ${[...tensors.keys()].join(", ") || "none"}.`);
  };

  function take(key: string, shape: readonly number[]): Float64Array {
    const found = find(key);
    if (found.shape.join() !== shape.join())
      throw weightsError(
        `${name}: "${key}" has the shape [${found.shape.join(", ")}], not [${shape.join(", ")}], which the other tensors ask for.`,
      );
    const values = new Float64Array(found.values);
    if (!values.every(Number.isFinite)) throw weightsError(`${name}: "${key}" holds NaN or infinite values.`);
    left.delete(key);
    return values;
  }

  return {
    has: (key) => tensors.has(key),
    sizes(key) {
      const { shape } = find(key);
      const [rows, columns] = shape;
      if (shape.length !== 2 || rows === undefined || columns === undefined || rows * columns === 0)
        throw weightsError(
          `${name}: "${key}" has the shape [${shape.join(", ")}]; expected a matrix that is not empty.`,
        );
      return [rows, columns];
    },
    length: (key) => find(key).shape[0] ?? 1,
    take,
    takeNumber: (key) => take(key, find(key).shape.length === 0 ? [] : [1])[0],
    finish() {
      if (left.size === 0) return;
      throw weightsError(
        `${name} holds tensors that this reader does not know: ${[...left].join(", ")}. Without them the model would compute something else.`,
      );
    },
  };
}

function weightsError(message: string): SaenoError {
  return new SaenoError("interop.weights", message, { kind: "data" });
}
