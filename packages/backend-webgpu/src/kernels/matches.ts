/** Sums over all choices of one concept: a workgroup looks through the choices 1024 at a time, and all its threads take those that are found. */

/** Entries that a workgroup of {@link overMatches} makes, four for each thread. */
export const entriesOfGroup = 1024;

/** A declaration for {@link overMatches}: `condition` says whether the choice `j` is of the `wanted` concept. */
export function findMatchesBy(condition: string): string {
  return /* wgsl */ `
var<workgroup> matches: array<atomic<u32>, 32>;
var<workgroup> matching: atomic<u32>;
// Which of the 1024 choices from first_ on are of the concept, a bit for each; which words of these bits are not zero.
fn findMatches(lane: u32, first_: u32, wanted: i32) -> u32 {
  workgroupBarrier();
  if (lane < 32u) { atomicStore(&matches[lane], 0u); }
  if (lane == 32u) { atomicStore(&matching, 0u); }
  workgroupBarrier();
  for (var at = lane; at < 1024u; at += 256u) {
    let j = first_ + at;
    if (j < u.choices && (${condition})) {
      atomicOr(&matches[at / 32u], 1u << (at % 32u));
      atomicOr(&matching, 1u << (at / 32u));
    }
  }
  workgroupBarrier();
  return atomicLoad(&matching);
}`;
}

/** Choices of concepts. */
export const findMatches: string = findMatchesBy("concepts[j] == wanted");

/**
 * For `u.tiles` groups a concept and `u.size` entries: `add` adds to `sums[r]` for each choice `j`, in their order, and the entry `i`;
 * `write` writes `sums[r]` to the place `at`.
 */
export function overMatches(add: string, write: string): string {
  return /* wgsl */ `
  let row = group / u.tiles;
  let start = group % u.tiles * ${entriesOfGroup}u + lane;
  for (var first_ = 0u; first_ < u.choices; first_ += 1024u) {
    var words = findMatches(lane, first_, i32(row));
    while (words != 0u) {
      let word = firstTrailingBit(words);
      words &= words - 1u;
      var bits = atomicLoad(&matches[word]);
      while (bits != 0u) {
        let j = first_ + word * 32u + firstTrailingBit(bits);
        bits &= bits - 1u;
        for (var r = 0u; r < 4u; r++) {
          let i = start + 256u * r;
          if (i < u.size) { ${add} }
        }
      }
    }
  }
  for (var r = 0u; r < 4u; r++) {
    let i = start + 256u * r;
    if (i < u.size) {
      let at = row * u.size + i;
      ${write}
    }
  }`;
}
