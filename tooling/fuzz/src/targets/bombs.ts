import { gzipSync } from "node:zlib";
import type { Random } from "@saeno/backend";
import { memoryBytes, openNpz, openZarr } from "@saeno/datasets";
import { imageFolder, readBytes } from "@saeno/datasets/node";
import sharp from "sharp";
import * as zarrita from "zarrita";
import { zipFile } from "../independent/zip.ts";
import { joined } from "../mutations/mutate-bytes.ts";
import { type FuzzInput, type FuzzTarget, pick } from "../target.ts";
import { npyFile } from "./npy.ts";
import { scratchFolder } from "./scratch-folder.ts";

/** Small files that unpack to much: whatever becomes of them, memory stays within its bound. */
export const bombs: FuzzTarget = {
  name: "bombs",
  summary: "gzip, npz, Zarr and PNG that unpack to a thousand times their size",
  share: 0.012,
  arrayMb: 342,
  async prepare() {
    const folder = scratchFolder();
    sharp.cache(false);
    const zeros = (megabytes: number) => new Uint8Array(gzipSync(new Uint8Array(megabytes * 2 ** 20)));
    const member = zeros(32);
    const chunk = zeros(70);
    const images = new Map<number, Uint8Array>();
    for (const side of [64, 4000, 9000, 16_000]) {
      const create = { width: side, height: side, channels: 3, background: "gray" } as const;
      const image = sharp({ create, limitInputPixels: false }).toColorspace("b-w");
      images.set(side, new Uint8Array(await image.png().toBuffer()));
    }
    folder.write("images/a.png", images.get(64) ?? new Uint8Array(0));
    const of = (
      name: string,
      bytes: Uint8Array,
      change: string,
      broken: boolean,
      read: () => Promise<unknown>,
    ): FuzzInput => ({
      files: { [name]: bytes },
      changes: [change],
      names: [name],
      ...(broken ? { broken: "it is a trap" } : {}),
      read: async () => void (await read()),
    });
    const kinds: readonly ((random: Random) => FuzzInput)[] = [
      (random) => {
        const parts = pick([1, 3, 40, 100], random);
        const bytes = joined(...Array.from({ length: parts }, () => member));
        const read = () => readBytes(folder.write("input.gz", bytes));
        return of("input.gz", bytes, `unpacks to ${32 * parts} MB`, parts > 2, read);
      },
      (random) => {
        const megabytes = pick([20, 70], random);
        const content = npyFile(
          `{'descr': '<f4', 'fortran_order': False, 'shape': (${megabytes * 2 ** 18},), }`,
          new Uint8Array(megabytes * 2 ** 20),
        );
        const lies = pick([{}, { size: 1000 }, { size: 2 ** 31 }, { size: 2 ** 32 - 1 }], random);
        const bytes = zipFile([{ name: "train.npy", content, isDeflated: true, lies }]);
        const read = () => openNpz(memoryBytes(bytes, "input.npz"), "train");
        const isTrap = megabytes > 64 || "size" in lies;
        return of("input.npz", bytes, `unpacks to ${megabytes} MB, ${JSON.stringify(lies)}`, isTrap, read);
      },
      (random) => {
        const side = pick([...images.keys()].slice(1), random);
        const bytes = images.get(side) ?? new Uint8Array(0);
        const read = async () => {
          folder.write("images/z.png", bytes);
          const options = { directory: `${folder.path}/images`, crop: 16, count: 1, testCount: 1 };
          return (await imageFolder(options)).test.read([0]);
        };
        return { ...of("images/z.png", bytes, `of ${side} x ${side}`, side > 8000, read), names: ["images"] };
      },
      () => {
        const metadata = {
          ...{ zarr_format: 2, shape: [4], chunks: [4], dtype: "<f4", fill_value: 0, order: "C", filters: null },
          compressor: { id: "gzip", level: 5 },
        };
        const store = {
          name: "input.zarr",
          get: async (key: string) =>
            key === ".zarray" ? new TextEncoder().encode(JSON.stringify(metadata)) : key === "0" ? chunk : undefined,
        };
        const read = async () => (await openZarr(zarrita, store)).read([0], [4]);
        return of("input.zarr", chunk, "a chunk of 16 bytes that unpacks to 70 MB", true, read);
      },
    ];
    return { whole: [], damaged: (random) => pick(kinds, random)(random), close: folder.close };
  },
};
