import { messageOf, SaenoError, sizeOf } from "@saeno/backend";
import { type ArraySource, reversed } from "./array-source.ts";
import { arrayError, type ListedArray, noSuchArray, onlyArray } from "./choose-array.ts";
import { readHdf5Header } from "./hdf5-header.ts";
import { type Hdf5Library, type Hdf5Metadata, type Hdf5Module, typeClasses } from "./hdf5-library.ts";
import { bytesOf, decodeNumbers, type Numbers, type NumberType } from "./numbers.ts";
import { recognizedBytes, wrongFile } from "./recognize.ts";
import { mostChunkBytes, storedValues } from "./stored-values.ts";

const [integers, floats, text, bits, records, enumeration] = [0, 1, 3, 4, 6, 8];
/** Filters that the C library has: deflate, shuffle, fletcher32, szip, nbit, scaleoffset. */
const ownFilters = 6;
/** Datasets that are looked through for one that is not named, at most. */
const mostDatasets = 10_000;

/**
 * A dataset of an HDF5 file as an array that is read by boxes: integers, floats and booleans in any storage, scaled by its attributes. MATLAB 7.3 files
 * have the axes that they have in MATLAB.
 *
 * @param library h5wasm.
 * @param path where the library finds the file.
 * @param dataset its name, `fields/u` in groups; it may be left out if only one has numbers on two axes or more.
 * @throws SaenoError `hdf5.format` for a file that cannot be opened, saying what it is instead; `data.array` for a dataset that is not there; `hdf5.type`,
 *   `hdf5.filter`, `hdf5.layout` and `hdf5.chunk` for one that cannot be read, saying what to do; `hdf5.damaged` if reading fails.
 */
export async function openHdf5(library: Hdf5Library, path: string, dataset?: string): Promise<ArraySource> {
  const module = await library.ready;
  if (ended.has(module)) throw hdf5Error("hdf5.crash", `${path} cannot be read: ${afterwards}.`);
  const source = await guarded(module, path, () => {
    module.activate_throwing_error_handler();
    const file = openFile(module, path);
    try {
      return sourceOf(new Hdf5Reader(module, path, file), dataset);
    } catch (error) {
      if (!isEnd(error)) module.close_file(file);
      throw SaenoError.isInstance(error) || isEnd(error) ? error : damaged(path, error);
    }
  });
  return {
    ...source,
    read: (from, to) => guarded(module, path, () => source.read(from, to)),
    close: () => guarded(module, path, () => source.close?.()),
  };
}

/** Libraries that have ended on a damaged file: nothing that they do afterwards can be relied on. */
const ended = new WeakSet<Hdf5Module>();
const afterwards =
  "the library for HDF5 ended on a damaged file, and reads nothing more in this thread: open it in a new one";

function isEnd(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError;
}

/** The C library does not always notice damage in time; what it runs into then is an end of its program. */
async function guarded<T>(module: Hdf5Module, path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isEnd(error)) throw error;
    ended.add(module);
    const problem = `${path} is damaged, in a way that ended the library for HDF5. Fetch or write it again`;
    throw hdf5Error("hdf5.crash", `${problem}; in this thread nothing more can be read by that library.`, error);
  }
}

function openFile(module: Hdf5Module, path: string): bigint {
  let failure: unknown;
  try {
    const file = module.open(path, 0, false, -1, -1);
    if (file >= 0n) return file;
  } catch (error) {
    if (isEnd(error)) throw error;
    failure = error;
  }
  const problem = reasonOf(failure);
  let start: Uint8Array;
  try {
    const stream = module.FS.open(path, "r");
    const bytes = new Uint8Array(recognizedBytes);
    start = bytes.subarray(0, module.FS.read(stream, bytes, 0, bytes.length, 0));
    module.FS.close(stream);
  } catch (cause) {
    const reason = /No such file/.test(problem) ? "there is no such file" : problem;
    throw new SaenoError("file.missing", `${path} cannot be read: ${reason}.`, { kind: "data", cause });
  }
  if (/truncated file/.test(problem)) throw hdf5Error("hdf5.format", `${path} is cut off: ${problem}. Fetch it again.`);
  const found = wrongFile({ bytes: start, name: path }, { expected: "an HDF5 file", code: "hdf5.format", problem });
  if (!/ is an HDF5 file, not /.test(found.message)) throw found;
  throw hdf5Error("hdf5.format", `${path} is a damaged HDF5 file: ${problem}. Fetch or write it again.`, failure);
}

/** An HDF5 file that is open. */
class Hdf5Reader {
  readonly module: Hdf5Module;
  readonly path: string;
  readonly #file: bigint;

  constructor(module: Hdf5Module, path: string, file: bigint) {
    this.module = module;
    this.path = path;
    this.#file = file;
  }

  typeOf(name: string): number {
    return this.module.get_type(this.#file, name);
  }

  metadata(name: string): Hdf5Metadata {
    return this.module.get_dataset_metadata(this.#file, name);
  }

  filters(name: string): readonly { readonly id: number; readonly name: string }[] {
    return this.module.get_dataset_filters(this.#file, name);
  }

  link(name: string): { readonly filename: string; readonly obj_path: string } {
    return this.module.get_external_link(this.#file, name);
  }

  /** The address of a dataset's header, its identity. */
  address(name: string): number {
    const bytes = Uint8Array.from(this.module.create_object_reference(this.#file, name));
    return Number(new DataView(bytes.buffer).getBigUint64(0, true));
  }

  /** All datasets in a group, each by its first name. */
  datasets(group: string): ListedArray[] {
    const seen = new Set<number>();
    const found: ListedArray[] = [];
    for (const below of this.module.get_names(this.#file, group, true).slice(0, mostDatasets)) {
      const name = `${group === "/" ? "" : group}/${below}`;
      // What MATLAB keeps for itself.
      if (/^\/#(refs|subsystem)#/.test(name) || this.typeOf(name) !== this.module.H5G_DATASET) continue;
      const address = this.address(name);
      if (seen.has(address)) continue;
      seen.add(address);
      const metadata = this.metadata(name);
      const matlab = this.attribute(name, "MATLAB_class");
      const shape = (typeof matlab === "string" && metadata.shape?.toReversed()) || (metadata.shape ?? []);
      const type = matlab === "char" ? undefined : numberType(metadata);
      found.push({
        name: name.slice(1),
        shape,
        type: type ?? (matlab === "char" ? "text" : (typeClasses[metadata.type] ?? "of an unknown type")),
        isNumeric: type !== undefined,
      });
    }
    return found;
  }

  attributes(name: string): Map<string, unknown> {
    const names = this.module.get_attribute_names(this.#file, name);
    return new Map(names.map((attribute) => [attribute, this.attribute(name, attribute)]));
  }

  /** A number, text, or a list of numbers; nothing of other kinds, and where there is none. */
  attribute(name: string, attribute: string): unknown {
    const { module } = this;
    if (!module.get_attribute_names(this.#file, name).includes(attribute)) return undefined;
    const metadata = module.get_attribute_metadata(this.#file, name, attribute);
    const type = numberType(metadata);
    const bytes = metadata.size * metadata.total_size;
    if ((type === undefined && metadata.type !== text) || metadata.shape === null || bytes > 2 ** 16) return undefined;
    return this.#withMemory(bytes, (at) => {
      module.get_attribute_data(this.#file, name, attribute, BigInt(at));
      const stored = module.HEAPU8.slice(at, at + bytes);
      if (type === undefined) {
        if (!metadata.vlen) return new TextDecoder().decode(stored).split("\0", 1)[0];
        const [pointer] = new Uint32Array(stored.buffer);
        const found = pointer === undefined || pointer === 0 ? undefined : module.UTF8ToString(pointer);
        module.reclaim_vlen_memory(this.#file, name, attribute, BigInt(at));
        return found;
      }
      const numbers = Array.from(decodeNumbers(type, stored));
      return metadata.shape?.length === 0 ? numbers[0] : numbers;
    });
  }

  /** What its axes are called, by labels or by the scales attached to them. */
  axes(name: string, rank: number): string[] | undefined {
    const labels = this.module.get_dimension_labels(this.#file, name);
    const found = Array.from({ length: rank }, (_, axis) => {
      const scale = this.module.get_attached_scales(this.#file, name, axis)[0];
      return labels[axis] || scale?.replace(/^.*\//, "") || "";
    });
    return found.every((axis) => axis !== "") ? found : undefined;
  }

  /** @param decode of the box's bytes, in the byte order of this machine; it copies them. */
  read(
    name: string,
    [from, sizes]: readonly [from: readonly number[], sizes: readonly number[]],
    width: number,
    decode: (bytes: Uint8Array) => Numbers,
  ): Numbers {
    const bytes = sizeOf(sizes) * width;
    const [count, offset, strides] = [sizes, from, sizes.map(() => 1)].map((list) => list.map(BigInt));
    return this.#withMemory(bytes, (at) => {
      const status = this.module.get_dataset_data(this.#file, name, count, offset, strides, BigInt(at));
      if (status < 0) throw new Error("reading failed");
      return decode(this.module.HEAPU8.subarray(at, at + bytes));
    });
  }

  close(): void {
    this.module.close_file(this.#file);
  }

  #withMemory<T>(bytes: number, use: (at: number) => T): T {
    const at = this.module._malloc(Math.max(1, bytes));
    if (at === 0) throw new Error(`there is no memory for ${Math.round(bytes / 2 ** 20)} MB`);
    try {
      return use(at);
    } finally {
      this.module._free(at);
    }
  }
}

function sourceOf(reader: Hdf5Reader, dataset: string | undefined): ArraySource {
  const chosen = nameOf(reader, dataset);
  const name = `${reader.path}#${chosen.slice(1)}`;
  const metadata = reader.metadata(chosen);
  const attributes = reader.attributes(chosen);
  const matlab = attributes.get("MATLAB_class");
  const type = typeOf(reader, chosen, metadata, matlab, name);
  const { shape } = metadata;
  if (shape === null || shape.length === 0 || attributes.get("MATLAB_empty") === 1) {
    throw hdf5Error(
      "hdf5.type",
      `${name} holds ${shape?.length === 0 ? "a single number" : "no values"}, not an array.`,
    );
  }
  checkStorage(reader, chosen, metadata, name);
  const stored = storedValues(attributes, type, name);
  const width = bytesOf(type);
  const isMatlab = typeof matlab === "string";
  const axes = reader.axes(chosen, shape.length);
  const turned = <T>(list: readonly T[]): readonly T[] => (isMatlab ? list.toReversed() : list);
  const notes = [
    ...(isMatlab ? ["axes as in MATLAB"] : []),
    ...(metadata.type === enumeration && type !== "bool" ? [`codes of the enumeration ${codesOf(metadata)}`] : []),
    ...stored.notes,
  ];
  let isOpen = true;
  return {
    name,
    shape: turned(shape),
    type: stored.type,
    notes,
    ...(metadata.chunks === null ? {} : { chunks: turned(metadata.chunks) }),
    ...(axes === undefined ? {} : { axes: turned(axes) }),
    async read(from, to) {
      if (!isOpen) throw hdf5Error("hdf5.damaged", `${name} is closed.`);
      const sizes = to.map((end, axis) => end - from[axis]);
      if (sizeOf(sizes) === 0) return decodeNumbers(stored.type, new Uint8Array(0));
      let numbers: Numbers;
      try {
        numbers = reader.read(chosen, [turned(from), turned(sizes)], width, (bytes) =>
          decodeNumbers(stored.type, bytes),
        );
      } catch (error) {
        if (isEnd(error)) throw error;
        throw damaged(`${name}, from (${from.join(", ")}) to (${to.join(", ")}),`, error);
      }
      return stored.decode(isMatlab ? reversed(numbers, sizes) : numbers);
    },
    async close() {
      if (isOpen) reader.close();
      isOpen = false;
    },
  };
}

/** The path of the dataset that is meant. */
function nameOf(reader: Hdf5Reader, dataset: string | undefined): string {
  const { path, module } = reader;
  const address = `hdf5:${path}`;
  const wanted = `/${(dataset ?? "").split("/").filter(Boolean).join("/")}`;
  if (wanted === "/") return `/${onlyArray(reader.datasets("/"), path, address).name}`;
  if (reader.typeOf(wanted) === -1) throw noSuchArray(wanted.slice(1), reader.datasets("/"), path);
  switch (reader.typeOf(wanted)) {
    case module.H5G_DATASET:
      return wanted;
    case module.H5G_GROUP:
      return `/${onlyArray(reader.datasets(wanted), `${path}#${wanted.slice(1)}`, address).name}`;
    case module.H5G_UDLINK: {
      const { filename, obj_path } = reader.link(wanted);
      throw arrayError(
        `${path}#${wanted.slice(1)} is a link to another file: read that, hdf5:${filename}#${obj_path}.`,
      );
    }
    case module.H5G_LINK:
      throw arrayError(`${path}#${wanted.slice(1)} is a link to what is not there.`);
    default:
      throw arrayError(`${path}#${wanted.slice(1)} is a type, not an array.`);
  }
}

/** Of numbers by the classes that h5wasm tells; nothing of what is not numbers. */
function numberType({ type, size, signed, enum_type: names }: Hdf5Metadata): NumberType | undefined {
  const isWhole = size === 1 || size === 2 || size === 4 || size === 8;
  if (type === floats && isWhole && size > 1) return `float${8 * size}` as NumberType;
  if (type === enumeration && names !== undefined) {
    const { FALSE, TRUE, ...others } = names.members;
    if (size === 1 && FALSE === 0 && TRUE === 1 && Object.keys(others).length === 0) return "bool";
    return names.type === integers && isWhole ? (`${signed ? "" : "u"}int${8 * size}` as NumberType) : undefined;
  }
  if ((type !== integers && type !== bits) || !isWhole) return undefined;
  return `${signed && type === integers ? "" : "u"}int${8 * size}` as NumberType;
}

function codesOf({ enum_type: names }: Hdf5Metadata): string {
  const all = Object.entries(names?.members ?? {}).sort(([, a], [, b]) => a - b);
  const shown = all.slice(0, 8).map(([name, code]) => `${name} = ${code}`);
  return shown.join(", ") + (all.length > shown.length ? ", .." : "");
}

const floatsByBits: Readonly<Record<string, NumberType>> = {
  "16 5 15": "float16",
  "16 8 127": "bfloat16",
  "32 8 127": "float32",
  "64 11 1023": "float64",
};

function typeOf(reader: Hdf5Reader, path: string, metadata: Hdf5Metadata, matlab: unknown, name: string): NumberType {
  const fail = (problem: string): never => {
    throw hdf5Error("hdf5.type", `${name} holds ${problem}.`);
  };
  const type = numberType(metadata);
  const { compound_type: record, array_type: inner, type: kind, size } = metadata;
  if (matlab === "char") return fail("text, not numbers");
  if (matlab === "cell") return fail("a MATLAB cell array: save one array of numbers, such as cat(1, cells{:})");
  if (matlab === "function_handle") return fail("a MATLAB function, not numbers");
  if (type === undefined) {
    const members = record?.members.map((member) => member.name) ?? [];
    const isComplex = /^(r,i|re,im|real,imag)$/i.test(members.join()) || typeClasses[kind] === "complex numbers";
    if (isComplex) return fail("complex numbers: save their real and imaginary parts as two channels");
    if (kind === records)
      return fail(`records of ${members.join(", ")}, not numbers: save one field as an array of its own`);
    if (inner !== undefined) {
      const shape = [...(metadata.shape ?? []), ...(inner.shape ?? [])];
      return fail(`an array in each entry: save it as one array of shape (${shape.join(", ")})`);
    }
    const sized = kind === integers || kind === floats ? ` of ${8 * size} bits: convert it to float32 or float64` : "";
    return fail(`${typeClasses[kind] ?? "an unknown type"}${sized === "" ? ", not numbers" : sized}`);
  }
  if (matlab === "logical") return "bool";
  const header = readHdf5Header(reader.module, reader.path, reader.address(path));
  if (header?.isExternal) {
    const problem = `${name} keeps its values in other files: put them into one with h5repack`;
    throw hdf5Error("hdf5.layout", `${problem} ${reader.path} whole.h5.`);
  }
  const layout = header?.bits;
  if (layout === undefined || kind === enumeration || kind === bits) return type;
  const { isFloat, offset, precision, exponentBits, bias } = layout;
  const exact = isFloat ? floatsByBits[`${precision} ${exponentBits} ${bias}`] : type;
  if (exact !== undefined && offset === 0 && precision === 8 * size && bytesOf(exact) === size) return exact;
  return fail(
    isFloat
      ? `floats of ${precision} bits with an exponent of ${exponentBits}, which no machine computes in: convert it to float32`
      : `integers of ${precision} bits: convert it to int${8 * size}`,
  );
}

function checkStorage(reader: Hdf5Reader, path: string, metadata: Hdf5Metadata, name: string): void {
  const { chunks, size, virtual_sources: sources } = metadata;
  if (sources !== undefined) {
    const files = [...new Set(sources.map((source) => source.file_name))].slice(0, 4).join(", ");
    const remedy = `put it into one file in Python: h5py.File("whole.h5", "w")["${path.slice(1)}"] = h5py.File("${reader.path}")["${path.slice(1)}"][:]`;
    throw hdf5Error("hdf5.layout", `${name} is a view of other datasets (${files}): ${remedy}.`);
  }
  const unknown = reader.filters(path).find(({ id }) => id > ownFilters);
  if (unknown !== undefined) {
    const called = unknown.name.split(/[^\w .-]/)[0] || filterNames[unknown.id] || "a filter without a name";
    const remedy = `rewrite it where that is installed: h5repack -f ${path.slice(1)}:GZIP=1 ${reader.path} gzip.h5, or in Python with h5py${unknown.id === 32000 ? "" : " and hdf5plugin"}, compression="gzip"`;
    throw hdf5Error(
      "hdf5.filter",
      `${name} is compressed by ${called} (filter ${unknown.id}), which the library for HDF5 does not have here: ${remedy}.`,
    );
  }
  if (chunks !== null && sizeOf(chunks) * size > mostChunkBytes) {
    const bytes = Math.round((sizeOf(chunks) * size) / 2 ** 20);
    const remedy = `h5repack -l ${path.slice(1)}:CHUNK=${smaller(chunks, size).join("x")} ${reader.path} smaller.h5`;
    throw hdf5Error(
      "hdf5.chunk",
      `${name} is stored in chunks of (${chunks.join(", ")}), ${bytes} MB each; they are read whole, and can have ${mostChunkBytes / 2 ** 20} MB. Store it in smaller ones: ${remedy}.`,
    );
  }
}

/** Chunks of a megabyte or so. */
function smaller(chunks: readonly number[], size: number): number[] {
  const result = [...chunks];
  for (let axis = 0; axis < result.length; axis++) {
    while (sizeOf(result) * size > 2 ** 20 && result[axis] > 1) result[axis] = Math.ceil(result[axis] / 2);
  }
  return result;
}

const filterNames: Readonly<Record<number, string>> = {
  307: "bzip2",
  32000: "lzf",
  32001: "blosc",
  32004: "lz4",
  32008: "bitshuffle",
  32013: "zfp",
  32015: "zstd",
  32017: "sz",
  32026: "blosc2",
};

/** The innermost message of the C library: what went wrong, rather than where it was noticed. */
function reasonOf(error: unknown): string {
  const message = error === undefined ? "it cannot be opened" : messageOf(error).replace(/\n,/g, ",");
  const lines = [...message.matchAll(/#\d+: .* line \d+ in \w+\(\): (.*)/g)].map(([, line]) => line.trim());
  const last = lines.findLast((line) => !/^search in path/.test(line)) ?? message.split("\n", 1)[0];
  return last.replace(/: \w+ = .*error message = '([^']*)'.*/, ": $1");
}

function damaged(what: string, error: unknown): SaenoError {
  const message = `${what} cannot be read: the file is damaged, or its values do not fit in memory (${reasonOf(error)}).`;
  return hdf5Error("hdf5.damaged", message, error);
}

function hdf5Error(code: string, message: string, cause?: unknown): SaenoError {
  return new SaenoError(code, message, { kind: "data", cause });
}
