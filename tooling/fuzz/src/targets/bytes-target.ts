import type { Random } from "@saeno/backend";
import { type MutatedBytes, mutateBytes } from "../mutations/mutate-bytes.ts";
import type { FuzzInput, FuzzTarget } from "../target.ts";
import { pick } from "../target.ts";

/** A damaged file that was made with knowledge of its format. */
export interface StructuredBytes extends Pick<MutatedBytes, "bytes" | "changes"> {
  readonly broken?: string | undefined;
}

export interface BytesTarget extends Pick<FuzzTarget, "name" | "summary" | "share"> {
  /** What errors have to call it. */
  readonly file: string;
  /** Small whole files. */
  corpus(): Promise<readonly Uint8Array[]>;
  /** Damage that knows the format, for half of the inputs. */
  structured?(random: Random, corpus: readonly Uint8Array[]): StructuredBytes;
  /** Whether a file without its end can be a whole one. Default false. */
  readonly mayBeCut?: boolean;
  /** Reads it, and compares. */
  read(bytes: Uint8Array, corpus: readonly Uint8Array[]): Promise<void>;
}

/** A target whose inputs are one file each. */
export function bytesTarget(given: BytesTarget): FuzzTarget {
  const { name, summary, share, file, structured, mayBeCut = false } = given;
  return {
    name,
    summary,
    share,
    async prepare() {
      const corpus = await given.corpus();
      const input = ({ bytes, changes, broken }: StructuredBytes): FuzzInput => ({
        files: { [file]: bytes },
        changes,
        names: [file],
        broken,
        read: () => given.read(bytes, corpus),
      });
      return {
        whole: corpus.map((bytes) => input({ bytes, changes: [] })),
        damaged(random) {
          if (structured !== undefined && random.integer(2) === 0) return input(structured(random, corpus));
          const mutated = mutateBytes(pick(corpus, random), random, corpus);
          return input({ ...mutated, ...(mutated.isCut && !mayBeCut ? { broken: "it is cut off" } : {}) });
        },
      };
    },
  };
}

/** What some work gives, or what it throws. */
export async function attempt<T>(
  work: () => T | Promise<T>,
): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}
