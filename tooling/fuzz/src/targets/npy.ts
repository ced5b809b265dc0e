import { createRandom, type Random, SaenoError } from "@saeno/backend";
import { functionsOf, memoryBytes, openNpy, parseNpy } from "@saeno/datasets";
import { expectSame, type PlainArray, plainBox, plainNpy } from "../independent/plain-npy.ts";
import { joined, mutateBytes } from "../mutations/mutate-bytes.ts";
import { oddNumbers } from "../mutations/odd-values.ts";
import { expectThat, pick } from "../target.ts";
import { attempt, bytesTarget, type StructuredBytes } from "./bytes-target.ts";

const file = "input.npy";

/** A `.npy` file of any header. */
export function npyFile(header: string, payload: Uint8Array, version = 1): Uint8Array {
  const prefix = version === 1 ? 10 : 12;
  const padded = `${header.padEnd(Math.ceil((header.length + prefix + 1) / 64) * 64 - prefix - 1)}\n`;
  const start = new Uint8Array(prefix);
  start.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(start.buffer);
  if (version === 1) view.setUint16(8, padded.length, true);
  else view.setUint32(8, padded.length, true);
  return joined(start, new TextEncoder().encode(padded), payload);
}

const header = (descr: string, fortran: string, shape: string) =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`;

/** One file of every type and order. */
export function npyCorpus(): readonly Uint8Array[] {
  const random = createRandom(1);
  const floats = (count: number) => new Uint8Array(random.normals(count).buffer);
  const doubles = (count: number) => new Uint8Array(Float64Array.from(random.normals(count)).buffer);
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random.integer(100));
  return [
    npyFile(header("<f4", "False", "3, 4, 2"), floats(24)),
    npyFile(header("<f8", "True", "4, 3"), doubles(12)),
    npyFile(header(">i2", "False", "5,"), bytes(10)),
    npyFile(header("|u1", "True", "2, 3, 2"), bytes(12), 2),
    npyFile(header("<i8", "False", "2, 2"), bytes(32), 3),
    npyFile(header("<f2", "False", "6, 1"), bytes(12)),
    npyFile(header(">f4", "True", "3, 2"), floats(6).reverse()),
    npyFile(header("|b1", "False", "4,"), Uint8Array.of(0, 1, 1, 0)),
    npyFile(header("<u8", "False", ""), bytes(8)),
    npyFile(header("<f4", "False", "0, 3"), new Uint8Array(0)),
  ];
}

/** Headers that lie, with values that fit or do not. */
export function damagedNpy(random: Random): StructuredBytes {
  const descr = pick(
    [
      "<f4",
      ">f4",
      "<f8",
      "|u1",
      "<i4",
      "<i8",
      "=f4",
      "|f4",
      "Xf4",
      "<c8",
      "|O",
      "|S5",
      "<U3",
      "<constructor",
      "<__proto__",
      "<f3",
      "",
      "f4",
      "<M8[s]",
    ],
    random,
  );
  const sizes = Array.from({ length: random.integer(5) }, () => String(pick([2, 3, 1, ...oddNumbers], random)));
  const shape = pick(
    [
      `${sizes.join(", ")}${sizes.length === 1 ? "," : ""}`,
      `${sizes.join(",")}`,
      "2, 3",
      "6,",
      "1, ".repeat(40),
      "9".repeat(400),
    ],
    random,
  );
  const text = pick(
    [
      header(descr, pick(["True", "False", "true", "0", "None"], random), shape),
      header("<f4", "False", shape),
      header(descr, "False", "2, 3"),
      `{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }`,
      `{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}`,
      `{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }`,
      `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}`,
      `{${"'shape': (1, ".repeat(2000)}`,
      `{'descr': '<f4', 'fortran_order': False, 'shape': (${"1, ".repeat(20_000)})}`,
      `{${" ".repeat(50_000)}'descr'${" ".repeat(10_000)}`,
    ],
    random,
  );
  const payload = new Uint8Array(pick([0, 6, 12, 24, 24, 24, 48, 23, 25], random));
  for (let i = 0; i < payload.length; i++) payload[i] = random.integer(256);
  const version = pick([1, 1, 1, 2, 3, 0, 4, 255], random);
  const bytes = text.length > 65_000 && version === 1 ? npyFile(text, payload, 2) : npyFile(text, payload, version);
  const isFine = random.integer(3) > 0;
  const mutated = isFine ? { bytes, changes: [] } : mutateBytes(bytes, random);
  return { bytes: mutated.bytes, changes: [`version ${version}, ${text.slice(0, 200)}`, ...mutated.changes] };
}

export const npy = bytesTarget({
  name: "npy",
  summary: "parseNpy, openNpy, boxes and functions of it",
  share: 14,
  file,
  corpus: async () => npyCorpus(),
  structured: damagedNpy,
  async read(bytes) {
    const parsed = await attempt(() => parseNpy(bytes, file));
    const source = await openNpy(memoryBytes(bytes, file));
    const plain = plainNpy(bytes);
    expectSame(source.shape, plain.shape, "its shape");
    expectSame(
      await source.read(
        plain.shape.map(() => 0),
        plain.shape,
      ),
      plain.values,
      "its values",
    );
    const box = plainBox(plain);
    expectSame(await source.read(box.from, box.to), box.values, "a box of it");
    if ("error" in parsed) {
      const isRange = SaenoError.isInstance(parsed.error) && parsed.error.code === "data.range";
      expectThat(isRange, () => `parseNpy refuses what openNpy reads: ${parsed.error}`);
    } else {
      expectSame(parsed.value.shape, plain.shape, "its parsed shape");
      expectSame(parsed.value.values, Float32Array.from(plain.values), "its parsed values");
    }
    await readFunctions(source, plain);
  },
});

/** What trains on it gets finite numbers, those of the file. */
async function readFunctions(source: Awaited<ReturnType<typeof openNpy>>, plain: PlainArray): Promise<void> {
  const { length } = plain.shape;
  if (length < 2 || length > 4 || plain.values.length === 0) return;
  const dataset = await functionsOf(source, { layout: "no-channels" });
  const found = await dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i));
  expectThat(found.every(Number.isFinite), "functions of it are not finite");
  expectSame(found, Float32Array.from(plain.values), "functions of it");
}
