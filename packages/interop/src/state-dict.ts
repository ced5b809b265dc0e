import { SaenoError, sizeOf, suggestion } from "@saeno/backend";
import { type ByteSource, memoryBytes, openSafetensors } from "@saeno/datasets";
import type { Floats } from "./dense-weights.ts";
import { floatLimit } from "./held-values.ts";

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
  take(name: string, shape: readonly number[]): Promise<Floats>;
  takeNumber(name: string): Promise<number>;
  /** @throws SaenoError if tensors are left: the model does something that the reader does not know. */
  finish(): void;
}

/** What a model of another library is read from. */
export interface PeerModel {
  /** Its settings: the parsed JSON. */
  readonly config: unknown;
  /** Its weights: the bytes of a safetensors file, or one that is read in pieces. */
  readonly weights: Uint8Array | ByteSource;
  /** What to call the model in errors. */
  readonly name: string;
}

/** Options of every reader. */
export interface ReadOptions {
  /** Scale atoms to unit norm and codes accordingly. Default false. */
  readonly unitAtoms?: boolean;
  /** Unknown tensors to skip, such as `dead_mask`. Other unknown tensors are an error, because they might matter. */
  readonly ignore?: readonly string[];
}

/** @throws SaenoError `safetensors.format`, `interop.weights` for a tensor to ignore that is not there. */
export async function stateDict(
  { weights, name }: PeerModel,
  { ignore = [] }: Pick<ReadOptions, "ignore">,
): Promise<StateDict> {
  const source = weights instanceof Uint8Array ? memoryBytes(weights, name) : weights;
  const { tensors } = await openSafetensors(source, name);
  const names = [...tensors.keys()];
  const missing = ignore.find((key) => !tensors.has(key));
  if (missing !== undefined)
    throw weightsError(
      `${name} has no tensor "${missing}" to ignore.${suggestion(missing, names)} It holds: ${names.join(", ") || "none"}.`,
    );
  // What holds nothing changes nothing.
  const left = new Set(names.filter((key) => sizeOf(tensors.get(key)?.shape ?? []) > 0 && !ignore.includes(key)));
  const find = (key: string) => {
    const found = tensors.get(key);
    if (found === undefined)
      throw weightsError(`${name} lacks the tensor "${key}". It holds: ${names.join(", ") || "none"}.`);
    if (ignore.includes(key)) throw weightsError(`${name}: the model needs "${key}"; do not ignore it.`);
    return found;
  };

  async function take(key: string, shape: readonly number[]): Promise<Floats> {
    const found = find(key);
    if (found.shape.join() !== shape.join())
      throw weightsError(
        `${name}: "${key}" has the shape [${found.shape.join(", ")}], not [${shape.join(", ")}], which the other tensors ask for.`,
      );
    const read = await found.read();
    const values = read instanceof Float32Array ? read : new Float64Array(read);
    for (const value of values) {
      if (Math.abs(value) < floatLimit) continue;
      if (!Number.isFinite(value)) throw weightsError(`${name}: "${key}" holds NaN or infinite values.`);
      throw weightsError(
        `${name}: "${key}" holds ${value.toPrecision(3)}, beyond float32 (3.4e38), in which models compute. Rescale the weights first.`,
      );
    }
    left.delete(key);
    return values;
  }

  return {
    has: (key) => tensors.has(key) && !ignore.includes(key),
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
    takeNumber: async (key) => (await take(key, find(key).shape.length === 0 ? [] : [1]))[0],
    finish() {
      if (left.size === 0) return;
      const unknown = [...left];
      throw new SaenoError(
        "interop.unknown",
        `${name} holds tensors that this reader does not know: ${unknown.join(", ")}. They might change what the model computes. If they do not, pass them over: ignore: ${JSON.stringify(unknown)}.`,
        { kind: "data" },
      );
    },
  };
}

function weightsError(message: string): SaenoError {
  return new SaenoError("interop.weights", message, { kind: "data" });
}
