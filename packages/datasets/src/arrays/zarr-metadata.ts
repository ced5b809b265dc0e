/** The metadata of Zarr, versions 2 and 3, in the form that zarrita computes with; what cannot be read right is refused by name. */
import { issueOf, parseJson, SaenoError, shown, sizeOf } from "@saeno/backend";
import {
  array,
  type GenericSchema,
  getDotPath,
  type InferOutput,
  integer,
  literal,
  looseObject,
  maxValue,
  minLength,
  minValue,
  nullable,
  nullish,
  number,
  optional,
  picklist,
  pipe,
  record,
  safeParse,
  string,
  transform,
  union,
  unknown,
} from "valibot";
import { numberToBrain, numberToHalf } from "../formats/small-floats.ts";
import { bytesOf, isNumberType, type NumberType, numpyTypes } from "./numbers.ts";
import { mostChunkBytes } from "./stored-values.ts";

/** What zarrita computes with: 16-bit floats and booleans as the bits they are. */
export type ZarrDataType = Exclude<NumberType, "float16" | "bfloat16" | "bool">;

export interface ZarrCodec {
  readonly name: string;
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** An array, its codecs those of version 3. */
export interface ZarrArray {
  readonly shape: readonly number[];
  readonly type: NumberType;
  /** The boxes that are unpacked one by one: within shards, their parts. */
  readonly chunks: readonly number[];
  /** The boxes that have files: `chunks`, unless these are sharded. */
  readonly files: readonly number[];
  readonly keys: { readonly name: "v2" | "default"; readonly configuration: { readonly separator: "." | "/" } };
  readonly codecs: readonly ZarrCodec[];
  /** Of the index of a shard; absent if there are none. */
  readonly index?: { readonly codecs: readonly ZarrCodec[]; readonly isFirst: boolean };
  readonly fill: number | bigint;
  readonly attributes: ReadonlyMap<string, unknown>;
  readonly axes?: readonly string[];
}

const sizes = array(pipe(number(), integer(), minValue(0), maxValue(2 ** 48)));
const chunkSizes = array(pipe(number(), integer(), minValue(1), maxValue(2 ** 48)));
const oldCodec = looseObject({ id: string() });
const codec = union([
  pipe(
    string(),
    transform((name) => ({ name, configuration: undefined })),
  ),
  looseObject({ name: string(), configuration: nullish(record(string(), unknown())) }),
]);

const oldArray = looseObject({
  zarr_format: literal(2),
  shape: sizes,
  chunks: chunkSizes,
  dtype: union([string(), array(unknown())]),
  compressor: nullish(oldCodec),
  filters: nullish(array(oldCodec)),
  fill_value: unknown(),
  order: picklist(["C", "F"]),
  dimension_separator: nullish(picklist([".", "/"])),
});

const named = looseObject({ name: string(), configuration: nullish(looseObject({})) });
const newArray = looseObject({
  zarr_format: literal(3),
  node_type: literal("array"),
  shape: sizes,
  data_type: union([string(), named]),
  chunk_grid: looseObject({
    name: string(),
    configuration: nullish(looseObject({ chunk_shape: optional(chunkSizes) })),
  }),
  chunk_key_encoding: looseObject({
    name: picklist(["default", "v2"]),
    configuration: nullish(looseObject({ separator: optional(picklist([".", "/"])) })),
  }),
  codecs: pipe(array(codec), minLength(1)),
  fill_value: unknown(),
  attributes: nullish(record(string(), unknown())),
  dimension_names: nullish(array(nullable(string()))),
  storage_transformers: nullish(array(unknown())),
});
const sharding = looseObject({
  chunk_shape: chunkSizes,
  codecs: pipe(array(codec), minLength(1)),
  index_codecs: pipe(array(codec), minLength(1)),
  index_location: nullish(picklist(["start", "end"])),
});

/** Version 2: `.zarray`, with what `.zattrs` holds. */
export function readOldArray(json: unknown, attributes: ReadonlyMap<string, unknown>, name: string): ZarrArray {
  const read = parsed(oldArray, json, name);
  const { shape, chunks, dtype } = read;
  const [type, endian] = oldType(dtype, name);
  const filters = (read.filters ?? []).flatMap((filter) => oldFilter(filter, dtype, name));
  const ofNumbers = filters.filter(({ name: called }) => !isOfBytes(called));
  const codecs: ZarrCodec[] = [
    ...(read.order === "F"
      ? [{ name: "transpose", configuration: { order: shape.map((_, axis) => axis).reverse() } }]
      : []),
    ...ofNumbers,
    { name: "bytes", configuration: { endian } },
    ...filters.slice(ofNumbers.length),
    ...(read.compressor ? [oldCodecOf(read.compressor)] : []),
  ];
  const dimensions = attributes.get("_ARRAY_DIMENSIONS");
  const axes = axesOf(Array.isArray(dimensions) ? dimensions : undefined, shape);
  const fill = read.fill_value;
  // xarray, unlike others, means missing values by what it writes here.
  const masks = dimensions !== undefined && fill !== null && fill !== undefined && !attributes.has("_FillValue");
  return {
    shape,
    type,
    ...checkedChunks({ shape, type, chunks, files: chunks }, name),
    keys: { name: "v2", configuration: { separator: read.dimension_separator ?? "." } },
    codecs: checkedCodecs(codecs, type, name),
    fill: fillOf(fill, type, name),
    attributes: masks ? new Map([...attributes, ["_FillValue", fill]]) : attributes,
    ...(axes === undefined ? {} : { axes }),
  };
}

/** Version 3: `zarr.json` of an array. */
export function readNewArray(json: unknown, name: string): ZarrArray {
  const read = parsed(newArray, json, name);
  const { shape } = read;
  const type = newType(read.data_type, name);
  const files = read.chunk_grid.configuration?.chunk_shape;
  if (read.chunk_grid.name !== "regular" || files === undefined) {
    throw zarrError(
      "zarr.layout",
      `${name} has chunks of various sizes (${read.chunk_grid.name}): store it in regular ones.`,
    );
  }
  if ((read.storage_transformers ?? []).length > 0) {
    throw zarrError("zarr.layout", `${name} has storage transformers, which are not known here: store it without.`);
  }
  const known = new Set(Object.keys(newArray.entries));
  const extra = Object.entries(json as object).find(
    ([key, value]) => !known.has(key) && (value as { must_understand?: unknown } | null)?.must_understand !== false,
  );
  if (extra !== undefined)
    throw zarrError("zarr.layout", `${name} has an extension, ${extra[0]}, which is not known here.`);
  const separator = read.chunk_key_encoding.configuration?.separator;
  const isOldKey = read.chunk_key_encoding.name === "v2";
  const attributes = new Map(Object.entries(read.attributes ?? {}));
  const axes = axesOf(read.dimension_names ?? attributes.get("_ARRAY_DIMENSIONS"), shape);
  const common = {
    shape,
    type,
    keys: { name: read.chunk_key_encoding.name, configuration: { separator: separator ?? (isOldKey ? "." : "/") } },
    fill: fillOf(read.fill_value, type, name),
    attributes,
    ...(axes === undefined ? {} : { axes }),
  } as const;
  const codecs = read.codecs.map(codecOf).filter(({ name: called }) => called !== "numcodecs.bitround");
  if (!codecs.some((each) => each.name === "sharding_indexed")) {
    const chunks = checkedChunks({ shape, type, chunks: files, files }, name);
    return { ...common, ...chunks, codecs: checkedCodecs(codecs, type, name) };
  }
  if (codecs.length > 1) {
    const others = codecs.map((each) => each.name).filter((each) => each !== "sharding_indexed");
    throw zarrError(
      "zarr.codec",
      `${name} has the codecs ${others.join(", ")} around its shards: store it with them inside.`,
    );
  }
  const inner = parsed(sharding, codecs[0].configuration, `${name}, its shards`);
  const chunks = checkedChunks({ shape, type, chunks: inner.chunk_shape, files }, name);
  return {
    ...common,
    ...chunks,
    codecs: checkedCodecs(inner.codecs.map(codecOf), type, name),
    index: {
      codecs: checkedCodecs(inner.index_codecs.map(codecOf), "uint64", name),
      isFirst: inner.index_location === "start",
    },
  };
}

function parsed<Schema extends GenericSchema>(schema: Schema, json: unknown, name: string): InferOutput<Schema> {
  const { success, output, issues } = safeParse(schema, json);
  if (success) return output;
  const path = getDotPath(issues[0]) ?? "it";
  throw zarrError("zarr.format", `${name}: its metadata is damaged: ${path} ${issueOf(issues[0])}.`);
}

/** The name of a type, or what stands in its place. */
function typeName(value: unknown): string {
  return typeof value === "string" ? value : shown(value);
}

/** JSON of a store. Attributes may hold numbers that are none in JSON: Python writes NaN. */
export function parseMetadata(bytes: Uint8Array, name: string): unknown {
  return parseJson(bytes, name);
}

function axesOf(names: unknown, shape: readonly number[]): string[] | undefined {
  if (!Array.isArray(names) || names.length !== shape.length) return undefined;
  return names.every((each): each is string => typeof each === "string" && each !== "") ? names : undefined;
}

const kinds: Readonly<Record<string, string>> = {
  c: "complex numbers: store their real and imaginary parts as two channels",
  S: "text, not numbers",
  U: "text, not numbers",
  O: "Python objects, not numbers",
  V: "opaque bytes, not numbers",
  M: "dates, not numbers",
  m: "durations: store them as numbers",
};

function oldType(dtype: string | readonly unknown[], name: string): [NumberType, "little" | "big"] {
  if (typeof dtype !== "string") {
    throw zarrError("zarr.type", `${name} holds records, not numbers: store one field as an array of its own.`);
  }
  const [, order, code] = /^([<>|])(.*)$/.exec(dtype) ?? [];
  if (Object.hasOwn(numpyTypes, code ?? "")) return [numpyTypes[code], order === ">" ? "big" : "little"];
  throw zarrError("zarr.type", `${name} holds ${kinds[code?.[0] ?? ""] ?? `values of an unknown type, "${dtype}"`}.`);
}

function newType(type: string | { readonly name: string }, name: string): NumberType {
  const called = typeof type === "string" ? type : type.name;
  if (isNumberType(called)) return called;
  const kind = /^complex/.test(called)
    ? kinds.c
    : /string|utf|text/.test(called)
      ? kinds.S
      : /datetime|timedelta/.test(called)
        ? kinds.M
        : /struct/.test(called)
          ? "records, not numbers: store one field as an array of its own"
          : `values of a type that is not known here, "${called}": store them as float32`;
  throw zarrError("zarr.type", `${name} holds ${kind}.`);
}

const hasNoCodec = "store it with zstd, blosc, gzip, lz4 or without compression";

function codecOf({ name, configuration }: InferOutput<typeof codec>): ZarrCodec {
  return {
    name: name.replace(/^numcodecs\.(blosc|lz4|zstd|gzip|zlib|shuffle|delta)$/, "$1"),
    configuration: configuration ?? {},
  };
}

function oldCodecOf({ id, ...configuration }: InferOutput<typeof oldCodec>): ZarrCodec {
  return codecOf({ name: `numcodecs.${id}`, configuration });
}

/** Filters of version 2 that zarrita computes as NumPy does. */
function oldFilter(filter: InferOutput<typeof oldCodec>, dtype: unknown, name: string): ZarrCodec[] {
  const { id, astype, dtype: from } = filter;
  const same = (from === undefined || from === dtype) && (astype === undefined || astype === dtype);
  // Rounding is done when data is written: nothing is left to undo.
  if ((id === "quantize" || id === "bitround") && same) return [];
  if (id === "fixedscaleoffset") return fixedScale(filter, dtype, name);
  if (id === "delta" && !same) {
    throw zarrError(
      "zarr.codec",
      `${name} has differences stored as ${typeName(astype ?? from)} of ${typeName(dtype)}: store it without the filter delta.`,
    );
  }
  return [oldCodecOf(filter)];
}

/** Stored as integers, `value = stored / scale + offset`. zarrita rounds as NumPy does where the integers are exact in the type of the values. */
function fixedScale(filter: InferOutput<typeof oldCodec>, dtype: unknown, name: string): ZarrCodec[] {
  const { scale, offset, astype, dtype: from } = filter;
  const [type] = oldType(typeName(from ?? dtype), name);
  const [stored] = oldType(typeName(astype ?? from ?? dtype), name);
  const isExact = /^u?int(8|16)$/.test(stored) || (/^u?int32$/.test(stored) && type === "float64");
  if (
    typeof scale !== "number" ||
    typeof offset !== "number" ||
    !isExact ||
    !/^float(32|64)$/.test(type) ||
    from !== dtype
  ) {
    throw zarrError(
      "zarr.codec",
      `${name} has numbers scaled from ${typeName(astype ?? dtype)} by the filter fixedscaleoffset: store it without.`,
    );
  }
  return [
    { name: "scale_offset", configuration: { scale, offset } },
    { name: "cast_value", configuration: { data_type: stored, rounding: "nearest-even", out_of_range: "wrap" } },
  ];
}

const ofBytes = ["blosc", "lz4", "zstd", "gzip", "zlib", "shuffle", "crc32c"];
const ofArrays = ["transpose", "delta", "scale_offset", "cast_value", "bytes"];

function isOfBytes(codecName: string): boolean {
  return ofBytes.includes(codecName);
}

function checkedCodecs(codecs: readonly ZarrCodec[], type: NumberType, name: string): readonly ZarrCodec[] {
  const unknownCodec = codecs.find(({ name: called }) => !isOfBytes(called) && !ofArrays.includes(called));
  if (unknownCodec !== undefined) {
    const called = unknownCodec.name.replace("numcodecs.", "");
    const what =
      called === "sharding_indexed" ? "shards within shards" : `the codec ${called}, which is not known here`;
    throw zarrError("zarr.codec", `${name} has ${what}: ${hasNoCodec}.`);
  }
  const hasDelta = codecs.some(({ name: called }) => called === "delta");
  if (hasDelta && (type === "float16" || type === "bfloat16" || type === "bool")) {
    throw zarrError("zarr.codec", `${name} has differences of ${type}: store it without the filter delta.`);
  }
  const firstOfBytes = codecs.findIndex(({ name: called }) => isOfBytes(called) || called === "bytes");
  if (firstOfBytes >= 0 && codecs.slice(firstOfBytes + 1).some(({ name: called }) => !isOfBytes(called))) {
    const order = codecs.map(({ name: called }) => called).join(", ");
    throw zarrError(
      "zarr.codec",
      `${name} has its codecs in an order that is not known here (${order}): ${hasNoCodec}.`,
    );
  }
  const order = codecs.find(({ name: called }) => called === "transpose")?.configuration.order;
  if (order !== undefined && !Array.isArray(order)) {
    throw zarrError("zarr.codec", `${name} has its axes in an unknown order, ${JSON.stringify(order)}.`);
  }
  return codecs.some(({ name: called }) => called === "bytes")
    ? codecs
    : [
        ...codecs.filter((each) => !isOfBytes(each.name)),
        { name: "bytes", configuration: {} },
        ...codecs.filter((each) => isOfBytes(each.name)),
      ];
}

function checkedChunks(
  { shape, type, chunks, files }: Pick<ZarrArray, "shape" | "type" | "chunks" | "files">,
  name: string,
): Pick<ZarrArray, "chunks" | "files"> {
  const fits = chunks.length === shape.length && files.length === shape.length;
  if (!fits || chunks.some((size, axis) => files[axis] % size !== 0) || !Number.isSafeInteger(sizeOf(shape))) {
    const parts = chunks === files ? "" : ` in files of (${files.join(", ")})`;
    throw zarrError(
      "zarr.format",
      `${name}: its metadata is damaged: chunks of (${chunks.join(", ")})${parts} do not fit its shape (${shape.join(", ")}).`,
    );
  }
  const bytes = sizeOf(chunks) * bytesOf(type);
  const index = 16 * sizeOf(chunks.map((size, axis) => files[axis] / size));
  if (Math.max(bytes, chunks === files ? 0 : index) > mostChunkBytes) {
    const most = mostChunkBytes / 2 ** 20;
    throw zarrError(
      "zarr.chunk",
      `${name} is stored in chunks of (${chunks.join(", ")}), ${Math.round(bytes / 2 ** 20)} MB each; they are read whole, and can have ${most} MB. Store it in smaller ones, in Python: zarr.create_array(.., chunks=(1, ..)).`,
    );
  }
  return { chunks, files };
}

const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** What chunks that are not there are full of, as {@link ZarrDataType}. */
function fillOf(value: unknown, type: NumberType, name: string): number | bigint {
  const fail = (): never => {
    throw zarrError("zarr.format", `${name}: its fill value ${JSON.stringify(value)} is not of the type ${type}.`);
  };
  if (value === null || value === undefined) return type === "int64" || type === "uint64" ? 0n : 0;
  if (type === "bool") return typeof value === "boolean" || value === 0 || value === 1 ? Number(value) : fail();
  if (/float/.test(type)) {
    const isBits = typeof value === "string" && /^0x[0-9a-f]+$/i.test(value) && value.length === 2 + 2 * bytesOf(type);
    if (isBits) return fromBits(BigInt(value), type);
    const found = typeof value === "string" ? special[value] : value;
    if (typeof found !== "number") return fail();
    return type === "float16" ? numberToHalf(found) : type === "bfloat16" ? numberToBrain(found) : found;
  }
  if (typeof value !== "number" || !Number.isInteger(value)) return fail();
  if (type !== "int64" && type !== "uint64") return value;
  // JSON has been read as float64, which rounds the largest ones up.
  const most = type === "int64" ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  return BigInt(value) > most ? most : BigInt(value);
}

function fromBits(bits: bigint, type: NumberType): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  if (type === "float64") return view.getFloat64(0);
  return type === "float32" ? view.getFloat32(4) : Number(bits);
}

export function zarrError(code: string, message: string, cause?: unknown): SaenoError {
  return new SaenoError(code, message, { kind: "data", cause });
}
