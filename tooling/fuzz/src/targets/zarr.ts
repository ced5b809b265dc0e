import { deflateSync, gzipSync } from "node:zlib";
import { createRandom } from "@saeno/backend";
import { openZarr, type ZarrStore } from "@saeno/datasets";
import * as zarrita from "zarrita";
import { expectSame } from "../independent/plain-npy.ts";
import { joined, mutateBytes } from "../mutations/mutate-bytes.ts";
import { mutateJson } from "../mutations/mutate-json.ts";
import { expectThat, type FuzzTarget, pick } from "../target.ts";

const name = "input.zarr";
const [shape, chunks] = [
  [5, 4],
  [3, 4],
];
const values = Float32Array.from(createRandom(11).normals(20));

type Files = ReadonlyMap<string, Uint8Array>;

interface Store {
  readonly files: Files;
  /** Whether its chunks have checksums, which leave nothing damaged. */
  readonly isChecked: boolean;
}

export const zarr: FuzzTarget = {
  name: "zarr",
  summary: "openZarr of stores of version 2 and 3, and boxes",
  share: 3,
  // A chunk may take 128 MB unpacked.
  arrayMb: 128,
  async prepare() {
    const plain = (bytes: Uint8Array) => bytes;
    const gzipped = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
    const corpus = [
      oldStore(null, plain),
      oldStore({ id: "gzip", level: 5 }, gzipped),
      oldStore({ id: "zlib", level: 5 }, (bytes) => new Uint8Array(deflateSync(bytes))),
      newStore([], false, plain),
      newStore([{ name: "gzip", configuration: { level: 5 } }], true, gzipped),
      newStore([{ name: "crc32c", configuration: {} }], true, withChecksum),
    ];
    const documents = corpus.flatMap(({ files }) =>
      [...files].filter(([key]) => isJson(key)).map(([, bytes]) => parsed(bytes)),
    );
    const pieces = corpus.flatMap(({ files }) => [...files.values()]);
    const input = (files: Files, changes: readonly string[], expected?: Float32Array, broken?: string) => ({
      files: Object.fromEntries(files),
      changes,
      names: [name],
      broken,
      read: () => read(files, expected),
    });
    return {
      whole: corpus.map(({ files }) => input(files, [], values)),
      damaged(random) {
        const { files, isChecked } = pick(corpus, random);
        const key = pick([...files.keys()], random);
        const bytes = files.get(key) ?? new Uint8Array(0);
        if (isJson(key) && random.integer(4) > 0) {
          const { text, changes, broken } = mutateJson(parsed(bytes), random, documents);
          return input(
            new Map([...files, [key, new TextEncoder().encode(text)]]),
            [`of ${key}:`, ...changes],
            undefined,
            broken,
          );
        }
        const { bytes: damaged, changes } = mutateBytes(bytes, random, pieces);
        const isExact = isChecked && !isJson(key);
        return input(new Map([...files, [key, damaged]]), [`of ${key}:`, ...changes], isExact ? values : undefined);
      },
    };
  },
};

async function read(files: Files, expected: Float32Array | undefined): Promise<void> {
  const source = await openZarr(zarrita, memoryStore(files), "a");
  const count = source.shape.reduce((product, size) => product * size, 1);
  expectThat(Number.isSafeInteger(count) && count >= 0, `its shape is ${source.shape.join(" x ")}`);
  // Of large ones, a corner.
  const to = count > 10_000 ? source.shape.map((size) => Math.min(size, 2)) : source.shape;
  const found = await source.read(
    source.shape.map(() => 0),
    to,
  );
  expectThat(
    found.length === to.reduce((product, size) => product * size, 1),
    `${found.length} numbers of a box of ${to.join(" x ")}`,
  );
  if (expected !== undefined) expectSame(found, expected, "its values");
}

function memoryStore(files: Files): ZarrStore {
  return {
    name,
    async get(key, { range }) {
      const bytes = files.get(key);
      if (bytes === undefined || range === undefined) return bytes;
      if ("suffixLength" in range) return bytes.subarray(Math.max(0, bytes.length - range.suffixLength));
      return bytes.subarray(range.offset, range.offset + range.length);
    },
  };
}

/** Version 2. */
function oldStore(compressor: object | null, pack: (bytes: Uint8Array) => Uint8Array): Store {
  const metadata = {
    zarr_format: 2,
    shape,
    chunks,
    dtype: "<f4",
    compressor,
    fill_value: 0,
    order: "C",
    filters: null,
  };
  const attributes = { _ARRAY_DIMENSIONS: ["sample", "x"], scale_factor: 1, add_offset: 0 };
  return {
    files: new Map([
      ["a/.zarray", json(metadata)],
      ["a/.zattrs", json(attributes)],
      ...packed((i) => `a/${i}.0`, pack),
    ]),
    isChecked: compressor !== null,
  };
}

/** Version 3. */
function newStore(codecs: readonly object[], isChecked: boolean, pack: (bytes: Uint8Array) => Uint8Array): Store {
  const metadata = {
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: "float32",
    chunk_grid: { name: "regular", configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: 0,
    codecs: [{ name: "bytes", configuration: { endian: "little" } }, ...codecs],
    dimension_names: ["sample", "x"],
    attributes: { scale_factor: 1 },
  };
  return {
    files: new Map([["a/zarr.json", json(metadata)], ...packed((i) => `a/c/${i}/0`, pack)]),
    isChecked,
  };
}

function json(document: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}

/** The two chunks, the second of which is half empty. */
function packed(keyOf: (i: number) => string, pack: (bytes: Uint8Array) => Uint8Array): [string, Uint8Array][] {
  return [0, 12].map((begin, i) => {
    const chunk = new Float32Array(12);
    chunk.set(values.subarray(begin, begin + 12));
    return [keyOf(i), pack(new Uint8Array(chunk.buffer))];
  });
}

/** With its CRC-32C after it. */
function withChecksum(bytes: Uint8Array): Uint8Array {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  const end = new DataView(new ArrayBuffer(4));
  end.setUint32(0, ~crc >>> 0, true);
  return joined(bytes, new Uint8Array(end.buffer));
}

function isJson(key: string): boolean {
  return /(^|\/)(zarr\.json|\.z\w+)$/.test(key);
}

function parsed(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
