import { messageOf, SaenoError, sizeOf } from "@saeno/backend";
import { type ArraySource, eachIndex } from "./array-source.ts";
import { type ListedArray, noSuchArray, onlyArray } from "./choose-array.ts";
import { bytesOf, decodeNumbers } from "./numbers.ts";
import { storedValues } from "./stored-values.ts";
import { guardedCodecs } from "./zarr-codecs.ts";
import {
  parseMetadata,
  readNewArray,
  readOldArray,
  type ZarrArray,
  type ZarrDataType,
  zarrError,
} from "./zarr-metadata.ts";
import type { ZarrStore } from "./zarr-store.ts";

type Zarrita = typeof import("zarrita");

/** The package zarrita (`import * as zarrita from "zarrita"`). Its own type would ask for it of programs that read no Zarr. */
export interface ZarritaPackage {
  readonly Array: object;
  readonly registry: object;
}

/** Chunks that are fetched and unpacked at a time. */
const together = 8;
/** Bytes of a file of metadata; folders and arrays that are looked through for one that is not named; and how deep they may lie. */
const [mostMetadata, mostNodes, deepest] = [2 ** 26, 1000, 8];

/**
 * An array of a Zarr store, version 2 or 3, read by boxes: all numbers, scaled by its attributes. Missing chunks are full of the fill value; chunks that
 * cannot be read, or are damaged, are errors.
 *
 * @param library zarrita.
 * @param array its path in the store; it may be left out if only one has numbers on two axes or more.
 * @throws SaenoError `zarr.format` for something else than a store; `data.array` for an array that is not there; `zarr.type`, `zarr.codec`, `zarr.layout`
 *   and `zarr.chunk` for one that cannot be read, saying what to do; `zarr.damaged` for a chunk that is damaged.
 */
export async function openZarr(library: ZarritaPackage, store: ZarrStore, array?: string): Promise<ArraySource> {
  const zarrita = library as Zarrita;
  try {
    const wanted = (array ?? "").split("/").filter(Boolean).join("/");
    const node = await readNode(store, wanted);
    if (node === undefined) throw await nothingThere(store, wanted);
    if (node.kind === "array") return sourceOf(zarrita, store, wanted, node.array());
    const found = await listArrays(store, wanted, node);
    const address = `zarr:${store.name}`;
    if (found === undefined) {
      const remedy = `name one of its arrays, as in ${address}#NAME, or write consolidated metadata (zarr.consolidate_metadata)`;
      throw zarrError("data.array", `${store.name} is a group that cannot be listed here: ${remedy}.`);
    }
    const { name } = onlyArray(found, wanted === "" ? store.name : `${store.name}#${wanted}`, address);
    const chosen = await readNode(store, name);
    if (chosen?.kind !== "array")
      throw zarrError("zarr.format", `${store.name} lists the array ${name}, which is not there.`);
    return sourceOf(zarrita, store, name, chosen.array());
  } catch (error) {
    await store.close?.();
    throw error;
  }
}

/** An array, or a group with what it says of the arrays in it. */
type ZarrNode =
  | { readonly kind: "array"; array(): ZarrArray }
  | { readonly kind: "group"; readonly consolidated?: ReadonlyMap<string, ZarrNode> };

function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

async function readJson(store: ZarrStore, key: string): Promise<Record<string, unknown> | undefined> {
  const bytes = await store.get(key, { most: mostMetadata });
  if (bytes === undefined) return undefined;
  const json = parseMetadata(bytes, `${store.name}/${key}`);
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw zarrError("zarr.format", `${store.name}/${key} is not Zarr metadata: it must be an object.`);
}

async function readNode(store: ZarrStore, path: string): Promise<ZarrNode | undefined> {
  const [current, oldArray, oldGroup] = await Promise.all(
    ["zarr.json", ".zarray", ".zgroup"].map((file) => readJson(store, join(path, file))),
  );
  if (current !== undefined) return newNode(current, store, path);
  if (oldArray !== undefined) {
    const attributes = await readJson(store, join(path, ".zattrs"));
    return oldNode(oldArray, attributes, store, path);
  }
  if (oldGroup === undefined) return undefined;
  const all = (await readJson(store, join(path, ".zmetadata")))?.metadata;
  return { kind: "group", ...(isObject(all) ? { consolidated: oldNodes(all, store, path) } : {}) };
}

function newNode(json: Record<string, unknown>, store: ZarrStore, path: string): ZarrNode {
  const name = nameOf(store, path);
  if (json.node_type === "array") return { kind: "array", array: () => readNewArray(json, name) };
  if (json.node_type !== "group" || json.zarr_format !== 3) {
    throw zarrError("zarr.format", `${name} is neither an array nor a group of Zarr 3: its zarr.json is damaged.`);
  }
  const all = isObject(json.consolidated_metadata) ? json.consolidated_metadata.metadata : undefined;
  if (!isObject(all)) return { kind: "group" };
  const nodes = Object.entries(all).flatMap(([below, each]): [string, ZarrNode][] => {
    if (!isObject(each) || each.node_type !== "array") return [];
    const at = join(path, below.replace(/^\//, ""));
    return [[at, newNode(each, store, at)]];
  });
  return { kind: "group", consolidated: new Map(nodes) };
}

function oldNode(json: unknown, attributes: unknown, store: ZarrStore, path: string): ZarrNode {
  const known = new Map(Object.entries(isObject(attributes) ? attributes : {}));
  return { kind: "array", array: () => readOldArray(json, known, nameOf(store, path)) };
}

function oldNodes(all: Record<string, unknown>, store: ZarrStore, group: string): Map<string, ZarrNode> {
  const files = Object.keys(all).filter((key) => /(^|\/)\.zarray$/.test(key));
  return new Map(
    files.map((key) => {
      const path = join(group, key.replace(/\/?\.zarray$/, ""));
      return [path, oldNode(all[key], all[key.replace(/\.zarray$/, ".zattrs")], store, path)];
    }),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(store: ZarrStore, path: string): string {
  return path === "" ? store.name : `${store.name}#${path}`;
}

/** Nothing if the store cannot be listed. */
async function listArrays(
  store: ZarrStore,
  path: string,
  group: ZarrNode & { readonly kind: "group" },
): Promise<ListedArray[] | undefined> {
  const nodes = group.consolidated ?? (store.list && (await walk(store, path)));
  return nodes && [...nodes].map(([name, node]) => listed(name, node));
}

function listed(name: string, node: ZarrNode): ListedArray {
  try {
    if (node.kind === "array") {
      const { shape, type } = node.array();
      return { name, shape, type, isNumeric: true };
    }
    return { name, shape: [], type: "a group", isNumeric: false };
  } catch (error) {
    // What cannot be read is no reason to refuse what can.
    if (!(error instanceof SaenoError)) throw error;
    return { name, shape: [], type: "cannot be read", isNumeric: false };
  }
}

async function walk(store: ZarrStore, from: string): Promise<Map<string, ZarrNode>> {
  const found = new Map<string, ZarrNode>();
  const folders: [path: string, depth: number][] = [[from, 0]];
  for (let i = 0; i < folders.length && i < mostNodes; i++) {
    const [folder, depth] = folders[i];
    const node = i === 0 ? undefined : await readNode(store, folder);
    if (node?.kind === "array") found.set(folder, node);
    else if ((i === 0 || node?.kind === "group") && depth < deepest) {
      const names = (await store.list?.(folder)) ?? [];
      for (const name of [...names].sort()) if (!name.startsWith(".")) folders.push([join(folder, name), depth + 1]);
    }
  }
  return found;
}

async function nothingThere(store: ZarrStore, path: string): Promise<SaenoError> {
  const root = path === "" ? undefined : await readNode(store, "");
  if (root?.kind === "group") {
    const found = await listArrays(store, "", root);
    if (found !== undefined) return noSuchArray(path, found, store.name);
  }
  const hint = (await store.list?.(path).catch(() => undefined)) ?? [];
  const inside = hint.filter((name) => /\.zarr$/.test(name)).slice(0, 4);
  const remedy = inside.length > 0 ? ` It holds ${inside.join(", ")}: name one of them.` : "";
  return zarrError(
    "zarr.format",
    `${nameOf(store, path)} is not a Zarr store: there is neither zarr.json nor .zarray nor .zgroup in it.${remedy}`,
  );
}

function sourceOf(zarrita: Zarrita, store: ZarrStore, path: string, array: ZarrArray): ArraySource {
  const { shape, type, chunks, axes } = array;
  const name = nameOf(store, path);
  if (shape.length === 0) throw zarrError("zarr.type", `${name} holds a single number, not an array.`);
  const stored = storedValues(array.attributes, type, name);
  const width = bytesOf(type);
  const opened = zarritaArray(zarrita, store, path, array);
  return {
    name,
    shape,
    type: stored.type,
    notes: stored.notes,
    chunks,
    ...(axes === undefined ? {} : { axes }),
    async read(from, to) {
      const sizes = to.map((end, axis) => end - from[axis]);
      const result = new Uint8Array(sizeOf(sizes) * width);
      const wanted: number[][] = [];
      if (result.length > 0) {
        const first = from.map((start, axis) => Math.floor(start / chunks[axis]));
        const end = to.map((stop, axis) => Math.ceil(stop / chunks[axis]));
        eachIndex(first, end, (index) => wanted.push([...index]));
      }
      const work = async () => {
        for (let chunk = wanted.pop(); chunk !== undefined; chunk = wanted.pop()) {
          copyBox(await opened.chunk(chunk), { chunk, chunks, width, from, to }, result);
        }
      };
      await Promise.all(Array.from({ length: Math.min(together, wanted.length) }, work));
      return stored.decode(decodeNumbers(stored.type, result));
    },
    async close() {
      await store.close?.();
    },
  };
}

interface Chunk {
  readonly bytes: Uint8Array;
  /** In numbers. */
  readonly stride: readonly number[];
}

function zarritaArray(zarrita: Zarrita, store: ZarrStore, path: string, array: ZarrArray) {
  const { type, files, chunks, index } = array;
  const dataType: ZarrDataType =
    type === "float16" || type === "bfloat16" ? "uint16" : type === "bool" ? "uint8" : type;
  const bytes = sizeOf(chunks) * bytesOf(type);
  // What does not compress grows, by less than this.
  const most = 2 * bytes + 2 ** 16;
  const codecs = guardedCodecs(zarrita, array.codecs);
  const shards = index && {
    name: "sharding_indexed",
    configuration: { chunk_shape: [...chunks], codecs, index_codecs: guardedCodecs(zarrita, index.codecs) },
  };
  const parts = sizeOf(files.map((size, axis) => size / chunks[axis]));
  const opened = new zarrita.Array(
    {
      get: (key: string) => store.get(join(path, key.slice(1)), { most }),
      async getRange(key: string, range: { offset: number; length: number } | { suffixLength: number }) {
        const isIndex = "suffixLength" in range;
        const length = isIndex ? range.suffixLength : range.length;
        if (length > (isIndex ? 16 * parts + 64 : most) || (!isIndex && !Number.isSafeInteger(range.offset))) {
          throw new Error(`its index says that a part of it has ${length} bytes`);
        }
        const at = isIndex && index?.isFirst ? { offset: 0, length } : range;
        return store.get(join(path, key.slice(1)), { most: Math.max(most, length), range: at });
      },
    },
    "/",
    {
      zarr_format: 3,
      node_type: "array",
      shape: [...array.shape],
      data_type: dataType,
      chunk_grid: { name: "regular", configuration: { chunk_shape: [...files] } },
      chunk_key_encoding: array.keys,
      codecs: shards === undefined ? codecs : [shards],
      // Of the type that `data_type` says.
      fill_value: array.fill as number,
      attributes: {},
    },
  );
  return {
    async chunk(at: number[]): Promise<Chunk> {
      try {
        const { data, stride } = await opened.getChunk(at);
        const { buffer, byteOffset, byteLength } = data as Uint8Array;
        if (byteLength !== bytes) throw new Error(`it has ${byteLength} bytes instead of ${bytes}`);
        return { bytes: new Uint8Array(buffer, byteOffset, byteLength), stride };
      } catch (error) {
        if (error instanceof SaenoError) throw error;
        const of = at.map((i, axis) => Math.floor((i * chunks[axis]) / files[axis]));
        const { separator } = array.keys.configuration;
        const key = array.keys.name === "v2" ? of.join(separator) : ["c", ...of].join(separator);
        throw damaged(`${store.name}/${join(path, key)}`, error);
      }
    },
  };
}

function damaged(file: string, error: unknown): SaenoError {
  const reason = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
  return zarrError("zarr.damaged", `${file} is damaged: ${reason}. Fetch or write it again.`, error);
}

/** Puts what a chunk holds of a box into it. */
function copyBox(
  { bytes, stride }: Chunk,
  box: {
    readonly chunk: readonly number[];
    readonly chunks: readonly number[];
    readonly width: number;
    readonly from: readonly number[];
    readonly to: readonly number[];
  },
  result: Uint8Array,
): void {
  const { chunk, chunks, width, from, to } = box;
  const sizes = to.map((end, axis) => end - from[axis]);
  const corner = chunk.map((i, axis) => i * chunks[axis]);
  const begin = corner.map((start, axis) => Math.max(from[axis], start));
  const end = corner.map((start, axis) => Math.min(to[axis], start + chunks[axis]));
  const last = sizes.length - 1;
  const [count, step] = [end[last] - begin[last], stride[last] * width];
  eachIndex(begin.slice(0, -1), end.slice(0, -1), (index) => {
    let source = (begin[last] - corner[last]) * stride[last];
    let target = 0;
    for (let axis = 0; axis < last; axis++) {
      source += (index[axis] - corner[axis]) * stride[axis];
      target = (target + index[axis] - from[axis]) * sizes[axis + 1];
    }
    source *= width;
    target = (target + begin[last] - from[last]) * width;
    if (step === width) result.set(bytes.subarray(source, source + count * width), target);
    else {
      for (let i = 0; i < count; i++, source += step, target += width) {
        for (let byte = 0; byte < width; byte++) result[target + byte] = bytes[source + byte];
      }
    }
  });
}
