import { SaenoError } from "@saeno/backend";
import { keep, type Tensor, tensor } from "@tensorflow/tfjs-core";

/**
 * What an optimizer, an extension or a whole training has to remember so that a run can be continued where it stopped, in host memory and under names of
 * its own: a file can hold it as it is. The model's weights are not part of it.
 */
export interface TrainingState {
  readonly tensors: Readonly<Record<string, StateTensor>>;
  readonly values: Readonly<Record<string, number | readonly number[]>>;
}

export interface StateTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The states of parts as one, their names behind those of the parts: `optimizer.steps`. */
export function joinStates(parts: Readonly<Record<string, TrainingState>>): TrainingState {
  const joined = <T>(of: (state: TrainingState) => Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(parts).flatMap(([part, state]) =>
        Object.entries(of(state)).map(([name, value]) => [`${part}.${name}`, value]),
      ),
    );
  return { tensors: joined(({ tensors }) => tensors), values: joined(({ values }) => values) };
}

/** A part of joined states. */
export function stateOf({ tensors, values }: TrainingState, part: string): TrainingState {
  const start = `${part}.`;
  const own = <T>(all: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) =>
        name.startsWith(start) ? [[name.slice(start.length), value]] : [],
      ),
    );
  return { tensors: own(tensors), values: own(values) };
}

/** @throws SaenoError `training.state` unless the state has a number of this name. */
export function stateNumber({ values }: TrainingState, name: string): number {
  const value = values[name];
  if (typeof value === "number") return value;
  throw new SaenoError(
    "training.state",
    `This training state has no number "${name}": it is that of another training.`,
    {
      kind: "data",
    },
  );
}

/** A copy of a tensor in host memory. */
export async function saved(values: Tensor): Promise<StateTensor> {
  return { shape: values.shape, values: Float32Array.from(await values.data()) };
}

/** A saved tensor on the device, kept. */
export function loaded({ shape, values }: StateTensor): Tensor {
  return keep(tensor(values, [...shape]));
}
