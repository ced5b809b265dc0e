import { createRandom, type Random } from "@saeno/backend";
import { memoryBytes, openNpz } from "@saeno/datasets";
import { type PlainArray, plainNpy } from "../independent/plain-npy.ts";
import { type ZipMember, zipFile } from "../independent/zip.ts";
import { mutateBytes } from "../mutations/mutate-bytes.ts";
import { oddKeys, oddNumbers } from "../mutations/odd-values.ts";
import { expectThat, Fault, type FuzzTarget, pick } from "../target.ts";
import { damagedNpy, npyCorpus } from "./npy.ts";

const file = "input.npz";
const wanted = "train";

/** An archive, and what an array of it may be read as. */
interface Archive {
  readonly bytes: Uint8Array;
  readonly changes: readonly string[];
  readonly broken?: string;
}

export const npz: FuzzTarget = {
  name: "npz",
  summary: "openNpz, whose checksums leave nothing damaged",
  share: 6,
  async prepare() {
    const random = createRandom(2);
    const contents = npyCorpus();
    const known = contents.map(plainNpy);
    const members = contents.map((content, i) => ({
      name: i % 2 === 0 ? wanted : "other",
      content,
      isDeflated: i % 3 !== 0,
    }));
    const corpus = [0, 2, 4, 6, 8].flatMap((i) => [
      zipFile([{ name: `${wanted}.npy`, content: members[i].content, isDeflated: members[i].isDeflated }]),
      zipFile(
        [members[i], members[i + 1]].map(({ name, ...rest }) => ({ ...rest, name: `${name}.npy` })),
        random.integer(2) === 0 ? { comment: "a comment" } : {},
      ),
    ]);
    const input = ({ bytes, changes, broken }: Archive, contentsOf: readonly PlainArray[]) => ({
      files: { [file]: bytes },
      changes,
      names: [file],
      broken,
      read: () => read(bytes, contentsOf),
    });
    return {
      whole: corpus.map((bytes) => input({ bytes, changes: [] }, known)),
      damaged(random) {
        if (random.integer(2) === 0) {
          const mutated = mutateBytes(pick(corpus, random), random, corpus);
          // Without the end of a comment its arrays are whole.
          return input(mutated, known);
        }
        const { members: made, changes, broken } = damagedMembers(contents, random);
        // What is whole by its own rule may be read, whichever member it is.
        const whole = made.flatMap(({ content }) => plainOrNothing(content));
        return input({ bytes: zipFile(made), changes, ...broken }, whole);
      },
    };
  },
};

async function read(bytes: Uint8Array, known: readonly PlainArray[]): Promise<void> {
  const source = await openNpz(memoryBytes(bytes, file), wanted);
  const values = await source.read(
    source.shape.map(() => 0),
    source.shape,
  );
  const isKnown = known.some(
    (array) =>
      array.shape.join() === source.shape.join() &&
      array.values.every((value, i) => Object.is(value, values[i]) || value === values[i]),
  );
  expectThat(
    isKnown,
    () =>
      `its array [${source.shape.join(", ")}] is none that was put into it: ${Array.from(values).slice(0, 8).join(", ")}`,
  );
}

function plainOrNothing(content: Uint8Array): PlainArray[] {
  try {
    return [plainNpy(content)];
  } catch (error) {
    if (error instanceof Fault || error instanceof RangeError) return [];
    throw error;
  }
}

/** Archives whose checksums are right and whose contents are not, or whose directory lies. */
function damagedMembers(
  contents: readonly Uint8Array[],
  random: Random,
): { members: ZipMember[]; changes: string[]; broken: { broken?: string } } {
  const content = pick(contents, random);
  const isDeflated = random.integer(2) === 0;
  const member = { name: `${wanted}.npy`, content, isDeflated };
  switch (random.integer(6)) {
    case 0: {
      const { bytes, changes } = damagedNpy(random);
      return { members: [{ ...member, content: bytes }], changes: [...changes], broken: {} };
    }
    case 1: {
      const { bytes, changes } = mutateBytes(content, random, contents);
      return { members: [{ ...member, content: bytes }], changes: ["within the archive:", ...changes], broken: {} };
    }
    case 2: {
      const field = pick(["flags", "method", "checksum", "packed", "size", "offset"] as const, random);
      const value = pick(
        [0, 1, 8, 2 ** 16 - 1, 2 ** 31, 2 ** 32 - 1, 60 * 2 ** 20, ...oddNumbers.filter(Number.isSafeInteger)],
        random,
      );
      return {
        members: [{ ...member, lies: { [field]: value } }],
        changes: [`the directory says ${field} ${value}`],
        broken: {},
      };
    }
    case 3:
      return {
        members: [member, { ...member, content: pick(contents, random) }],
        changes: ["a name given twice"],
        broken: { broken: "it holds two arrays of one name" },
      };
    case 4: {
      const names = [...oddKeys, "folder/train", "TRAIN", "train.npy", "../train", "train/"];
      const others = Array.from({ length: random.integer(4) }, () => ({
        ...member,
        name: `${pick(names, random)}.npy`,
      }));
      return {
        members: [...others, ...(random.integer(2) === 0 ? [member] : [])],
        changes: ["members of odd names"],
        broken: {},
      };
    }
    default:
      return {
        members: Array.from({ length: 3 }, (_, i) => ({
          ...member,
          name: i === 0 ? member.name : `${i}.npy`,
          lies: { offset: 0 },
        })),
        changes: ["members that overlap"],
        broken: {},
      };
  }
}
