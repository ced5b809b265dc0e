import { type AdamStepAttributes, adamStep, registerKernel, sgdStep, sizeOf, type Tensors } from "@saeno/backend";
import { type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { type GpuBackend, groupsFor, oneEntry, runProgram, sumOfLanes } from "./program.ts";

interface Step<Moment extends string> {
  readonly name: string;
  readonly unitRows: boolean;
  readonly inputs: Readonly<Record<"parameter" | "gradient" | Moment, TensorInfo>>;
  readonly moments: readonly Moment[];
  readonly factors: Readonly<Record<string, number>>;
  /** From `g` and the moments before, at `i`: the moments after, and `moved`. */
  readonly update: string;
}

/**
 * One pass over parameter, gradient and moments. Rows of unit norm take a workgroup each: the gradient loses its component along the row,
 * the row is moved, then divided by its norm; otherwise a thread takes an entry.
 */
function step<Moment extends string>(backend: GpuBackend, given: Step<Moment>) {
  const { name, unitRows, inputs, moments, factors, update } = given;
  const { shape } = inputs.parameter;
  const size = sizeOf(shape);
  const rows = unitRows ? (shape[0] ?? 1) : 1;
  const outputs = Object.fromEntries(
    ["parameter", ...moments].map((each) => [`${each}After`, { shape, dtype: "float32" as const }]),
  );
  const body = unitRows
    ? /* wgsl */ `
  let first_ = group * u.entries;
  let last_ = first_ + u.entries;
  var part = 0.0;
  for (var i = first_ + lane; i < last_; i += 256u) { part += gradient[i] * parameter[i]; }
  let along = sumOfLanes(lane, part);
  part = 0.0;
  for (var i = first_ + lane; i < last_; i += 256u) {
    let g = gradient[i] - along * parameter[i];
    ${update}
    parameterAfter[i] = moved;
    part += moved * moved;
  }
  let norm = sqrt(sumOfLanes(lane, part)) + 1e-12;
  for (var i = first_ + lane; i < last_; i += 256u) { parameterAfter[i] /= norm; }`
    : /* wgsl */ `${oneEntry}
  let g = gradient[i];
  ${update}
  parameterAfter[i] = moved;`;
  return runProgram(backend, {
    name: `${name} ${unitRows}`,
    inputs,
    outputs,
    sizes: { entries: size / rows },
    factors,
    declarations: sumOfLanes,
    body,
    groups: size === 0 ? 0 : unitRows ? rows : groupsFor(size),
  }) as Record<string, TensorInfo>;
}

/** Adam with one second moment for each row, which takes a workgroup. */
function rowAdam(
  backend: GpuBackend,
  inputs: Readonly<Record<"parameter" | "gradient" | "first" | "second", TensorInfo>>,
  { rate, floor, beta1, beta2, unitRows }: AdamStepAttributes,
) {
  const { shape } = inputs.parameter;
  const rows = shape[0] ?? 1;
  const size = sizeOf(shape);
  const eachEntry = "for (var i = first_ + lane; i < last_; i += 256u)";
  return runProgram(backend, {
    name: `adamStep by row ${unitRows}`,
    inputs,
    outputs: {
      parameterAfter: { shape, dtype: "float32" },
      firstAfter: { shape, dtype: "float32" },
      secondAfter: { shape: inputs.second.shape, dtype: "float32" },
    },
    sizes: { entries: size / rows },
    factors: { rate, floor_: floor, beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2 },
    declarations: sumOfLanes,
    body: /* wgsl */ `
  let first_ = group * u.entries;
  let last_ = first_ + u.entries;
  var along = 0.0;
  var part = 0.0;
  ${
    unitRows
      ? `${eachEntry} { part += gradient[i] * parameter[i]; }
  along = sumOfLanes(lane, part);
  part = 0.0;`
      : ""
  }
  ${eachEntry} {
    let g = gradient[i] - along * parameter[i];
    part += g * g;
  }
  let v = u.beta2 * second[group] + u.rest2 * sumOfLanes(lane, part) / f32(u.entries);
  if (lane == 0u) { secondAfter[group] = v; }
  let rate = u.rate / (sqrt(v) + u.floor_);
  part = 0.0;
  ${eachEntry} {
    let m = u.beta1 * first[i] + u.rest1 * (gradient[i] - along * parameter[i]);
    firstAfter[i] = m;
    let moved = parameter[i] - rate * m;
    parameterAfter[i] = moved;
    part += moved * moved;
  }
  ${
    unitRows
      ? `let norm = sqrt(sumOfLanes(lane, part)) + 1e-12;
  ${eachEntry} { parameterAfter[i] /= norm; }`
      : ""
  }`,
    groups: size === 0 ? 0 : rows,
  });
}

export function registerOptimizerSteps(backend: GpuBackend): void {
  registerKernel(adamStep, "webgpu", (inputs, attributes) => {
    const { rate, floor, beta1, beta2, unitRows, rowMoments = false, lazy = false } = attributes;
    // The kernels pass over all rows.
    if (lazy)
      return tidy(() => adamStep.definition.composite(inputs as unknown as Tensors<keyof typeof inputs>, attributes));
    if (rowMoments) {
      const { parameterAfter, firstAfter, secondAfter } = rowAdam(backend, inputs, attributes);
      return { parameter: parameterAfter, first: firstAfter, second: secondAfter };
    }
    const after = step(backend, {
      name: "adamStep",
      unitRows,
      inputs,
      moments: ["first", "second"],
      factors: { rate, floor_: floor, beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2 },
      update: `
    let m = u.beta1 * first[i] + u.rest1 * g;
    let v = u.beta2 * second[i] + u.rest2 * g * g;
    firstAfter[i] = m;
    secondAfter[i] = v;
    let moved = parameter[i] - u.rate * (m / (sqrt(v) + u.floor_));`,
    });
    return {
      parameter: after.parameterAfter,
      first: after.firstAfter,
      second: after.secondAfter,
    };
  });

  registerKernel(sgdStep, "webgpu", (inputs, { rate, momentum, unitRows }) => {
    const after = step(backend, {
      name: "sgdStep",
      unitRows,
      inputs,
      moments: ["velocity"],
      factors: { rate, momentum },
      update: `
    let v = u.momentum * velocity[i] + g;
    velocityAfter[i] = v;
    let moved = parameter[i] - u.rate * v;`,
    });
    return {
      parameter: after.parameterAfter,
      velocity: after.velocityAfter,
    };
  });
}
