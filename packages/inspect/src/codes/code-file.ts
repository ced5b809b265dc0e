/**
 * Codes as files, for safetensors and NumPy's npz. What is stored:
 *
 *     maps     sample, concept, position (int32 [n]), value (float32 [n]): every entry that is not zero, rising
 *     scalar   indptr (int32 [B + 1]), indices (int32 [n]), data (float32 [n]): compressed sparse rows, as scipy.sparse.csr_matrix takes them
 *     dense    codes (float32 [B, ...N, K]), of either
 *
 * and text beside it: `format` saeno-codes, `version`, `kind` (one of the three), `shape` (JSON of [B, ...N, K]), and `model`, the hash of the model
 * that made them. A safetensors file has it as its metadata, an npz archive as the array `metadata`, bytes of JSON. Positions are flat and
 * row-major.
 */
import { issueOf, SaenoError, sizeOf } from "@saeno/backend";
import {
  type ByteSource,
  encodeNpz,
  encodeSafetensors,
  memoryBytes,
  type Numbers,
  openNpz,
  openSafetensors,
} from "@saeno/datasets";
import * as v from "valibot";
import { type CodeTable, codeTableWriter, denseTable, denseValues, sampleCount } from "./code-table.ts";

/** An array, as files of both kinds hold it. */
export interface CodeArray {
  readonly dtype: "F32" | "I32";
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

export interface CodeTensors {
  readonly tensors: Readonly<Record<string, CodeArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface CodeTensorsOptions {
  /** All entries, including zeros. Default false. */
  readonly dense?: boolean;
  /** `modelHash` of the model that made the codes. */
  readonly model: string;
}

const integer = v.pipe(v.number(), v.integer(), v.minValue(0));
const metadataSchema = v.object({
  format: v.literal("saeno-codes"),
  version: v.literal("1"),
  kind: v.picklist(["maps", "scalar", "dense"]),
  shape: v.pipe(v.string(), v.parseJson(), v.array(integer), v.minLength(2)),
  model: v.string(),
});

/** Codes as named arrays. */
export function codesToTensors(table: CodeTable, { dense = false, model }: CodeTensorsOptions): CodeTensors {
  const { samples, concepts, maps, positions, values, grid, conceptCount } = table;
  const shape = [sampleCount(table), ...grid, conceptCount];
  const ints = (numbers: Int32Array): CodeArray => ({ dtype: "I32", shape: [numbers.length], values: numbers });
  const floats = (numbers: Float32Array): CodeArray => ({ dtype: "F32", shape: [numbers.length], values: numbers });
  const kind = dense ? "dense" : grid.length === 0 ? "scalar" : "maps";
  const metadata = { format: "saeno-codes", version: "1", kind, shape: JSON.stringify(shape), model };
  if (dense) return { metadata, tensors: { codes: { dtype: "F32", shape, values: denseValues(table) } } };
  if (kind === "scalar") {
    // A map of a scalar code is one number.
    return { metadata, tensors: { indptr: ints(samples), indices: ints(concepts), data: floats(values) } };
  }
  const [sample, concept] = [new Int32Array(values.length), new Int32Array(values.length)];
  for (let b = 0; b + 1 < samples.length; b++) {
    sample.fill(b, maps[samples[b]], maps[samples[b + 1]]);
    for (let map = samples[b]; map < samples[b + 1]; map++) concept.fill(concepts[map], maps[map], maps[map + 1]);
  }
  const tensors = { sample: ints(sample), concept: ints(concept), position: ints(positions), value: floats(values) };
  return { metadata, tensors };
}

/** Codes that were read, and the hash of the model that made them. */
export interface StoredCodes {
  readonly table: CodeTable;
  readonly model: string;
}

/**
 * The same back, exactly.
 *
 * @param name what to call the file in errors.
 * @throws SaenoError `codes.format` for something else than codes, or damaged ones.
 */
export function codesFromTensors(
  {
    tensors,
    metadata,
  }: {
    readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: Numbers }>>;
    readonly metadata: Readonly<Record<string, string>>;
  },
  name = "the codes",
): StoredCodes {
  const fail = (problem: string): never => {
    throw new SaenoError("codes.format", `${name} does not hold codes as saeno writes them: ${problem}.`, {
      kind: "data",
    });
  };
  const parsed = v.safeParse(metadataSchema, metadata);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return fail(`"${v.getDotPath(issue) ?? "metadata"}" of its metadata ${issueOf(issue)}`);
  }
  const { kind, shape, model } = parsed.output;
  const [batch, conceptCount, grid] = [shape[0], shape[shape.length - 1], shape.slice(1, -1)];
  const array = (wanted: string): Numbers => tensors[wanted]?.values ?? fail(`it has no array "${wanted}"`);
  if (kind === "dense") {
    const values = array("codes");
    if (values.length !== sizeOf(shape))
      fail(`"codes" has ${values.length} values for the shape [${shape.join(", ")}]`);
    return { table: denseTable(Float32Array.from(values), shape), model };
  }
  const columns =
    kind === "maps"
      ? { sample: array("sample"), concept: array("concept"), position: array("position"), value: array("value") }
      : rowsOf(array("indptr"), array("indices"), array("data"), batch, fail);
  const { sample, concept, position, value } = columns;
  const count = value.length;
  if ([sample, concept, position].some(({ length }) => length !== count)) fail("its arrays have different lengths");
  const writer = codeTableWriter(grid, conceptCount);
  const points = sizeOf(grid);
  let [b, map, last] = [0, -1, -1];
  for (let i = 0; i < count; i++) {
    const isThere = [sample[i], concept[i], position[i]].every(
      (at, axis) => Number.isInteger(at) && at >= 0 && at < [batch, conceptCount, points][axis],
    );
    if (!isThere) fail(`entry ${i} is outside of the shape [${shape.join(", ")}]`);
    const rises =
      sample[i] > b || (sample[i] === b && (concept[i] > map || (concept[i] === map && position[i] > last)));
    if (!rises || !Number.isFinite(value[i])) fail(`entry ${i} is ${rises ? "not a finite number" : "out of order"}`);
    for (; b < sample[i]; b++) {
      writer.nextSample();
      map = -1;
    }
    if (concept[i] !== map) writer.nextMap(concept[i]);
    writer.entry(position[i], value[i]);
    [map, last] = [concept[i], position[i]];
  }
  for (; b < batch; b++) writer.nextSample();
  return { table: writer.table(), model };
}

/** Compressed rows as columns. */
function rowsOf(indptr: Numbers, indices: Numbers, data: Numbers, batch: number, fail: (problem: string) => never) {
  const isRising = indptr.every((at, i) => (i === 0 ? at === 0 : at >= indptr[i - 1]));
  if (indptr.length !== batch + 1 || !isRising || indptr[batch] !== data.length) fail('"indptr" does not fit its rows');
  const sample = new Int32Array(data.length);
  for (let b = 0; b < batch; b++) sample.fill(b, indptr[b], indptr[b + 1]);
  return { sample, concept: indices, position: new Int32Array(data.length), value: data };
}

/** The bytes of a file of codes. */
export async function encodeCodeFile(
  table: CodeTable,
  { format, ...options }: CodeTensorsOptions & { readonly format: "safetensors" | "npz" },
): Promise<Uint8Array> {
  const { tensors, metadata } = codesToTensors(table, options);
  if (format === "safetensors") return encodeSafetensors(tensors, metadata);
  const text = new TextEncoder().encode(JSON.stringify(metadata));
  return encodeNpz({ ...tensors, metadata: { shape: [text.length], values: text } });
}

/**
 * Reads a file of codes, of either kind.
 *
 * @param options.model the hash of the model that will decode them.
 * @throws SaenoError `codes.format`, `codes.model` for the codes of another model, and as `openSafetensors` and `openNpz` of @saeno/datasets.
 */
export async function readCodeFile(
  source: ByteSource | Uint8Array,
  options: { readonly model?: string } = {},
): Promise<StoredCodes> {
  const bytes = source instanceof Uint8Array ? memoryBytes(source, "the codes") : source;
  const start = await bytes.read(0, Math.min(2, bytes.size));
  const isZip = start[0] === 0x50 && start[1] === 0x4b;
  const stored = codesFromTensors(isZip ? await fromNpz(bytes) : await fromSafetensors(bytes), bytes.name);
  if (options.model !== undefined && options.model !== stored.model) {
    throw new SaenoError(
      "codes.model",
      `${bytes.name} holds codes of another model (${stored.model.slice(0, 12)}, not ${options.model.slice(0, 12)}). Decode them with the one that made them.`,
      { kind: "data" },
    );
  }
  return stored;
}

type ReadTensors = Parameters<typeof codesFromTensors>[0];

async function fromSafetensors(bytes: ByteSource): Promise<ReadTensors> {
  const { tensors, metadata } = await openSafetensors(bytes);
  const read = [...tensors].map(
    async ([name, tensor]) => [name, { shape: tensor.shape, values: await tensor.read() }] as const,
  );
  return { tensors: Object.fromEntries(await Promise.all(read)), metadata };
}

/** The arrays that codes may have; others are passed over. */
const arrayNames = {
  maps: ["sample", "concept", "position", "value"],
  scalar: ["indptr", "indices", "data"],
  dense: ["codes"],
};

async function fromNpz(bytes: ByteSource): Promise<ReadTensors> {
  const read = async (name: string) => {
    const array = await openNpz(bytes, name);
    return {
      shape: array.shape,
      values: await array.read(
        array.shape.map(() => 0),
        array.shape,
      ),
    };
  };
  const text = new TextDecoder().decode(Uint8Array.from((await read("metadata")).values));
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string())), text);
  const metadata = parsed.success ? parsed.output : {};
  const names = v.safeParse(metadataSchema, metadata).success
    ? arrayNames[metadata.kind as keyof typeof arrayNames]
    : [];
  const tensors: Record<string, { readonly shape: readonly number[]; readonly values: Numbers }> = {};
  for (const name of names) tensors[name] = await read(name);
  return { tensors, metadata };
}
