/** The kernels of unrolled thresholding (assembly/unrolled.ts, assembly/unrolled-gradient.ts), registered for their contracts. */
import { type UnrolledRowsAttributes, unrolledRowsGradient, unrolledRowsTrace, usesGram } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { GROUP_PANELS, LIST_COLUMNS, PANEL_COLUMNS, PANEL_ROWS, TILE_BYTES } from "../../assembly/layout.ts";
import { addresses, allocate, failOnNan } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Allocation, Kernels } from "../runtime/thread-pool.ts";
import { floatWord, type WasmBackend } from "../runtime/wasm-memory.ts";
import { largestBlock, multiplyInParts, packedSize, rightPanels } from "../tfjs-kernels/threaded-mat-mul.ts";

/** The most samples that a thread takes at a time. */
const largestGroup = 72;

/** The most entries of all samples' Gram gradients together; 4 bytes each. */
const largestProducts = 2 ** 27;

export function registerUnrolledKernels(kernels: Kernels): void {
  register(unrolledRowsTrace, ({ x, atoms, stepSize }, attributes, backend, composite) => {
    const { iterations, threshold, kind, traced = true } = attributes;
    const [batch, inputs] = x.shape;
    const conceptCount = atoms.shape[0];
    if (!usesGram(batch, conceptCount, iterations)) return composite();
    const outputs = allocate(backend, {
      codes: [batch, conceptCount],
      gram: [conceptCount, conceptCount],
      trace: [traced ? iterations - 1 : 0, batch, conceptCount],
    });
    const at = addresses(backend, x, atoms, stepSize, outputs.codes, outputs.gram, outputs.trace);
    const [fromX, fromAtoms, fromStep, toCodes, toGram, toTrace] = at;
    // After the correlations two steps that take turns, where none is to be kept.
    const correlations = kernels.allocate(4 * batch * conceptCount * (traced ? 1 : 3));
    const steps = traced ? toTrace : correlations.address + 4 * batch * conceptCount;
    correlate(kernels, fromX, fromAtoms, toGram, correlations.address, batch, inputs, conceptCount);
    const share = Math.ceil(batch / (2 * kernels.threads) / PANEL_ROWS) * PANEL_ROWS;
    const group = Math.min(largestGroup, Math.max(PANEL_ROWS, share));
    const status = kernels.run(
      "unrolledSteps",
      [
        ...[correlations.address, toGram, fromStep, toCodes, steps, batch, conceptCount, iterations],
        ...[floatWord(threshold), floatWord(kind === "soft" ? threshold : 0), kind === "one-sided" ? 1 : 0],
        ...[group, traced ? -1 : 1],
      ],
      {
        scratch: kernels.compute("unrolledScratch", conceptCount, group),
        operations: batch * conceptCount * iterations * 8,
      },
    );
    correlations.free();
    failOnNan(status, backend, outputs);
    return outputs;
  });

  register(unrolledRowsGradient, (inputs, attributes, backend, composite) => {
    const [batch, conceptCount] = inputs.codes.shape;
    if (!usesGram(batch, conceptCount, attributes.iterations)) return composite();
    const active = findActive(kernels, inputs, attributes, backend);
    const sizes = Array.from(active.counts(), (count) => count * padded(count));
    const size = sizes.reduce((total, each) => total + each, 0);
    // If most concepts are active, products of whole matrices cost less.
    if (size > Math.min(largestProducts, (batch * conceptCount ** 2) / 6)) {
      active.memory.free();
      return composite();
    }
    const outputs = allocate(backend, {
      x: inputs.x.shape,
      atoms: inputs.atoms.shape,
      stepSize: inputs.stepSize.shape,
    });
    const moved = goBack(kernels, inputs, attributes, backend, active, outputs);
    const stepSize = backend.typedArrayFromHeap(inputs.stepSize)[0];
    // A step size of zero moves nothing.
    backend.typedArrayFromHeap(outputs.stepSize)[0] = stepSize === 0 ? 0 : moved / stepSize;
    active.memory.free();
    return outputs;
  });
}

/** The Gram matrix of the atoms, and the products of samples and atoms. */
function correlate(
  kernels: Kernels,
  x: number,
  atoms: number,
  gram: number,
  correlations: number,
  batch: number,
  inputs: number,
  conceptCount: number,
): void {
  const operations = conceptCount * inputs * (conceptCount + 2 * batch);
  if (Math.max(conceptCount, batch) * inputs > packedSize || inputs === 0) {
    const common = { columns: conceptCount, depth: inputs, b: [atoms], accumulate: false } as const;
    const strides = [inputs, 1, inputs, 1, conceptCount] as const;
    multiplyInParts(kernels, { ...common, rows: conceptCount, a: [atoms], c: [gram], strides });
    multiplyInParts(kernels, { ...common, rows: batch, a: [x], c: [correlations], strides });
    return;
  }
  const panels = (rows: number) => Math.ceil(rows / PANEL_ROWS);
  const across = rightPanels(conceptCount);
  const left = (panels(conceptCount) + panels(batch)) * PANEL_ROWS * inputs;
  const memory = kernels.allocate(4 * (left + across * PANEL_COLUMNS * inputs) + 64);
  let columns = largestBlock.columns;
  const down = Math.ceil(panels(conceptCount) / largestBlock.rows);
  while (down * Math.ceil(across / columns) < 8 * kernels.threads && columns > GROUP_PANELS) columns /= 2;
  kernels.run(
    "gramAndCorrelations",
    [
      ...[atoms, x, gram, correlations, memory.address, memory.address + 4 * left],
      ...[conceptCount, inputs, batch, largestBlock.rows, columns],
    ],
    { scratch: TILE_BYTES, operations: operations / 80 },
  );
  memory.free();
}

type GradientInputs = Readonly<
  Record<"upstream" | "x" | "atoms" | "stepSize" | "gram" | "codes" | "trace", TensorInfo>
>;

/** The concepts that each sample used in any step. */
interface Active {
  readonly memory: Allocation;
  /** The addresses of how many there are, `[B]`, and of which, `[B, K]`. */
  readonly at: readonly [counts: number, concepts: number];
  counts(): Int32Array;
}

function findActive(
  kernels: Kernels,
  { codes, trace }: GradientInputs,
  { iterations }: UnrolledRowsAttributes,
  backend: WasmBackend,
): Active {
  const [batch, conceptCount] = codes.shape;
  const memory = kernels.allocate(4 * batch * (conceptCount + 1));
  const at = [memory.address, memory.address + 4 * batch] as const;
  kernels.run("activeConcepts", [...addresses(backend, codes, trace), ...at, batch, conceptCount, iterations], {
    scratch: 4 * conceptCount + 32,
    operations: batch * conceptCount * iterations,
  });
  return { memory, at, counts: () => memory.words().subarray(0, batch) };
}

/** Writes the gradients of x and atoms; returns the gradient of the step size times the step size. */
function goBack(
  kernels: Kernels,
  inputs: GradientInputs,
  { iterations, threshold, kind }: UnrolledRowsAttributes,
  backend: WasmBackend,
  active: Active,
  outputs: Readonly<Record<"x" | "atoms", TensorInfo>>,
): number {
  const [batch, conceptCount] = inputs.codes.shape;
  const length = inputs.x.shape[1];
  const counts = active.counts().slice();
  const starts = runningSums(counts);
  const entries = starts[batch];
  const productStarts = runningSums(counts.map((count) => count * padded(count)));
  const products = productStarts[batch];
  const largest = counts.reduce((most, count) => Math.max(most, count), 0);

  // A concept's list holds, for each sample that used it, at most the sample's concepts and the sample itself.
  const capacities = new Int32Array(conceptCount);
  const used = active.memory.words();
  const flat = new Int32Array(entries);
  counts.forEach((count, b) => {
    const row = used.subarray(batch + b * conceptCount, batch + b * conceptCount + count);
    flat.set(row, starts[b]);
    for (const concept of row) capacities[concept] = capacities[concept] + count;
  });
  const uses = new Int32Array(conceptCount);
  for (const concept of flat) uses[concept] = uses[concept] + 1;
  const asMatrix = capacities.reduce((total, each) => total + Math.min(each, conceptCount), 0) > conceptCount ** 2 / 3;
  const listStarts = runningSums(
    uses.map((count, concept) => count + (asMatrix ? 0 : Math.min(capacities[concept], conceptCount))),
  );

  const plan = layout({
    products: products,
    pairs: 2 * entries,
    flat: entries,
    rows: entries,
    samples: entries,
    uses: entries,
    useStarts: conceptCount + 1,
    starts: batch,
    productsAt: batch,
    moved: batch,
    lists: 2 * listStarts[conceptCount],
    listStarts: conceptCount,
    lengths: conceptCount,
    matrix: asMatrix ? conceptCount ** 2 : 0,
  });
  const memory = kernels.allocate(4 * plan.words);
  const at = (name: keyof typeof plan.offsets) => memory.address + 4 * plan.offsets[name];
  const words = memory.words();
  words.set(flat, plan.offsets.flat);
  words.set(starts.subarray(0, batch), plan.offsets.starts);
  words.set(listStarts.subarray(0, conceptCount), plan.offsets.listStarts);
  for (let b = 0; b < batch; b++) {
    words[plan.offsets.productsAt + b] = at("products") + 4 * productStarts[b];
  }
  const { upstream, codes, trace, gram, stepSize, atoms, x } = inputs;
  kernels.run(
    "stepsBack",
    [
      ...addresses(backend, upstream, codes, trace, gram, stepSize),
      ...active.at,
      ...[at("productsAt"), at("pairs"), at("starts"), at("rows"), at("samples"), at("moved")],
      ...[batch, conceptCount, iterations, floatWord(kind === "soft" ? threshold : 0)],
    ],
    {
      scratch: 4 * padded(largest) * (largest + 2 * iterations + 2),
      operations: products * iterations,
    },
  );
  kernels.compute("listUses", at("flat"), entries, conceptCount, at("useStarts"), at("uses"));
  kernels.run(
    "symmetricRows",
    [
      ...[at("useStarts"), at("uses"), ...active.at, at("pairs"), at("rows"), at("samples")],
      ...[at("lists"), at("listStarts"), at("lengths"), asMatrix ? at("matrix") : 0, conceptCount],
    ],
    { scratch: 4 * conceptCount, operations: products + conceptCount ** 2 },
  );
  const [fromAtoms, fromX, toAtoms, toX] = addresses(backend, atoms, x, outputs.atoms, outputs.x);
  if (asMatrix && length > 0) {
    multiplyInParts(kernels, {
      ...{ rows: conceptCount, columns: length, depth: conceptCount },
      ...{ a: [at("matrix")], b: [fromAtoms], c: [toAtoms], accumulate: false },
      strides: [conceptCount, 1, 1, length, length],
    });
  }
  kernels.run(
    "unrolledColumns",
    [
      ...[fromAtoms, fromX, toAtoms, toX],
      ...[at("lists"), at("listStarts"), at("lengths"), at("pairs"), at("starts"), active.at[0]],
      ...[conceptCount, batch, length, asMatrix ? 1 : 0],
    ],
    {
      scratch: 4 * LIST_COLUMNS * (conceptCount + batch + 1),
      operations: length * (conceptCount + batch + listStarts[conceptCount]),
    },
  );
  const moved = memory.floats().subarray(plan.offsets.moved, plan.offsets.moved + batch);
  const total = moved.reduce((sum, each) => sum + each, 0);
  memory.free();
  return total;
}

/** Rows of a sample's matrices are padded to multiples of 16 entries. */
function padded(count: number): number {
  return (count + 15) & ~15;
}

/** The sums of the first 0, 1, .. entries. */
function runningSums(counts: Int32Array): Float64Array {
  const sums = new Float64Array(counts.length + 1);
  counts.forEach((count, i) => {
    sums[i + 1] = sums[i] + count;
  });
  return sums;
}

/** The offsets of arrays of these lengths, in words, one after another and aligned to cache lines. */
function layout<Name extends string>(
  lengths: Readonly<Record<Name, number>>,
): {
  readonly offsets: Readonly<Record<Name, number>>;
  readonly words: number;
} {
  let words = 0;
  const offsets = {} as Record<Name, number>;
  for (const name of Object.keys(lengths) as Name[]) {
    offsets[name] = words;
    words += Math.ceil(lengths[name] / 16) * 16;
  }
  return { offsets, words };
}
