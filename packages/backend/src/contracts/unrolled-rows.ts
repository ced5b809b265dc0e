import { customGrad, engine, type Tensor } from "@tensorflow/tfjs-core";
import type { Tensors } from "../contract.ts";
import { unrolledRowsGradient } from "./unrolled-rows-gradient.ts";
import { type UnrolledRowsAttributes, unrolledRowsTrace } from "./unrolled-rows-trace.ts";

type Input = "x" | "atoms" | "stepSize";

export interface UnrolledRows {
  (inputs: Tensors<Input>, attributes: UnrolledRowsAttributes): { codes: Tensor };
  readonly definition: {
    readonly name: string;
    readonly inputs: readonly Input[];
    readonly outputs: readonly "codes"[];
    readonly gradient: object;
  };
}

const definition: UnrolledRows["definition"] = {
  name: "SaenoUnrolledRows",
  inputs: ["x", "atoms", "stepSize"],
  outputs: ["codes"],
  gradient: unrolledRowsGradient,
};

/**
 * Codes by unrolled thresholding with a dense dictionary (specification: Encoders): x `[B, n]`, atoms `[K, n]`, stepSize `[]` to codes `[B, K]`,
 * `z_0 = 0`, `z_(t+1) = sigma(z_t + stepSize D (x - D^T z_t))`. The gradient goes back through all T steps, to all three inputs.
 * Two contracts in one: {@link unrolledRowsTrace} forward, {@link unrolledRowsGradient} backward; what the first saves for the second
 * (4 K^2 + 4 (T - 1) B K bytes) never becomes an output, to which tfjs would send gradients of zeros.
 *
 * @throws SaenoError `data.nan` when a pre-activation is NaN.
 */
export const unrolledRows: UnrolledRows = Object.assign(
  (inputs: Tensors<Input>, attributes: UnrolledRowsAttributes) => {
    const run = customGrad((...given) => {
      // tfjs's types know only tensors; the last argument is a function.
      const [x, atoms, stepSize, save] = given as unknown as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
      // Of steps that nobody goes back through nothing is kept.
      const how = { ...attributes, traced: engine().state.gradientDepth > 0 };
      const { codes, gram, trace } = unrolledRowsTrace({ x, atoms, stepSize }, how);
      save([x, atoms, stepSize, gram, codes, trace]);
      return {
        value: codes,
        gradFunc(upstream, saved) {
          const [x, atoms, stepSize, gram, codes, trace] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
          const given = { upstream: upstream, x, atoms, stepSize, gram, codes, trace };
          const gradients = unrolledRowsGradient(given, attributes);
          return [gradients.x, gradients.atoms, gradients.stepSize];
        },
      };
    });
    return { codes: run(inputs.x, inputs.atoms, inputs.stepSize) };
  },
  { definition },
);
