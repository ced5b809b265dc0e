/** A second reading of safetensors files: what an accepted file must agree with. */
import { parseJson } from "@saeno/backend";
import { expectThat } from "../target.ts";

interface PlainTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Of the types that are compared. */
  readonly values?: readonly number[];
}

const readers: Readonly<Record<string, [width: number, read: (view: DataView, at: number) => number]>> = {
  F64: [8, (view, at) => view.getFloat64(at, true)],
  F32: [4, (view, at) => view.getFloat32(at, true)],
  C64: [4, (view, at) => view.getFloat32(at, true)],
  I64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  I32: [4, (view, at) => view.getInt32(at, true)],
  I16: [2, (view, at) => view.getInt16(at, true)],
  U8: [1, (view, at) => view.getUint8(at)],
  BOOL: [1, (view, at) => view.getUint8(at)],
};

/** @throws Fault where the bytes are no such file. */
export function plainSafetensors(bytes: Uint8Array): ReadonlyMap<string, PlainTensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begin = 8 + Number(view.getBigUint64(0, true));
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, begin));
  const header = document(text);
  const tensors = new Map<string, PlainTensor>();
  const spans: [number, number][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: offsets } = Object(entry);
    expectThat(typeof dtype === "string", `"${name}" has no type`);
    const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
    expectThat(Array.isArray(shape) && shape.every(isCount), `the shape of "${name}" is ${JSON.stringify(shape)}`);
    expectThat(Array.isArray(offsets) && offsets.length === 2 && offsets.every(isCount), `"${name}" has no offsets`);
    const [from, to]: number[] = offsets;
    spans.push([from, to]);
    const written: number[] = dtype === "C64" ? [...shape, 2] : shape;
    const count = written.reduce((product, size) => product * size, 1);
    const [width, read] = (Object.hasOwn(readers, dtype) ? readers[dtype] : undefined) ?? [];
    if (width === undefined || read === undefined) {
      tensors.set(name, { dtype, shape: written });
      continue;
    }
    expectThat(to - from === width * count, `"${name}" has ${to - from} bytes for ${count} values of ${dtype}`);
    const values = Array.from({ length: count }, (_, i) => read(view, begin + from + i * width));
    tensors.set(name, { dtype, shape: written, values });
  }
  spans.sort(([a, b], [c, d]) => a - c || b - d);
  let end = 0;
  for (const [from, to] of spans) {
    expectThat(from === end, "its tensors overlap or leave gaps");
    end = to;
  }
  expectThat(begin + end === bytes.length, "its tensors do not fill it");
  return tensors;
}

function document(text: string): object {
  try {
    return JSON.parse(text);
  } catch {
    // With NaN and the like, as Python writes them: the target of parseJson compares those.
    return Object(parseJson(text, "the header"));
  }
}
