import { SaenoError } from "@saeno/backend";
import { type ArraySource, contiguousArray } from "../arrays/array-source.ts";
import type { FileAccess } from "../arrays/file-access.ts";
import type { Numbers, NumberType } from "../arrays/numbers.ts";
import { recognizedBytes, wrongFile } from "../arrays/recognize.ts";
import type { ByteSource } from "../bytes/byte-source.ts";
import { openSafetensors } from "./safetensors.ts";

const types: Readonly<Record<string, NumberType>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U64: "uint64",
  U32: "uint32",
  U16: "uint16",
  U8: "uint8",
  BOOL: "bool",
};

/**
 * A tensor of a safetensors file as an array that is read by boxes.
 *
 * @param tensor its name; it may be left out where there is one.
 * @throws SaenoError `safetensors.tensor` for a tensor that is not there, with those there are; `safetensors.type` for one that does not
 *   hold real numbers; and as `openSafetensors`, or saying what the file is instead.
 */
export async function openTensor(bytes: ByteSource, tensor?: string): Promise<ArraySource> {
  const { name } = bytes;
  const { tensors, metadata } = await openSafetensors(bytes).catch(async (cause: unknown) => {
    const start = await bytes.read(0, Math.min(bytes.size, recognizedBytes));
    const wrong = wrongFile(
      { bytes: start, name },
      { expected: "a safetensors file", code: "safetensors.format", problem: "" },
    );
    throw / is (a|an|empty) /.test(wrong.message) && !/is a safetensors file/.test(wrong.message) ? wrong : cause;
  });
  const names = [...tensors.keys()];
  const wanted = tensor ?? (names.length === 1 ? names[0] : undefined);
  const found = wanted === undefined ? undefined : tensors.get(wanted);
  if (found === undefined) {
    const there = [...tensors].map(([each, { dtype, shape }]) => `${each} (${shape.join(", ")}) ${dtype}`);
    const lacks = tensor === undefined ? "" : `, but no "${tensor}"`;
    throw new SaenoError(
      "safetensors.tensor",
      `${name} holds ${there.slice(0, 20).join("; ") || "no tensor"}${there.length > 20 ? "; .." : ""}${lacks}: name one, as in safetensors:${name}#${names[0] ?? "NAME"}.`,
      { kind: "data" },
    );
  }
  const type = Object.hasOwn(types, found.dtype) ? types[found.dtype] : undefined;
  if (type === undefined) {
    const problem = `${name}#${wanted} holds ${found.dtype}: convert it to F32 or another type of real numbers.`;
    throw new SaenoError("safetensors.type", problem, { kind: "data" });
  }
  // As `saeno data convert` writes them.
  const axes = metadata.axes?.split(",");
  return {
    ...contiguousArray({ name: `${name}#${wanted}`, shape: found.shape, type, bytes, offset: found.from }),
    ...(axes?.length === found.shape.length ? { axes } : {}),
  };
}

/**
 * A store of activations: the tensors of one name in all safetensors files of a folder, one after another by the numbers in their names.
 *
 * @throws SaenoError `safetensors.shards` for shards that do not fit one another, and as `openTensor`.
 */
export async function openShards(files: FileAccess, folder: string, tensor?: string): Promise<ArraySource> {
  const all = ((await files.list(folder)) ?? []).filter(
    (name) => name.endsWith(".safetensors") && !name.startsWith("."),
  );
  const names = all.sort(new Intl.Collator("en", { numeric: true }).compare);
  if (names.length === 0) throw shardsError(`${folder} holds no .safetensors file`);
  const shards: ArraySource[] = [];
  for (const name of names) shards.push(await openTensor(await files.open(`${folder}/${name}`), tensor));
  const [first] = shards;
  const other = shards.find(
    ({ shape, type }) => type !== first.type || shape.slice(1).join() !== first.shape.slice(1).join(),
  );
  if (other !== undefined) {
    const of = ({ name, shape, type }: ArraySource) => `${name} is (${shape.join(", ")}) of ${type}`;
    throw shardsError(`${of(first)}, ${of(other)}; shards may differ in their first axis only`);
  }
  const begins = shards.map((_, i) => shards.slice(0, i).reduce((total, { shape }) => total + shape[0], 0));
  return {
    name: `${folder}${tensor === undefined ? "" : `#${tensor}`}`,
    shape: [shards.reduce((total, { shape }) => total + shape[0], 0), ...first.shape.slice(1)],
    type: first.type,
    ...(first.axes === undefined ? {} : { axes: first.axes }),
    notes: [`${shards.length} shards`],
    async read(from, to) {
      const pieces: Numbers[] = [];
      for (const [i, shard] of shards.entries()) {
        const [begin, end] = [Math.max(0, from[0] - begins[i]), Math.min(shard.shape[0], to[0] - begins[i])];
        if (begin < end) pieces.push(await shard.read([begin, ...from.slice(1)], [end, ...to.slice(1)]));
      }
      return joined(pieces);
    },
    close: async () => void (await Promise.all(shards.map((shard) => shard.close?.()))),
  };
}

/** Numbers of one type, one after another. */
function joined(pieces: readonly Numbers[]): Numbers {
  if (pieces.length === 1) return pieces[0];
  const total = pieces.reduce((count, { length }) => count + length, 0);
  const [first] = pieces;
  const result = new (first.constructor as Float32ArrayConstructor)(total);
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}

function shardsError(problem: string): SaenoError {
  return new SaenoError("safetensors.shards", `${problem}.`, { kind: "data" });
}
