/**
 * A backend out of tfjs's plain JavaScript one and three kernels of its own, under a name of its own: `loops`.
 * Whoever selects it changes nothing else: models, gradients and metrics run through the same contracts.
 */
import {
  accumulateRows,
  decodeRows,
  defineBackend,
  dotRows,
  registerHostKernels,
  registerKernel,
} from "@saeno/backend";
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import { copyRegisteredKernels, findBackendFactory, registerBackend, tensor } from "@tensorflow/tfjs-core";

const kind = "loops";

export const backend = defineBackend({
  kind,
  summary: "plain JavaScript with sums of chosen atoms as loops",
  async available() {
    return { available: true, detail: "plain JavaScript, sums of chosen atoms as loops" };
  },
  async init() {
    // A second start would register everything again.
    if (findBackendFactory(kind) != null) return;
    registerBackend(kind, () => new MathBackendCPU());
    copyRegisteredKernels("cpu", kind);
    registerHostKernels(kind, read);
    registerKernel(decodeRows, kind, decode);
    registerKernel(dotRows, kind, dot);
    registerKernel(accumulateRows, kind, accumulate);
  },
});

/** A kernel gets tensors, attributes and the tfjs backend, and returns what the contract names. Here values lie in host memory. */
function read({ dataId }, tfjs) {
  return tfjs.readSync(dataId);
}

/** x_b = sum_j v_bj d_(c_bj). */
function decode(inputs, _attributes, tfjs) {
  const [values, concepts, atoms] = [inputs.values, inputs.concepts, inputs.atoms].map((each) => read(each, tfjs));
  const size = inputs.atoms.shape[1];
  const x = new Float32Array(inputs.concepts.shape[0] * size);
  forEachChosen(inputs.concepts, concepts, (sample, concept, j) => {
    for (let i = 0; i < size; i++) x[sample * size + i] += values[j] * atoms[concept * size + i];
  });
  return { x: tensor(x, [inputs.concepts.shape[0], size]) };
}

/** v_bj = <x_b, d_(c_bj)>. */
function dot(inputs, _attributes, tfjs) {
  const [x, concepts, atoms] = [inputs.x, inputs.concepts, inputs.atoms].map((each) => read(each, tfjs));
  const size = inputs.atoms.shape[1];
  const values = new Float32Array(concepts.length);
  forEachChosen(inputs.concepts, concepts, (sample, concept, j) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += x[sample * size + i] * atoms[concept * size + i];
    values[j] = sum;
  });
  return { values: tensor(values, inputs.concepts.shape) };
}

/** Row c: the sum of v_bj x_b over all that chose c. */
function accumulate(inputs, { conceptCount }, tfjs) {
  const [values, concepts, x] = [inputs.values, inputs.concepts, inputs.x].map((each) => read(each, tfjs));
  const size = inputs.x.shape[1];
  const atoms = new Float32Array(conceptCount * size);
  forEachChosen(inputs.concepts, concepts, (sample, concept, j) => {
    for (let i = 0; i < size; i++) atoms[concept * size + i] += values[j] * x[sample * size + i];
  });
  return { atoms: tensor(atoms, [conceptCount, size]) };
}

function forEachChosen({ shape: [batch, chosen] }, concepts, visit) {
  for (let sample = 0; sample < batch; sample++) {
    for (let j = sample * chosen; j < (sample + 1) * chosen; j++) visit(sample, concepts[j], j);
  }
}
