import {
  add,
  grads,
  memory,
  mul,
  type Scalar,
  sum,
  type Tensor,
  tensor,
  zeros as zeroTensor,
} from "@tensorflow/tfjs-core";
import type { Contract, Tensors } from "../contract.ts";
import { SaenoError } from "../error.ts";
import { createRandom, type Random } from "../random.ts";
import { randomArray } from "./random-array.ts";
import type { ReferenceArray, ReferenceArrays } from "./reference-array.ts";

export interface ConformanceResult {
  readonly contract: string;
  readonly case: string;
  /** `max |a - b| / max |b|` against the float64 reference; infinite for a wrong shape, type or selection. */
  readonly forwardDeviation: number;
  /** The same for directional derivatives, the largest over all inputs; absent if the contract has no gradient. */
  readonly gradientDeviation?: number;
  /** Tensors or data buffers that the contract or its gradient left behind. */
  readonly leaks: number;
}

export interface ConformanceCase {
  readonly contract: string;
  readonly name: string;
  /** Runs the contract on the backend in use. */
  run(): ConformanceResult;
}

/** What a case needs from a contract, or from a function made of several. */
interface Checked<Input extends string, Output extends string, Attributes extends object> {
  (inputs: Tensors<Input>, attributes: Attributes): Record<Output, Tensor>;
  readonly definition: Pick<Contract<Input, Output, Attributes>["definition"], "name" | "inputs" | "outputs"> & {
    readonly gradient?: object;
  };
}

interface CaseOptions<Input extends string, Output extends string, Attributes extends object> {
  readonly contract: Checked<Input, Output, Attributes>;
  readonly name: string;
  readonly attributes: Attributes;
  /** Only the forward pass, for inputs at which there is no derivative. */
  readonly forwardOnly?: boolean;
  inputs(random: Random): ReferenceArrays<Input>;
}

/** A case that compares a contract and its gradient with a float64 reference. */
export function conformanceCase<Input extends string, Output extends string, Attributes extends object>(
  options: CaseOptions<Input, Output, Attributes> & {
    reference(inputs: ReferenceArrays<Input>, attributes: Attributes): ReferenceArrays<Output>;
  },
): ConformanceCase {
  const { contract, name, attributes } = options;
  const { definition } = contract;
  return {
    contract: definition.name,
    name,
    run() {
      const random = createRandom(1).split(`${definition.name} ${name}`);
      const inputs = options.inputs(random);
      const reference = (given: ReferenceArrays<Input>) => options.reference(given, attributes);
      const { result, leaks } = countingLeaks(inputs, (tensors) => {
        const forwardDeviation = forward(contract, tensors, attributes, reference(inputs));
        if (definition.gradient === undefined || options.forwardOnly) return { forwardDeviation };
        const gradientDeviation = gradient(contract, tensors, attributes, inputs, reference, random);
        return { forwardDeviation, gradientDeviation };
      });
      return { contract: definition.name, case: name, ...result, leaks };
    },
  };
}

/** A case in which the contract must reject NaN with the error `data.nan`, no later than when its result is read. */
export function nanCase<Input extends string, Output extends string, Attributes extends object>(
  options: CaseOptions<Input, Output, Attributes>,
): ConformanceCase {
  const { contract, name, attributes } = options;
  return {
    contract: contract.definition.name,
    name,
    run() {
      const { result, leaks } = countingLeaks(options.inputs(createRandom(1)), (tensors) => {
        let outputs: readonly Tensor[] = [];
        try {
          outputs = Object.values<Tensor>(contract(tensors, attributes));
          for (const output of outputs) output.dataSync();
          return Number.POSITIVE_INFINITY;
        } catch (error) {
          if (SaenoError.isInstance(error) && error.code === "data.nan") return 0;
          throw error;
        } finally {
          disposeAll(outputs);
        }
      });
      return { contract: contract.definition.name, case: name, forwardDeviation: result, leaks };
    },
  };
}

/** Makes tensors of the inputs, and counts what a function leaves behind besides them. */
function countingLeaks<Input extends string, Result>(
  inputs: ReferenceArrays<Input>,
  run: (tensors: Tensors<Input>) => Result,
): { result: Result; leaks: number } {
  const tensors = Object.fromEntries(
    Object.entries<ReferenceArray>(inputs).map(([input, array]) => [input, toTensor(array)]),
  ) as Record<Input, Tensor>;
  const before = memory();
  try {
    const result = run(tensors);
    const after = memory();
    const leaks = Math.max(after.numTensors - before.numTensors, after.numDataBuffers - before.numDataBuffers);
    return { result, leaks };
  } finally {
    disposeAll(Object.values(tensors));
  }
}

function forward<Input extends string, Output extends string, Attributes extends object>(
  contract: Checked<Input, Output, Attributes>,
  tensors: Tensors<Input>,
  attributes: Attributes,
  expected: ReferenceArrays<Output>,
): number {
  const outputs = contract(tensors, attributes);
  const deviations = contract.definition.outputs.map((output) => deviation(outputs[output], expected[output]));
  disposeAll(Object.values(outputs));
  return Math.max(...deviations);
}

/** The step of the central differences; nothing here is steeper than a product of two inputs. */
const step = 1e-7;

/**
 * The largest deviation of `<gradient, v>` from `<g, (f(x + h v) - f(x - h v)) / 2h>` over the float inputs x, with random
 * upstream g and direction v, relative to the sum of the magnitudes of its terms.
 */
function gradient<Input extends string, Output extends string, Attributes extends object>(
  contract: Checked<Input, Output, Attributes>,
  tensors: Tensors<Input>,
  attributes: Attributes,
  inputs: ReferenceArrays<Input>,
  reference: (inputs: ReferenceArrays<Input>) => ReferenceArrays<Output>,
  random: Random,
): number {
  const { inputs: names, outputs } = contract.definition;
  const expected = reference(inputs);
  const floats = names.filter((input) => inputs[input].dtype === "float32");
  const upstream = Object.fromEntries(
    outputs.map((output) => [output, randomArray(random, expected[output].shape)]),
  ) as Record<Output, ReferenceArray>;
  const differentiable = outputs.filter((output) => expected[output].dtype === "float32");

  const results = grads((...given: Tensor[]) => {
    const float = Object.fromEntries(floats.map((input, i) => [input, given[i]]));
    const result = contract({ ...tensors, ...float }, attributes);
    return differentiable.reduce<Scalar>(
      (total, output) => add(total, sum(mul(result[output], toTensor(upstream[output])))) as Scalar,
      zeroTensor([]) as Scalar,
    );
  })(floats.map((input) => tensors[input]));

  const deviations = floats.map((input, i) => {
    const direction = randomArray(random, inputs[input].shape);
    const [ahead, behind] = [step, -step].map((h) => {
      const values = inputs[input].values.map((value, j) => value + h * direction.values[j]);
      return reference({ ...inputs, [input]: { ...inputs[input], values } });
    });
    checkSameSelection(contract.definition.name, expected, [ahead, behind]);
    let [difference, square] = [0, 0];
    for (const output of differentiable) {
      upstream[output].values.forEach((g, j) => {
        const term = (g * (ahead[output].values[j] - behind[output].values[j])) / (2 * step);
        difference += term;
        square += term * term;
      });
    }
    const slopes = results[i].dataSync();
    const slope = direction.values.reduce((total, v, j) => total + v * slopes[j], 0);
    const scale = Math.max(Math.abs(difference), Math.sqrt(square));
    return relative(Math.abs(slope - difference), scale);
  });
  disposeAll(results);
  return Math.max(0, ...deviations);
}

function checkSameSelection<Output extends string>(
  contract: string,
  expected: ReferenceArrays<Output>,
  others: readonly ReferenceArrays<Output>[],
): void {
  for (const [output, array] of Object.entries<ReferenceArray>(expected)) {
    if (array.dtype === "float32") continue;
    if (others.some((other) => other[output as Output].values.join() !== array.values.join())) {
      throw new SaenoError(
        "conformance.kink",
        `${contract} selects differently a step of ${step} away: choose inputs that are not nearly tied.`,
      );
    }
  }
}

function deviation(actual: Tensor, expected: ReferenceArray): number {
  if (actual.dtype !== expected.dtype || actual.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  const values = actual.dataSync();
  let [largest, scale] = [0, 0];
  expected.values.forEach((value, i) => {
    const difference = Math.abs(values[i] - value);
    largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
    scale = Math.max(scale, Math.abs(value));
  });
  if (expected.dtype === "int32" && largest > 0) return Number.POSITIVE_INFINITY;
  return relative(largest, scale);
}

/** A difference divided by a scale, or by 1 if the scale is zero. */
function relative(difference: number, scale: number): number {
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / (scale === 0 ? 1 : scale);
}

function toTensor(array: ReferenceArray): Tensor {
  const values = array.dtype === "int32" ? Int32Array.from(array.values) : Float32Array.from(array.values);
  return tensor(values, [...array.shape], array.dtype);
}

function disposeAll(tensors: readonly unknown[]): void {
  for (const each of tensors as readonly Tensor[]) each.dispose();
}
