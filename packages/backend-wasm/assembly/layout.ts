/**
 * What the kernels and the TypeScript that calls them have to agree on, in one place: both import this file.
 * It is AssemblyScript and TypeScript at once, so it holds integers and nothing else.
 */

// The control block of a call (parallel.ts, src/runtime/thread-pool.ts). It starts with the operation's arguments, 32-bit words.
// These are byte offsets into it; words that threads wait on have a cache line to themselves.
export const BLOCK_BYTES = 4096;
/** Sixteen counters, one cache line each. */
export const COUNTERS = 2048;
/** Which barrier is next; the number of threads that have arrived is a cache line further on. */
export const BARRIER = 3072;
export const ARRIVED = 3136;
/** What the threads report: the bits FOUND_NAN and FAILED. */
export const STATUS = 3200;
/**
 * Who takes part in a call: workers at work (eight bits), workers that have joined (eight bits), which call it is (fourteen bits), and
 * CLOSED once no more may join.
 */
export const MEMBERS = 3264;
/** Changes with every call; idle workers wait on it. */
export const TURN = 3328;
/** Not 0 where the caller is the main thread of a page, which must not sleep. */
export const AWAKE = 3392;
/** What to run: kernel, threads, address of the scratch memory, bytes of it per thread. */
export const CALL = 3456;

export const CLOSED = 0x40000000;

/** Status: a NaN among values to select from. */
export const FOUND_NAN = 1;
/** Status: bounds that leave too much, or none (screened-encode.ts). */
export const UNBOUNDED = 2;
/** Status: a worker trapped. */
export const FAILED = 0x40000000;

/** Floats that may be read beyond the end of a padded sample (padding.ts). */
export const SLACK = 64;

/** Rows of a left panel and columns of a right one (tiles.ts). Six by two vectors: what fits sixteen registers with a product in flight. */
export const PANEL_ROWS = 6;
export const PANEL_COLUMNS = 8;
/** Right panels that wide kernels take at a time (wide.ts). */
export const GROUP_PANELS = 3;
/** Bytes of a tile of one left panel and of a group of right ones: 4 * PANEL_ROWS * PANEL_COLUMNS * GROUP_PANELS. */
export const TILE_BYTES = 576;

/** Entries that are summed before their sum is added to others (elementwise.ts). */
export const SUM_CHUNK = 16384;

/** Columns that lists of weighted rows are summed over at a time (unrolled-gradient.ts). */
export const LIST_COLUMNS = 32;
