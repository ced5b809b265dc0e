import { createRandom, type Random } from "@saeno/backend";
import { encodeSafetensors, memoryBytes, openSafetensors, openTensor, parseSafetensors } from "@saeno/datasets";
import { expectSame } from "../independent/plain-npy.ts";
import { plainSafetensors } from "../independent/plain-safetensors.ts";
import { joined } from "../mutations/mutate-bytes.ts";
import { mutateJson } from "../mutations/mutate-json.ts";
import { expectThat, pick } from "../target.ts";
import { attempt, bytesTarget, type StructuredBytes } from "./bytes-target.ts";

const file = "input.safetensors";

export function safetensorsCorpus(): readonly Uint8Array[] {
  const random = createRandom(3);
  const values = (count: number) => random.normals(count);
  const whole = (count: number) => Int32Array.from({ length: count }, () => random.integer(100));
  return [
    encodeSafetensors({ weight: { shape: [3, 4], values: values(12) } }),
    encodeSafetensors(
      { a: { shape: [2, 3], values: values(6) }, b: { dtype: "F64", shape: [2], values: values(2) } },
      { format: "pt", axes: "sample,x" },
    ),
    encodeSafetensors({
      half: { dtype: "F16", shape: [4], values: values(4) },
      brain: { dtype: "BF16", shape: [2, 1], values: values(2) },
    }),
    encodeSafetensors({
      long: { dtype: "I64", shape: [2], values: whole(2) },
      int: { dtype: "I32", shape: [], values: whole(1) },
      byte: { dtype: "U8", shape: [3, 1], values: whole(3) },
    }),
    encodeSafetensors({
      complex: { dtype: "C64", shape: [2, 2], values: values(4) },
      none: { shape: [0, 4], values: [] },
    }),
    encodeSafetensors({}, { only: "metadata" }),
  ];
}

/** The JSON of a file damaged, its values left as they are. */
export function damagedHeader(bytes: Uint8Array, random: Random, others: readonly Uint8Array[]): StructuredBytes {
  const length = (of: Uint8Array) => Number(new DataView(of.buffer, of.byteOffset).getBigUint64(0, true));
  const headerOf = (of: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(of.subarray(8, 8 + length(of))));
  const { text, changes, broken } = mutateJson(headerOf(bytes), random, others.map(headerOf));
  const header = new TextEncoder().encode(text);
  const start = new Uint8Array(8);
  new DataView(start.buffer).setBigUint64(0, BigInt(header.length), true);
  return { bytes: joined(start, header, bytes.subarray(8 + length(bytes))), changes, broken };
}

export const safetensors = bytesTarget({
  name: "safetensors",
  summary: "parseSafetensors, openSafetensors, openTensor",
  share: 14,
  file,
  corpus: async () => safetensorsCorpus(),
  structured: (random, corpus) => damagedHeader(pick(corpus, random), random, corpus),
  async read(bytes) {
    const parsed = await attempt(() => parseSafetensors(bytes, file));
    const source = memoryBytes(bytes, file);
    const { tensors } = await openSafetensors(source);
    expectThat("value" in parsed, "parseSafetensors refuses what openSafetensors reads");
    const plain = plainSafetensors(bytes);
    expectSame([tensors.size, parsed.value.tensors.size], [plain.size, plain.size], "how many tensors it has");
    for (const [name, { dtype, shape, values }] of plain) {
      const found = tensors.get(name);
      expectThat(found !== undefined && found.dtype === dtype, `"${name}" is not read, or as another type`);
      expectSame(found.shape, shape, `the shape of "${name}"`);
      if (values === undefined) continue;
      expectSame(await found.read(), values, `the values of "${name}"`);
      expectSame(parsed.value.tensors.get(name)?.values ?? [], values, `the parsed values of "${name}"`);
    }
    const first = [...plain].find(([, { dtype, values }]) => values !== undefined && dtype !== "C64")?.[0];
    if (first === undefined) return;
    const array = await openTensor(source, first);
    expectSame(
      await array.read(
        array.shape.map(() => 0),
        array.shape,
      ),
      plain.get(first)?.values ?? [],
      `"${first}" as an array`,
    );
  },
});
