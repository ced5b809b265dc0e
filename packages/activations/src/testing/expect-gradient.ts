import { createRandom, sizeOf } from "@saeno/backend";
import {
  add,
  mul,
  type Scalar,
  sum,
  type Tensor,
  tensor,
  tidy,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { expectThat } from "./expectations.ts";

/**
 * That the gradient of a scalar to a variable is its slope: along a random direction, against a central difference. The function should
 * be smooth within a share of the variable's size.
 */
export function expectGradient(what: string, f: () => Scalar, variable: Variable, share = 1e-3): void {
  const { slope, difference } = tidy(() => {
    const at: Tensor = variable.clone();
    const size = Math.sqrt(sum(mul(at, at)).dataSync()[0] / at.size) || 1;
    const direction = tensor(createRandom(17).normals(sizeOf(at.shape)), at.shape);
    // What does not depend on it has the gradient 0.
    const { grads } = variableGrads(() => add(f(), sum(mul(variable, 0))) as Scalar, [variable]);
    const [gradient] = Object.values(grads);
    const step = share * size;
    const along = (sign: number) => {
      variable.assign(add(at, mul(direction, sign * step)));
      return f().dataSync()[0];
    };
    const difference = (along(1) - along(-1)) / (2 * step);
    variable.assign(at);
    return { slope: sum(mul(gradient, direction)).dataSync()[0], difference };
  });
  const allowed = 0.02 * Math.max(Math.abs(slope), Math.abs(difference), 1e-3);
  expectThat(
    Math.abs(slope - difference) <= allowed,
    () => `${what}: the gradient says ${slope} along a direction where the function changes by ${difference}.`,
  );
}
