/** Which entries of a row of codes are not zero, a bit each in the memory of a workgroup, so that nothing is read for those that are. */

/** Entries of a row at most: 8 KiB for two sets of bits. */
export const mostEntries = 32_768;

/** Declarations: two sets of bits (which: 0 or 1) for rows of `entries`. Barriers are the caller's. */
export function activeSets(entries: number): string {
  return /* wgsl */ `
const WORDS = ${Math.ceil(entries / 32)}u;
var<workgroup> sets: array<atomic<u32>, ${2 * Math.ceil(entries / 32)}>;
fn clearSet(lane: u32, which: u32) {
  for (var word = lane; word < WORDS; word += 256u) { atomicStore(&sets[which * WORDS + word], 0u); }
}
fn setActive(which: u32, i: u32) { atomicOr(&sets[which * WORDS + i / 32u], 1u << (i % 32u)); }
fn isActive(which: u32, i: u32) -> bool {
  return ((atomicLoad(&sets[which * WORDS + i / 32u]) >> (i % 32u)) & 1u) == 1u;
}
// The next up to four entries of a set, in order, from a place in it on.
struct Walk { word: u32, bits: u32 }
struct Four { entries: vec4u, count: u32 }
fn startWalk(which: u32) -> Walk { return Walk(0u, atomicLoad(&sets[which * WORDS])); }
fn nextFour(walk: ptr<function, Walk>, which: u32) -> Four {
  var four = Four(vec4u(), 0u);
  while (four.count < 4u) {
    if ((*walk).bits == 0u) {
      (*walk).word += 1u;
      if ((*walk).word >= WORDS) { break; }
      (*walk).bits = atomicLoad(&sets[which * WORDS + (*walk).word]);
    } else {
      four.entries[four.count] = (*walk).word * 32u + firstTrailingBit((*walk).bits);
      (*walk).bits &= (*walk).bits - 1u;
      four.count += 1u;
    }
  }
  return four;
}
// Of the next sixteen, that of the sixteen lanes that this one belongs to; 0 where there are fewer.
fn entryOfSixteen(walk: ptr<function, Walk>, which: u32, lane: u32) -> u32 {
  var entry = 0u;
  for (var q = 0u; q < 4u; q++) {
    let four = nextFour(walk, which);
    if (lane / 64u == q) { entry = four.entries[lane / 16u % 4u]; }
  }
  return entry;
}`;
}

/**
 * Code for each active entry `j` of a set, in order, and its `weight`: all lanes do `add` for the same entries, four at a time, so that what they
 * read is on its way together.
 */
export function overActive(which: string, weight: string, add: string): string {
  return /* wgsl */ `
  {
    var walk = startWalk(${which});
    loop {
      let four = nextFour(&walk, ${which});
      if (four.count == 0u) { break; }
      for (var q = 0u; q < 4u; q++) {
        let j = four.entries[q];
        let weight = select(0.0, ${weight}, q < four.count);
        ${add}
      }
      if (four.count < 4u) { break; }
    }
  }`;
}
