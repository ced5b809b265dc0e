import { createRandom, type Random } from "@saeno/backend";
import { parseIdx } from "@saeno/datasets";
import { expectSame } from "../independent/plain-npy.ts";
import { joined, mutateBytes } from "../mutations/mutate-bytes.ts";
import { oddNumbers } from "../mutations/odd-values.ts";
import { expectThat, pick } from "../target.ts";
import { attempt, bytesTarget, type StructuredBytes } from "./bytes-target.ts";

const file = "images-idx3-ubyte";

export function idxFile(shape: readonly number[], values: Uint8Array, type = 8): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  view.setUint8(2, type);
  view.setUint8(3, shape.length);
  for (const [axis, size] of shape.entries()) view.setUint32(4 + 4 * axis, size);
  return joined(new Uint8Array(view.buffer), values);
}

export function idxCorpus(): readonly Uint8Array[] {
  const random = createRandom(4);
  const values = (count: number) => Uint8Array.from({ length: count }, () => random.integer(256));
  return [idxFile([3, 4, 5], values(60)), idxFile([2, 8, 8], values(128)), idxFile([7], values(7))];
}

function damagedIdx(random: Random): StructuredBytes {
  const shape = Array.from({ length: pick([3, 3, 1, 2, 4, 200], random) }, () =>
    pick([0, 1, 2, 3, ...oddNumbers], random),
  );
  const values = new Uint8Array(pick([0, 1, 6, 60], random));
  const bytes = idxFile(shape, values, pick([8, 8, 8, 9, 13, 14, 255], random));
  return random.integer(3) > 0 ? { bytes, changes: [`the shape ${shape.join(" x ")}`] } : mutateBytes(bytes, random);
}

export const idx = bytesTarget({
  name: "idx",
  summary: "parseIdx",
  share: 8,
  file,
  corpus: async () => idxCorpus(),
  structured: damagedIdx,
  async read(bytes) {
    const results = [await attempt(() => parseIdx(bytes, file, 3)), await attempt(() => parseIdx(bytes, file, 1))];
    const [images, labels] = results;
    expectThat("error" in images || "error" in labels, "it is both images and labels");
    const found = results.find((result) => "value" in result);
    if (found === undefined || !("value" in found)) throw "error" in images ? images.error : undefined;
    const { shape, values } = found.value;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const said = Array.from({ length: bytes[3] }, (_, axis) => view.getUint32(4 + 4 * axis));
    expectThat(said.join() === shape.join(), `its shape is ${said.join(" x ")}, read as ${shape.join(" x ")}`);
    expectThat(
      shape.every((size) => size > 0),
      `it has no values: ${shape.join(" x ")}`,
    );
    const plain = plainIdx(bytes, 4 + 4 * said.length);
    expectThat(said.reduce((product, size) => product * size, 1) === plain.length, "its values do not fill it");
    expectSame(values, plain, "its values");
  },
});

/** The numbers of an IDX file from a place on, big-endian, by the type in its third byte. */
export function plainIdx(bytes: Uint8Array, from: number): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, bytes.byteLength - from);
  const [width, read] = types.get(bytes[2]) ?? [1, () => Number.NaN];
  expectThat(view.byteLength % width === 0, "its values do not fill it");
  return Float64Array.from({ length: view.byteLength / width }, (_, i) => read(view, i * width));
}

const types: ReadonlyMap<number, [width: number, read: (view: DataView, at: number) => number]> = new Map([
  [8, [1, (view, at) => view.getUint8(at)]],
  [9, [1, (view, at) => view.getInt8(at)]],
  [11, [2, (view, at) => view.getInt16(at)]],
  [12, [4, (view, at) => view.getInt32(at)]],
  [13, [4, (view, at) => view.getFloat32(at)]],
  [14, [8, (view, at) => view.getFloat64(at)]],
]);
