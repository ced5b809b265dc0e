import { gzipSync } from "node:zlib";
import { createRandom, register } from "@saeno/backend";
import { openDataset } from "@saeno/datasets";
import { nodeDatasetComponents } from "@saeno/datasets/node";
import { expectSame } from "../independent/plain-npy.ts";
import { mutateBytes } from "../mutations/mutate-bytes.ts";
import { expectThat, type FuzzTarget, pick } from "../target.ts";
import { idxFile, plainIdx } from "./idx.ts";
import { scratchFolder } from "./scratch-folder.ts";

const quiet = { say() {}, progress: () => ({ update() {}, stop() {} }) };

export const mnist: FuzzTarget = {
  name: "mnist",
  summary: "mnist:FOLDER",
  share: 2,
  async prepare() {
    register(...nodeDatasetComponents);
    const folder = scratchFolder();
    const random = createRandom(6);
    const values = (count: number) => Uint8Array.from({ length: count }, () => random.integer(256));
    const corpus = [idxFile([6, 4, 4], values(96)), idxFile([5, 3, 7], values(105))];
    const packed = corpus.map((bytes) => new Uint8Array(gzipSync(bytes)));
    const input = (bytes: Uint8Array, changes: readonly string[], isPacked: boolean, broken?: string) => {
      const file = `train-images-idx3-ubyte${isPacked ? ".gz" : ""}`;
      return {
        files: { [`digits/${file}`]: bytes },
        changes,
        names: ["digits"],
        broken,
        async read() {
          folder.remove("digits");
          folder.write(`digits/${file}`, bytes);
          const { all } = await openDataset(
            { kind: "mnist", directory: `${folder.path}/digits` },
            { seed: 0, reporter: quiet },
          );
          const found = await all.read(Int32Array.from({ length: all.size }, (_, i) => i));
          await all.close?.();
          // Of packed ones the checksum holds.
          if (isPacked) {
            const isWhole = corpus.some((each) => found.every((value, i) => value === Math.fround(each[16 + i] / 255)));
            expectThat(isWhole, "its digits are not those that were packed");
          } else {
            const scale = bytes[2] === 8 ? 255 : 1;
            expectSame(
              found,
              Float32Array.from(plainIdx(bytes, 16), (value) => value / scale),
              "its digits",
            );
          }
        },
      };
    };
    return {
      whole: [...corpus.map((bytes) => input(bytes, [], false)), ...packed.map((bytes) => input(bytes, [], true))],
      damaged(random) {
        const isPacked = random.integer(2) === 0;
        const files = isPacked ? packed : corpus;
        const { bytes, changes, isCut } = mutateBytes(pick(files, random), random, files);
        return input(bytes, changes, isPacked, isCut ? "it is cut off" : undefined);
      },
      close: folder.close,
    };
  },
};
