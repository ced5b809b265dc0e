import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { SaenoError } from "./error.ts";

/** A repeatable stream of random numbers. The same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal N(0, 1). */
  normal(): number;
  /** An integer in 0 .. n - 1. */
  integer(n: number): number;
  /** The numbers 0 .. n - 1 in random order. */
  permutation(n: number): Int32Array;
  /**
   * `size` standard normal values.
   *
   * @throws SaenoError `random.size` for more than fit in memory.
   */
  normals(size: number): Float32Array;
  /** An independent stream with a name: drawing from it leaves this one untouched. */
  split(label: string): Random;
}

/**
 * Makes a random stream from a seed (xoroshiro128+; normals by Box-Muller).
 *
 * @throws SaenoError `random.seed` if the seed is not a safe integer (at most 53 bits).
 */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) {
    throw new SaenoError("random.seed", `A seed must be an integer; got ${seed}.`);
  }
  return fromState(mix(seed | 0, Math.floor(seed / 2 ** 32) | 0));
}

/** 8 GB. */
const mostNormals = 2 ** 31;

function fromState(seed: number): Random {
  const generator: RandomGenerator = xoroshiro128plus(seed);
  // The first outputs of nearby seeds resemble each other.
  for (let i = 0; i < 16; i++) generator.next();
  let spare: number | undefined;

  function uniform(): number {
    const high = generator.next() >>> 5;
    const low = generator.next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  function normal(): number {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  function integer(n: number): number {
    return Math.floor(uniform() * n);
  }

  return {
    uniform,
    normal,
    integer,
    permutation(n) {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1);
        const swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
      }
      return order;
    },
    normals(size) {
      if (!(size <= mostNormals)) {
        const problem = `${size} random numbers are more than memory holds: lower the sizes, such as concepts, channels or modes.`;
        throw new SaenoError("random.size", problem);
      }
      const values = new Float32Array(size);
      for (let i = 0; i < size; i++) values[i] = normal();
      return values;
    },
    split(label) {
      let hash = mix(seed, label.length);
      for (let i = 0; i < label.length; i++) hash = mix(hash, label.charCodeAt(i));
      return fromState(hash);
    },
  };
}

/** A 32-bit hash of two numbers (the finalizer of MurmurHash3). */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ b;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
