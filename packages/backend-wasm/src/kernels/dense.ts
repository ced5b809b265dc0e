/** The kernels of dense dictionaries (assembly/encode.ts, assembly/dense-rows.ts), registered for their contracts. */
import { accumulateRows, decodeRows, dotRows, encodeTopK, sumRows } from "@saeno/backend";
import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { GROUP_PANELS, PANEL_COLUMNS, PANEL_ROWS, UNBOUNDED } from "../../assembly/layout.ts";
import type { Deferred } from "../runtime/deferred.ts";
import type { Derived } from "../runtime/derived.ts";
import { addresses, allocate, failOnNan } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Kernels } from "../runtime/thread-pool.ts";
import { addressOf, type WasmBackend } from "../runtime/wasm-memory.ts";
import { replaceKernel } from "../tfjs-kernels/replace-kernel.ts";
import { multiplyInParts, registerThreadedMatMul } from "../tfjs-kernels/threaded-mat-mul.ts";

/** At most this many bytes of candidates are kept by all threads together, if the batch allows it. */
const candidateBytes = 2 ** 26;

/** The most entries, and the most atoms, in a packed strip of atoms. */
const stripSize = 2 ** 20;
const widestStrip = 144;

/** Rows of the panels that kernels multiply at a time. */
const blockRows = 12 * PANEL_ROWS;

/** Rows that one thread adds up at a time; also the chunks of sums, which are thus the same for any number of threads. */
const rowsTogether = 64;

/** How many sums one sum is kept as, at most. */
const mostTerms = 16;

export function registerDenseKernels(kernels: Kernels, rowSums: Deferred<RowSum>, derived: Derived): void {
  registerThreadedMatMul(kernels);

  // For atoms among which bounds left too much: how often to compute the whole product before they are tried again.
  const unbounded = new WeakMap<object, number>();

  register(encodeTopK, (inputs, { k }, backend) => {
    const { x, atoms, bias } = inputs;
    const [batch, depth] = x.shape;
    const conceptCount = atoms.shape[0];
    const outputs = allocate(backend, { concepts: [batch, k], values: [batch, k] }, ["concepts"]);
    const at = addresses(backend, x, atoms, bias, outputs.concepts, outputs.values);
    const sizes = { batch, depth, conceptCount, k };
    const left = unbounded.get(atoms.dataId) ?? 0;
    let status = UNBOUNDED;
    if (left > 0) unbounded.set(atoms.dataId, left - 1);
    else if (batch >= 16 && isWorthScreening(sizes)) {
      status = encode(kernels, "screenedTopK", at, sizes, (bytes) => derived.of(atoms, bytes));
      if (status & UNBOUNDED) {
        unbounded.set(atoms.dataId, 100);
        derived.forget(atoms);
      } else {
        derived.filled(atoms);
      }
    }
    if (status & UNBOUNDED) status = encode(kernels, "encodeTopK", at, sizes);
    failOnNan(status, backend, outputs);
    return outputs;
  });

  register(decodeRows, ({ values, concepts, atoms }, _, backend) => {
    const [batch, chosen] = concepts.shape;
    const [conceptCount, inputs] = atoms.shape;
    const outputs = allocate(backend, { x: [batch, inputs] });
    const at = addresses(backend, values, concepts, atoms, outputs.x);
    if (mostAreChosen(concepts, conceptCount)) {
      const codes = allCodes(kernels, concepts, conceptCount);
      codes.place(at[0], at[1]);
      const product = { rows: batch, columns: inputs, depth: conceptCount, accumulate: false } as const;
      const strides = [conceptCount, 1, 1, inputs, inputs] as const;
      multiplyInParts(kernels, { ...product, a: [codes.address], b: [at[2]], c: [at[3]], strides });
      codes.free();
      return outputs;
    }
    kernels.run("rowDecoding", [...at, batch, chosen, inputs], { operations: batch * (chosen + 1) * inputs });
    return outputs;
  });

  register(dotRows, ({ x, concepts, atoms }, _, backend) => {
    const [batch, chosen] = concepts.shape;
    const [conceptCount, inputs] = atoms.shape;
    const outputs = allocate(backend, { values: [batch, chosen] });
    const at = addresses(backend, x, concepts, atoms, outputs.values);
    if (mostAreChosen(concepts, conceptCount)) {
      const codes = allCodes(kernels, concepts, conceptCount);
      const product = { rows: batch, columns: conceptCount, depth: inputs, accumulate: false } as const;
      const strides = [inputs, 1, inputs, 1, conceptCount] as const;
      multiplyInParts(kernels, { ...product, a: [at[0]], b: [at[2]], c: [codes.address], strides });
      codes.read(at[3], at[1]);
      codes.free();
      return outputs;
    }
    kernels.run("rowCorrelation", [...at, batch, chosen, inputs], { operations: batch * chosen * inputs });
    return outputs;
  });

  register(sumRows, ({ rows, weights }, _, backend) => {
    const [count, size] = rows.shape;
    const outputs = allocate(backend, { sum: [size] });
    const chunks = Math.ceil(count / rowsTogether);
    const partial = kernels.allocate(4 * chunks * size);
    const tensors = addresses(backend, rows, weights, outputs.sum);
    kernels.run("weightedRows", [...tensors, partial.address, count, size, chunks, rowsTogether], {
      operations: 2 * count * size,
    });
    partial.free();
    return outputs;
  });

  const deferSums = (atoms: TensorInfo, terms: readonly RowSum[], backend: WasmBackend) =>
    rowSums.defer(atoms, {
      terms,
      compute() {
        const [conceptCount, inputs] = atoms.shape;
        const uses = usesOf(kernels, terms, conceptCount, backend);
        kernels.run("rowAccumulation", [addressOf(atoms, backend), inputs, conceptCount, ...uses.words], {
          scratch: uses.scratch,
          operations: (uses.count + conceptCount) * inputs,
        });
        uses.free();
      },
    });

  // The gradients of two losses with respect to one dictionary: their sum needs not be stored either.
  replaceKernel<"a" | "b", object>("Add", ({ inputs, attributes, backend, original }) => {
    const { a, b } = inputs;
    const [left, right] = [a, b].map(rowSums.termsOf);
    const terms = left && right && util.arraysEqual(a.shape, b.shape) ? [...left, ...right] : [];
    if (terms.length === 0 || terms.length > mostTerms) return original(inputs, attributes);
    const sum = backend.makeOutput([...a.shape], "float32");
    deferSums(sum, terms, backend);
    return sum;
  });

  register(accumulateRows, ({ values, concepts, x }, { conceptCount }, backend) => {
    const [batch] = concepts.shape;
    const inputs = x.shape[1];
    const outputs = allocate(backend, { atoms: [conceptCount, inputs] });
    if (!mostAreChosen(concepts, conceptCount)) {
      deferSums(outputs.atoms, [{ values, concepts, x }], backend);
      return outputs;
    }
    const [fromValues, fromConcepts, fromX, toAtoms] = addresses(backend, values, concepts, x, outputs.atoms);
    const codes = allCodes(kernels, concepts, conceptCount);
    codes.place(fromValues, fromConcepts);
    const product = { rows: conceptCount, columns: inputs, depth: batch, accumulate: false } as const;
    const strides = [1, conceptCount, 1, inputs, inputs] as const;
    multiplyInParts(kernels, { ...product, a: [codes.address], b: [fromX], c: [toAtoms], strides });
    codes.free();
    return outputs;
  });
}

/** Of `accumulateRows`: weights, concepts `[B, k]` and samples `[B, n]`. */
export type RowSum = Readonly<Record<"values" | "concepts" | "x", TensorInfo>>;

/** Which samples use a concept, in lists, for kernels that sum over them (assembly/dense-rows.ts, sumOfUses). */
interface Uses {
  readonly words: readonly number[];
  /** Bytes that a thread needs. */
  readonly scratch: number;
  /** Of all concepts. */
  readonly count: number;
  free(): void;
}

export function usesOf(kernels: Kernels, sums: readonly RowSum[], conceptCount: number, backend: WasmBackend): Uses {
  const lists = sums.map(({ values, concepts, x }) => {
    const [batch, chosen] = concepts.shape;
    const count = batch * chosen;
    const memory = kernels.allocate(4 * (count + conceptCount + 1));
    const [uses, starts] = [memory.address, memory.address + 4 * count];
    const [fromValues, fromConcepts, fromX] = addresses(backend, values, concepts, x);
    kernels.compute("listUses", fromConcepts, count, conceptCount, starts, uses);
    return { words: [fromValues, uses, starts, fromX, chosen], count, free: memory.free };
  });
  const longest = Math.max(...lists.map(({ count }) => count));
  return {
    words: [sums.length, ...lists.flatMap(({ words }) => words)],
    scratch: 4 * sums[0].x.shape[1] + 64 + 8 * longest,
    count: lists.reduce((total, { count }) => total + count, 0),
    free: () => {
      for (const { free } of lists) free();
    },
  };
}

/** Whether so many of all concepts are chosen that products of whole matrices cost less: however many samples there are, so that the sums are the same. */
function mostAreChosen({ shape: [batch, chosen] }: TensorInfo, conceptCount: number): boolean {
  return batch > 0 && chosen * 6 > conceptCount;
}

/** Codes of all concepts `[B, K]`, to place the chosen `[B, k]` in, zeros elsewhere, or to read them from. */
function allCodes(kernels: Kernels, { shape: [batch, chosen] }: TensorInfo, conceptCount: number) {
  const memory = kernels.allocate(4 * batch * conceptCount);
  const { address, free } = memory;
  const run = (values: number, concepts: number, reads: 0 | 1) =>
    kernels.run("chosenOfAll", [values, concepts, address, batch, chosen, conceptCount, reads], {
      operations: batch * conceptCount,
    });
  return {
    address,
    place: (values: number, concepts: number) => run(values, concepts, 0),
    read: (values: number, concepts: number) => run(values, concepts, 1),
    free,
  };
}

interface EncodeSizes {
  readonly batch: number;
  readonly depth: number;
  readonly conceptCount: number;
  readonly k: number;
}

/** Whether bounds by integers cost less than the product, for enough samples: rows long enough for it to be what counts, and few concepts chosen of many. */
function isWorthScreening({ depth, conceptCount, k }: EncodeSizes): boolean {
  return depth >= 128 && depth <= 8192 && 8 * k <= conceptCount;
}

/** Runs one of the two kernels of `encodeTopK` on as many samples at a time as memory allows; returns its status. */
function encode(
  kernels: Kernels,
  kernel: "encodeTopK" | "screenedTopK",
  [x, atoms, bias, concepts, values]: readonly number[],
  { batch, depth, conceptCount, k }: EncodeSizes,
  derive?: (bytes: number) => ReturnType<Derived["of"]>,
): number {
  const screened = kernel === "screenedTopK";
  // The values of a sample do not depend on how many others there are.
  const again = isWorthScreening({ batch, depth, conceptCount, k }) ? 1 : 0;
  // Several strips per thread, of whole groups of panels and of lanes that are compared together.
  const share = Math.min(stripSize / depth, conceptCount / (4 * kernels.threads), widestStrip);
  const columns = 2 * GROUP_PANELS * PANEL_COLUMNS;
  const width = columns * Math.max(1, Math.ceil(share / columns));
  // Bounds leave more than k.
  const capacity = (screened ? Math.max(3 * k, k + 64) : Math.max(2 * k, k + 32)) + width;
  const rowBytes = kernels.threads * (16 + 8 * capacity);
  const rows = Math.max(blockRows, Math.floor(candidateBytes / rowBytes / blockRows) * blockRows);
  const scratch = kernels.compute(
    screened ? "screenedScratch" : "encodeScratch",
    ...[depth, k, width, capacity, kernels.threads],
  );
  const words = screened ? Math.ceil(depth / 2) : depth;
  // Integers of whole strips of atoms, and the scales of all atoms.
  const stripBytes = 4 * Math.ceil(conceptCount / width) * width * words;
  const kept = derive?.(stripBytes + 4 * conceptCount + 64);
  let status = 0;
  for (let row = 0; row < batch && !(status & UNBOUNDED); row += rows) {
    const count = Math.min(rows, batch - row);
    const packed = 4 * PANEL_ROWS * Math.ceil(count / PANEL_ROWS) * words;
    const lists = count * rowBytes;
    const scales = screened ? 4 * (conceptCount + 16 + count) : 0;
    const memory = kernels.allocate(packed + lists + scales);
    const first = memory.address + packed;
    const own = first + lists;
    const atomScales = kept === undefined ? own + 4 * count : kept.address + stripBytes;
    const isReady = kept !== undefined && (kept.ready || row > 0);
    status |= kernels.run(
      kernel,
      [
        ...[x + 4 * row * depth, atoms, bias, concepts + 4 * row * k, values + 4 * row * k, memory.address, first],
        ...[count, depth, conceptCount, k, width, capacity],
        ...(screened ? [atomScales, own, kept?.address ?? 0, isReady ? 1 : 0] : [again]),
      ],
      { scratch, operations: (count * depth * conceptCount) / 20 },
    );
    memory.free();
  }
  return status;
}
