/**
 * A kernel contract describes one operation: its name, typed inputs and attributes, what it computes in terms of tfjs operations
 * (the composite, which runs on every backend), and its gradient in closed form.
 * A backend plugin may register a faster kernel under the same name; callers never know.
 */
import {
  engine,
  getBackend,
  getKernel,
  type KernelBackend,
  type NamedAttrMap,
  type NamedTensorMap,
  registerGradient,
  registerKernel as registerTfjsKernel,
  type Tensor,
  type TensorInfo,
  tidy,
  unregisterKernel,
} from "@tensorflow/tfjs-core";
import { detach } from "./detach.ts";

export type Tensors<Name extends string> = Readonly<Record<Name, Tensor>>;

export interface ContractDefinition<Input extends string, Output extends string, Attributes extends object> {
  /** `Saeno` and the operation in PascalCase: the kernel's name in tfjs's registry. */
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  /** The operation made of tfjs operations. Runs inside a tidy. */
  composite(inputs: Tensors<Input>, attributes: Attributes): Tensors<Output>;
  /** Absent if the operation only selects: then no gradient flows to its inputs. */
  readonly gradient?: {
    /** Inputs and outputs that the backward pass reads. */
    readonly saves: readonly (Input | Output)[];
    /** One entry per floating-point input, as a function, so that only what is asked for is computed. */
    backward(
      upstream: Tensors<Output>,
      saved: Tensors<Input | Output>,
      attributes: Attributes,
    ): Partial<Readonly<Record<Input, () => Tensor>>>;
  };
}

export interface Contract<Input extends string, Output extends string, Attributes extends object> {
  (inputs: Tensors<Input>, attributes: Attributes): Record<Output, Tensor>;
  readonly definition: ContractDefinition<Input, Output, Attributes>;
}

/** A backend's own implementation of a contract. The caller owns what it returns. */
export type Kernel<Input extends string, Output extends string, Attributes extends object> = (
  inputs: Readonly<Record<Input, TensorInfo>>,
  attributes: Attributes,
  backend: KernelBackend,
) => Readonly<Record<Output, TensorInfo>>;

/** Backends whose kernel for a contract is the composite, registered on first use. */
const compositeKernels = new Set<string>();

/** Declares a contract and returns the function that runs it. Integer outputs never carry a gradient. */
export function defineContract<Input extends string, Output extends string, Attributes extends object>(
  definition: ContractDefinition<Input, Output, Attributes>,
): Contract<Input, Output, Attributes> {
  const { name, inputs: inputNames, outputs: outputNames, gradient } = definition;

  if (gradient !== undefined) {
    const savedInputs = inputNames.filter((input) => gradient.saves.includes(input));
    const savedOutputs = outputNames.filter((output) => gradient.saves.includes(output));
    registerGradient({
      kernelName: name,
      inputsToSave: [...savedInputs],
      outputsToSave: outputNames.map((output) => gradient.saves.includes(output)),
      gradFunc: (upstream, saved, attributes) => {
        const list = Array.isArray(upstream) ? upstream : [upstream];
        return gradient.backward(
          named(outputNames, list),
          named([...savedInputs, ...savedOutputs], saved),
          attributes as unknown as Attributes,
        ) as Record<string, () => Tensor>;
      },
    });
  }

  function run(inputs: Tensors<Input>, attributes: Attributes): Record<Output, Tensor> {
    return tidy(() => {
      const backendName = getBackend();
      if (getKernel(name, backendName) == null) registerComposite(definition, backendName);
      const given: NamedTensorMap = {};
      for (const input of inputNames) given[input] = gradient === undefined ? detach(inputs[input]) : inputs[input];
      const result = engine().runKernel(name, given, attributes as unknown as NamedAttrMap);
      const outputs = named(outputNames, Array.isArray(result) ? result : [result]);
      for (const output of outputNames) {
        if (outputs[output].dtype !== "float32") outputs[output] = detach(outputs[output]);
      }
      return outputs;
    });
  }

  return Object.assign(run, { definition });
}

/**
 * Registers a backend's own kernel for a contract, replacing the composite or an earlier kernel.
 * Called by backend plugins in `init`.
 */
export function registerKernel<Input extends string, Output extends string, Attributes extends object>(
  contract: Contract<Input, Output, Attributes>,
  backendName: string,
  kernel: Kernel<Input, Output, Attributes>,
): void {
  const { name, outputs } = contract.definition;
  if (getKernel(name, backendName) != null) unregisterKernel(name, backendName);
  compositeKernels.delete(`${backendName}/${name}`);
  registerTfjsKernel({
    kernelName: name,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const result = kernel(
        inputs as Record<Input, TensorInfo>,
        attrs as unknown as Attributes,
        backend as KernelBackend,
      );
      return outputs.map((output) => result[output]);
    },
  });
}

/** Whether the backend has a kernel of its own for the contract, not the composite. */
export function hasOwnKernel(
  contract: { readonly definition: { readonly name: string } },
  backendName: string,
): boolean {
  const { name } = contract.definition;
  return getKernel(name, backendName) != null && !compositeKernels.has(`${backendName}/${name}`);
}

function registerComposite<Input extends string, Output extends string, Attributes extends object>(
  definition: ContractDefinition<Input, Output, Attributes>,
  backendName: string,
): void {
  compositeKernels.add(`${backendName}/${definition.name}`);
  registerTfjsKernel({
    kernelName: definition.name,
    backendName,
    kernelFunc: ({ inputs, attrs }) =>
      tidy(() => {
        const result = definition.composite(inputs as Tensors<Input>, attrs as unknown as Attributes);
        return definition.outputs.map((output) => result[output]);
      }),
  });
}

function named<Name extends string>(names: readonly Name[], tensors: readonly Tensor[]): Record<Name, Tensor> {
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]])) as Record<Name, Tensor>;
}
