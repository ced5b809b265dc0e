/** The gradient of unrolled thresholding with a dense dictionary (the contract unrolledRowsGradient), five dispatches whatever the number of steps. */
import { registerKernel, unrolledRowsGradient, usesGram } from "@saeno/backend";
import { type Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { activeSets, overActive } from "./active.ts";
import { sumMatches } from "./matches.ts";
import { type GpuBackend, groupsFor, runProgram, sumOfLanes } from "./program.ts";
import { dotsOfSixteen, fitsRows, timesGram } from "./unrolled-rows.ts";

/**
 * With `g_t` the gradients of pre-activations as in the contract, `R_t = x - z_t D` and `Q_t = -g_t D`:
 *
 *     dx = -a sum_t Q_t,  dD = a sum_t (g_t^T R_t + z_t^T Q_t),  da = -sum_t <Q_t, R_t>
 *
 * Only active entries are multiplied: for s of them in a sample `4 T s n` operations for R and Q and as many for dD, and 8 T B n bytes of R and Q kept.
 */
export function registerUnrolledRowsGradient(backend: GpuBackend): void {
  registerKernel(unrolledRowsGradient, "webgpu", (inputs, attributes) => {
    const [batch, concepts] = inputs.codes.shape as [number, number];
    const length = inputs.x.shape[1] as number;
    const { iterations } = attributes;
    if (batch * length * concepts === 0 || !fitsRows(backend, length, concepts)) {
      const tensors = inputs as Record<keyof typeof inputs, Tensor>;
      return tidy(() => unrolledRowsGradient.definition.composite(tensors, attributes));
    }
    const sizes = { batch, concepts, length, iterations };
    const gradients = usesGram(batch, concepts, iterations)
      ? goBackByGram(backend, inputs, sizes)
      : goBackByAtoms(backend, inputs, sizes);
    const { residuals, moves, moved } = residualsOf(backend, inputs, gradients, sizes);
    const atoms = gradientOfAtoms(backend, inputs, { gradients, residuals, moves }, sizes);
    const { ofX, ofStep } = gradientOfX(backend, inputs, { moves, moved }, sizes);
    for (const { dataId } of [gradients, residuals, moves, moved]) backend.disposeData(dataId);
    return { x: ofX, atoms, stepSize: ofStep };
  });
}

type Inputs = Readonly<Record<"upstream" | "x" | "atoms" | "stepSize" | "gram" | "codes" | "trace", TensorInfo>>;

interface Sizes {
  readonly batch: number;
  readonly concepts: number;
  readonly length: number;
  readonly iterations: number;
}

/** The gradient of the last step: the upstream one where codes are not zero. Both kernels begin so, a workgroup for a sample. */
const lastStep = /* wgsl */ `
  let row = group * u.concepts;
  let size = u.batch * u.concepts;
  let step = stepSize[0];
  clearSet(lane, 0u);
  workgroupBarrier();
  for (var k = lane; k < u.concepts; k += 256u) {
    let isActive = codes[row + k] != 0.0;
    gradients[(u.iterations - 1u) * size + row + k] = select(0.0, upstream[row + k], isActive);
    if (isActive) { setActive(0u, k); }
  }
  storageBarrier();
  workgroupBarrier();`;

/** All `g_t`, `[T, B, K]`: rows of G of active entries only. */
function goBackByGram(backend: GpuBackend, inputs: Inputs, { batch, concepts, iterations }: Sizes): TensorInfo {
  const { upstream, stepSize, gram, codes, trace } = inputs;
  return runProgram(backend, {
    name: `unrolledRowsBack ${concepts}`,
    inputs: { upstream, stepSize, gram, codes, trace },
    outputs: { gradients: { shape: [iterations, batch, concepts], dtype: "float32" } },
    sizes: { batch, concepts, iterations },
    declarations: activeSets(concepts),
    body: /* wgsl */ `${lastStep}
  for (var back = 1u; back < u.iterations; back++) {
    let t = u.iterations - back;
    let which = (back + 1u) % 2u;
    let after = t * size + row;
    let before = after - size;
    clearSet(lane, 1u - which);
    workgroupBarrier();
    ${timesGram(
      concepts,
      "gradients[after + j]",
      /* wgsl */ `
        var g = 0.0;
        if (trace[before + k] != 0.0) {
          g = gradients[after + k] - step * sum;
          setActive(1u - which, k);
        }
        gradients[before + k] = g;`,
    )}
    storageBarrier();
    workgroupBarrier();
  }`,
    groups: batch,
  }).gradients;
}

/** The same from products with active atoms, where there is no G: sixteen of them at a time. */
function goBackByAtoms(backend: GpuBackend, inputs: Inputs, sizes: Sizes): TensorInfo {
  const { upstream, stepSize, atoms, codes, trace } = inputs;
  const { batch, concepts, length, iterations } = sizes;
  return runProgram(backend, {
    name: `unrolledRowsBack by atoms ${length} ${concepts}`,
    inputs: { upstream, stepSize, atoms, codes, trace },
    outputs: { gradients: { shape: [iterations, batch, concepts], dtype: "float32" } },
    sizes: { batch, concepts, iterations },
    declarations: `${activeSets(concepts)}${dotsOfSixteen(length)}
var<workgroup> counter: atomic<u32>;
var<workgroup> count: u32;`,
    body: /* wgsl */ `${lastStep}
  for (var back = 1u; back < u.iterations; back++) {
    let t = u.iterations - back;
    let which = (back + 1u) % 2u;
    let after = t * size + row;
    let before = after - size;
    clearSet(lane, 1u - which);
    if (lane == 0u) { atomicStore(&counter, 0u); }
    for (var i = lane; i < LENGTH; i += 256u) {
      var sum = 0.0;
      ${overActive("which", "gradients[after + j]", "sum += weight * atoms[j * LENGTH + i];")}
      vector[i] = sum;
    }
    workgroupBarrier();
    for (var k = lane; k < u.concepts; k += 256u) {
      if (trace[before + k] != 0.0) {
        setActive(1u - which, k);
        atomicAdd(&counter, 1u);
      } else {
        gradients[before + k] = 0.0;
      }
    }
    workgroupBarrier();
    if (lane == 0u) { count = atomicLoad(&counter); }
    let wanted = workgroupUniformLoad(&count);
    var walk = startWalk(1u - which);
    for (var done = 0u; done < wanted; done += 16u) {
      let k = entryOfSixteen(&walk, 1u - which, lane);
      let product = dotOfSixteen(lane, k);
      if (lane % 16u == 0u && done + lane / 16u < wanted) {
        gradients[before + k] = gradients[after + k] - step * product;
      }
    }
    storageBarrier();
    workgroupBarrier();
  }`,
    groups: batch,
  }).gradients;
}

/** R and Q, `[T, B, n]`, and their products, `[T, B]`: a workgroup for a sample in a step. */
function residualsOf(backend: GpuBackend, { x, atoms, trace }: Inputs, gradients: TensorInfo, sizes: Sizes) {
  const { batch, concepts, length, iterations } = sizes;
  const columns = Math.min(4, Math.ceil(length / 256));
  const output = { shape: [iterations, batch, length], dtype: "float32" as const };
  const add = (to: string) => /* wgsl */ `
        for (var r = 0u; r < ${columns}u; r++) {
          ${to}[r] -= weight * atoms[j * u.length + min(first_ + 256u * r, u.length - 1u)];
        }`;
  return runProgram(backend, {
    name: `unrolledRowsResiduals ${concepts} ${columns}`,
    inputs: { x, atoms, trace, gradients },
    outputs: { residuals: output, moves: output, moved: { shape: [iterations, batch], dtype: "float32" } },
    sizes: { batch, concepts, length },
    declarations: activeSets(concepts) + sumOfLanes,
    body: /* wgsl */ `
  let codes = (group - u.batch) * u.concepts;
  let row = group * u.concepts;
  let isFirst = group < u.batch;
  clearSet(lane, 0u);
  clearSet(lane, 1u);
  workgroupBarrier();
  for (var k = lane; k < u.concepts; k += 256u) {
    if (gradients[row + k] != 0.0) { setActive(0u, k); }
    if (!isFirst) { if (trace[codes + k] != 0.0) { setActive(1u, k); } }
  }
  workgroupBarrier();
  var part = 0.0;
  for (var first_ = lane; first_ < u.length; first_ += ${256 * columns}u) {
    var own = array<f32, ${columns}>();
    var rest = array<f32, ${columns}>();
    for (var r = 0u; r < ${columns}u; r++) {
      rest[r] = x[group % u.batch * u.length + min(first_ + 256u * r, u.length - 1u)];
    }
    ${overActive("0u", "gradients[row + j]", add("own"))}
    ${overActive("1u", "trace[codes + j]", add("rest"))}
    for (var r = 0u; r < ${columns}u; r++) {
      let i = first_ + 256u * r;
      if (i < u.length) {
        residuals[group * u.length + i] = rest[r];
        moves[group * u.length + i] = own[r];
        part += rest[r] * own[r];
      }
    }
  }
  let total = sumOfLanes(lane, part);
  if (lane == 0u) { moved[group] = total; }`,
    groups: iterations * batch,
  });
}

/** dD, over the samples and steps in which a concept was active. */
function gradientOfAtoms(
  backend: GpuBackend,
  { stepSize, trace }: Inputs,
  given: Readonly<Record<"gradients" | "residuals" | "moves", TensorInfo>>,
  { batch, concepts, length, iterations }: Sizes,
): TensorInfo {
  return sumMatches(backend, {
    name: "unrolledRowsAtoms",
    inputs: { stepSize, trace, ...given },
    outputs: ["atoms"],
    shape: [concepts, length],
    rows: concepts,
    choices: iterations * batch,
    sizes: { batch, concepts },
    declarations: `
fn codeOf(j: u32, k: u32) -> f32 {
  if (j < u.batch) { return 0.0; }
  return trace[(j - u.batch) * u.concepts + k];
}`,
    condition: "gradients[j * u.concepts + wanted] != 0.0 || codeOf(j, wanted) != 0.0",
    type: "f32",
    add: /* wgsl */ `
          sum += stepSize[0] * (gradients[j * u.concepts + row] * residuals[j * u.size + i] + codeOf(j, row) * moves[j * u.size + i]);`,
    read: "atoms[at]",
    write: "atoms[at] = sum;",
  }).atoms;
}

/** dx, a thread for each entry, and da by a workgroup more. A step size of zero moves nothing. */
function gradientOfX(
  backend: GpuBackend,
  { stepSize }: Inputs,
  { moves, moved }: Readonly<Record<"moves" | "moved", TensorInfo>>,
  { batch, length, iterations }: Sizes,
) {
  const entries = batch * length;
  return runProgram(backend, {
    name: "unrolledRowsX",
    inputs: { stepSize, moves, moved },
    outputs: {
      ofX: { shape: [batch, length], dtype: "float32" },
      ofStep: { shape: [], dtype: "float32" },
    },
    sizes: { entries, iterations, terms: iterations * batch },
    declarations: sumOfLanes,
    body: /* wgsl */ `
  var part = 0.0;
  if (group + 1u == u.groups) {
    for (var j = lane; j < u.terms; j += 256u) { part += moved[j]; }
    let total = sumOfLanes(lane, part);
    if (lane == 0u) { ofStep[0] = select(-total, 0.0, stepSize[0] == 0.0); }
    return;
  }
  let i = group * 256u + lane;
  if (i >= u.entries) { return; }
  for (var t = 0u; t < u.iterations; t++) { part += moves[t * u.entries + i]; }
  ofX[i] = -stepSize[0] * part;`,
    groups: groupsFor(entries) + 1,
  });
}
