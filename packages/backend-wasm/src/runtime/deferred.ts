/**
 * Outputs that are computed when somebody looks at them, and never if nobody does. A kernel that can do with what such an output is made of asks for that
 * instead: so gradients of dictionaries, sums over a few samples for each row, go into the optimizer's step without being stored.
 */
import { engine, type TensorInfo } from "@tensorflow/tfjs-core";
import type { WasmBackend } from "./wasm-memory.ts";

type Tensors = Readonly<Record<string, TensorInfo>>;

/** What an output is the sum of: inputs of each term, which stay alive with it, and how to compute it. */
interface Recipe<Term extends Tensors> {
  readonly terms: readonly Term[];
  compute(): void;
}

export interface Deferred<Term extends Tensors> {
  /** Leaves an output, whose memory is there, to be computed later; or computes it now, where memory that grows would move under its readers. */
  defer(output: TensorInfo, recipe: Recipe<Term>): void;
  /** What a tensor that is not computed yet is the sum of. */
  termsOf(tensor: TensorInfo): readonly Term[] | undefined;
}

/** Whoever asks the backend where values are looks at them; who counts references does not. */
export function deferredOutputs<Term extends Tensors>(backend: WasmBackend): Deferred<Term> {
  const pending = new Map<object, Recipe<Term>>();
  const isShared = typeof SharedArrayBuffer !== "undefined" && backend.wasm.HEAPU8.buffer instanceof SharedArrayBuffer;
  const { dataIdMap } = backend;
  let counting = false;

  const get = dataIdMap.get.bind(dataIdMap);
  dataIdMap.get = (dataId) => {
    if (pending.size > 0 && !counting) {
      const recipe = pending.get(dataId);
      if (recipe !== undefined) {
        pending.delete(dataId);
        recipe.compute();
        release(recipe);
      }
    }
    return get(dataId);
  };
  const uncounted = <Result>(method: (dataId: object, ...rest: never[]) => Result) => {
    const original = method.bind(backend) as typeof method;
    return (dataId: object, ...rest: never[]): Result => {
      const before = counting;
      counting = true;
      try {
        return original(dataId, ...rest);
      } finally {
        counting = before;
      }
    };
  };
  backend.refCount = uncounted(backend.refCount);
  backend.incRef = uncounted(backend.incRef);
  const dispose = uncounted(backend.disposeData);
  backend.disposeData = (dataId: object, ...rest: never[]) => {
    const isGone = dispose(dataId, ...rest);
    const recipe = isGone ? pending.get(dataId) : undefined;
    if (recipe !== undefined) {
      pending.delete(dataId);
      release(recipe);
    }
    return isGone;
  };

  const dataIds = ({ terms }: Recipe<Term>) => terms.flatMap((term) => Object.values(term).map(({ dataId }) => dataId));

  function release(recipe: Recipe<Term>): void {
    for (const dataId of dataIds(recipe)) {
      if (backend.disposeData(dataId)) engine().removeDataId(dataId, backend);
    }
  }

  return {
    defer(output, recipe) {
      if (!isShared) {
        recipe.compute();
        return;
      }
      for (const dataId of dataIds(recipe)) backend.incRef(dataId);
      pending.set(output.dataId, recipe);
    },
    termsOf: (tensor) => pending.get(tensor.dataId)?.terms,
  };
}
