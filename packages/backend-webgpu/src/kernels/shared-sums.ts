/**
 * Sums for each frequency of a spectrum in the memory of a workgroup, as WGSL. Where there are at most half as many frequencies as lanes, and many terms,
 * several lanes share the terms of a sum.
 */

/** Terms that are worth sharing. */
const many = 8;

export interface SharedSums {
  /** Lanes for a sum; part of a program's name. */
  readonly shares: number;
  /** Of the workgroup's memory, for the parts. */
  readonly bytes: number;
  readonly declaration: string;
  /**
   * Writes all sums to `spectrum`, before a barrier: `part` is the sum for the frequency `w` over every `shares`-th term from `share` on.
   */
  sum(part: string): string;
}

export function sharedSums(frequencies: number, terms: number): SharedSums {
  const shares = terms < many ? 1 : Math.max(1, Math.min(terms, Math.floor(256 / frequencies)));
  const from = (share: string, then: string) => `let share = ${share}; let shares = ${shares}u; ${then}`;
  if (shares === 1) {
    return {
      shares,
      bytes: 0,
      declaration: "",
      sum: (part) => `for (var w = lane; w < ${frequencies}u; w += 256u) { ${from("0u", `spectrum[w] = ${part};`)} }`,
    };
  }
  return {
    shares,
    bytes: 8 * frequencies * shares,
    declaration: `\nvar<workgroup> shared_: array<vec2f, ${frequencies * shares}>;`,
    sum: (part) => /* wgsl */ `
  if (lane < ${frequencies * shares}u) {
    let w = lane % ${frequencies}u;
    ${from(`lane / ${frequencies}u`, `shared_[lane] = ${part};`)}
  }
  workgroupBarrier();
  if (lane < ${frequencies}u) {
    var sum = shared_[lane];
    for (var share = 1u; share < ${shares}u; share++) { sum += shared_[share * ${frequencies}u + lane]; }
    spectrum[lane] = sum;
  }`,
  };
}
