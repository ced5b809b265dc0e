import { gunzipSync, gzipSync, inflateRawSync } from "node:zlib";
import { createRandom } from "@saeno/backend";
import { readBytes } from "@saeno/datasets/node";
import { joined, mutateBytes } from "../mutations/mutate-bytes.ts";
import { expectThat, type FuzzTarget, pick } from "../target.ts";
import { scratchFolder } from "./scratch-folder.ts";

const file = "input.gz";

export const gzip: FuzzTarget = {
  name: "gzip",
  summary: "readBytes, whose checksums leave nothing damaged",
  share: 3,
  async prepare() {
    const folder = scratchFolder();
    const random = createRandom(5);
    const contents = [0, 10, 300, 4000].map((length) => Uint8Array.from({ length }, () => random.integer(32)));
    const members: readonly Uint8Array[] = contents.map((content) => new Uint8Array(gzipSync(content)));
    const corpus: readonly Uint8Array[] = [
      ...members,
      joined(members[1], members[2]),
      joined(members[2], new Uint8Array(32)),
    ];
    const input = (bytes: Uint8Array, changes: readonly string[], broken?: string) => ({
      files: { [file]: bytes },
      changes,
      names: [file],
      broken,
      async read() {
        const found = await readBytes(folder.write(file, bytes));
        const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
        const expected = isGzip ? plainGunzip(bytes) : bytes;
        expectThat(
          Buffer.compare(found, expected) === 0,
          `${found.length} bytes were read that are not those that were packed`,
        );
      },
    });
    return {
      whole: corpus.map((bytes) => input(bytes, [])),
      damaged(random) {
        const chosen = pick(corpus, random);
        const { bytes, changes, isCut } = mutateBytes(chosen, random, corpus);
        // Between two members a file may end, and one of two bytes is not a gzip file.
        const isBroken = isCut && bytes.length >= 2 && chosen.length < 400 && members.includes(chosen);
        return input(bytes, changes, isBroken ? "it is cut off" : undefined);
      },
      close: folder.close,
    };
  },
};

/** Member by member, with nothing between or after them but zeros. */
function plainGunzip(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const rest = bytes.subarray(at);
    if (rest.every((byte) => byte === 0)) break;
    expectThat(rest[0] === 0x1f && rest[1] === 0x8b, `what follows its byte ${at} is not a gzip file`);
    const { info, buffer } = inflated(rest);
    // Checks the checksum.
    const length = info + 8;
    parts.push(gunzipSync(rest.subarray(0, length)));
    expectThat(parts.at(-1)?.length === buffer.length, "its member is cut off");
    at += length;
  }
  return joined(...parts);
}

/** The bytes before the checksum of a member, and what it holds. */
function inflated(bytes: Uint8Array): { info: number; buffer: Uint8Array } {
  const flags = bytes[3];
  let begin = 10;
  if (flags & 4) begin += 2 + bytes[begin] + 256 * bytes[begin + 1];
  for (const flag of [8, 16]) if (flags & flag) begin = bytes.indexOf(0, begin) + 1;
  if (flags & 2) begin += 2;
  const options = { info: true } as Parameters<typeof inflateRawSync>[1];
  const result: unknown = inflateRawSync(bytes.subarray(begin), options);
  const { engine, buffer } = result as { engine: { bytesWritten: number }; buffer: Uint8Array };
  return { info: begin + engine.bytesWritten, buffer };
}
