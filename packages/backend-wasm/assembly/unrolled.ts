/**
 * Unrolled thresholding with a dense dictionary: z_0 = 0, z_(t+1) = sigma(z_t + a (c - G z_t)), with atoms D [K, n], c = x D^T [B, K]
 * and G = D D^T [K, K].
 */
import { GROUP_PANELS, PANEL_COLUMNS, PANEL_ROWS, TILE_BYTES } from "./layout";
import { address, barrier, float, FOUND_NAN, int, next, report } from "./parallel";
import { fma, loadPart, storePart, zero } from "./simd";
import { leftPanels, multiplyBlock, packLeft, packRight, rightPanels, turnFour } from "./tiles";
import { addFourRows, wide } from "./wide-imports";

/** Panels that one thread packs at a time, and rows that it mirrors at a time: a cache line of columns. */
const packed: i32 = 8;
const mirrored: i32 = 16;

/**
 * G = D D^T and c = x D^T: D is packed once for both, blocks of G above the diagonal are copied from below it.
 * K^2 n + 2 B K n operations; 4 (5 K n + 2 B n + 2 K^2 + B K) bytes.
 *
 * Arguments: D, x, G, c; packed left panels of D and, after them, of x; packed right panels of D; K, n, B; panels of rows and of
 * columns in a block, the latter in whole groups.
 */
export function gramAndCorrelations(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const atoms = address(block, 0);
  const x = address(block, 1);
  const gram = address(block, 2);
  const correlations = address(block, 3);
  const left = address(block, 4);
  const right = address(block, 5);
  const concepts = int(block, 6);
  const depth = int(block, 7);
  const samples = int(block, 8);
  const blockRows = int(block, 9);
  const blockColumns = int(block, 10);
  const panels = leftPanels(concepts);
  const panelsX = leftPanels(samples);
  const panelsB = rightPanels(concepts);
  const leftX = left + ((<usize>panels * depth * PANEL_ROWS) << 2);

  const parts = (panels + packed - 1) / packed;
  const partsX = (panelsX + packed - 1) / packed;
  const partsB = (panelsB + packed - 1) / packed;
  for (let task = next(block, 0); task < parts + partsX + partsB; task = next(block, 0)) {
    let from = task * packed;
    if (task < parts) {
      packLeft(atoms, depth, 1, concepts, depth, from, min(from + packed, panels), left);
    } else if (task < parts + partsX) {
      from = (task - parts) * packed;
      packLeft(x, depth, 1, samples, depth, from, min(from + packed, panelsX), leftX);
    } else {
      from = (task - parts - partsX) * packed;
      packRight(atoms, depth, 1, concepts, depth, from, min(from + packed, panelsB), right);
    }
  }
  barrier(block);

  const down = (panels + blockRows - 1) / blockRows;
  const downX = (panelsX + blockRows - 1) / blockRows;
  const across = (panelsB + blockColumns - 1) / blockColumns;
  for (let task = next(block, 1); task < (down + downX) * across; task = next(block, 1)) {
    const within = task % (down + downX);
    const column = (task / (down + downX)) * blockColumns;
    const lastColumn = min(column + blockColumns, panelsB);
    if (within < down) {
      const row = within * blockRows;
      const lastRow = min(row + blockRows, panels);
      // Tiles above the blocks of the diagonal that `mirror` leaves alone are not needed.
      for (let from = column; from < lastColumn; from += GROUP_PANELS) {
        const begin = max(row, ((from * PANEL_COLUMNS) & -mirrored) / PANEL_ROWS);
        const to = min(from + GROUP_PANELS, lastColumn);
        if (begin < lastRow) multiplyBlock<f32>(left, right, depth, gram, concepts, concepts, concepts, begin, lastRow, from, to, false, scratch);
      }
    } else {
      const row = (within - down) * blockRows;
      const lastRow = min(row + blockRows, panelsX);
      multiplyBlock<f32>(leftX, right, depth, correlations, samples, concepts, concepts, row, lastRow, column, lastColumn, false, scratch);
    }
  }
  barrier(block);

  for (let task = next(block, 2); task * mirrored < concepts; task = next(block, 2)) {
    mirror(gram, concepts, task * mirrored);
  }
}

/** Rows `from` to `from + 16` of a symmetric matrix, right of the diagonal's block, from what is below it. */
function mirror(matrix: usize, size: i32, from: i32): void {
  const stride = <usize>size << 2;
  const width = min(mirrored, size - from);
  let j = from + mirrored;
  for (; j + 4 <= size; j += 4) {
    turnFour(entry(matrix, size, j, from), stride, width, entry(matrix, size, from, j), stride);
  }
  for (; j < size; j++) {
    for (let i = from; i < from + width; i++) {
      store<f32>(entry(matrix, size, i, j), load<f32>(entry(matrix, size, j, i)));
    }
  }
}

// @ts-expect-error: decorator
@inline
function entry(matrix: usize, size: i32, row: i32, column: i32): usize {
  return matrix + ((<usize>row * size + column) << 2);
}

let step: v128 = i32x4.splat(0);
let threshold: v128 = i32x4.splat(0);
/** What is taken from the magnitude of codes. */
let shift: v128 = i32x4.splat(0);
/** The bits of a pre-activation that are compared with the threshold. */
let compared: v128 = i32x4.splat(0);

let concepts: i32 = 0;
let samples: i32 = 0;
let iterations: i32 = 0;
let correlations: usize = 0;
let gram: usize = 0;
let codes: usize = 0;
let trace: usize = 0;
/** Which bits of a step's number say where it is in the trace. */
let traced: i32 = -1;
let zeros: usize = 0;
let sums: usize = 0;
let list: usize = 0;

/**
 * All steps. A sample goes through them alone, 2 s K operations a step for s active codes, whose s rows of G stay in the second-level
 * cache from step to step; while more than a quarter of its codes are active it waits for the others of its group, and those that
 * wait take a step together, a dense product of 2 K^2 operations each. What a sample goes through depends on nothing but itself.
 * Bytes: 4 (B K T + B K) beside what is read of G.
 *
 * Arguments: c, G, step size, codes, trace; B, K, T; threshold, shift; whether one-sided; samples in a group; -1 where all steps are kept in
 * the trace, 1 where two take turns.
 */
export function unrolledSteps(block: usize, thread: i32, threads: i32, scratch: usize): void {
  correlations = address(block, 0);
  gram = address(block, 1);
  step = v128.load32_splat(address(block, 2));
  codes = address(block, 3);
  trace = address(block, 4);
  traced = int(block, 12);
  samples = int(block, 5);
  concepts = int(block, 6);
  iterations = int(block, 7);
  threshold = f32x4.splat(float(block, 8));
  shift = f32x4.splat(float(block, 9));
  compared = int(block, 10) != 0 ? i32x4.splat(-1) : i32x4.splat(i32.MAX_VALUE);
  const group = int(block, 11);
  const row = <usize>((concepts + 3) & ~3) << 2;
  zeros = scratch;
  list = zeros + row;
  const waiting = list + 2 * row;
  const panel = waiting + (<usize>group << 3);
  const spare = panel + <usize>(GROUP_PANELS * PANEL_COLUMNS) * row;
  const left = spare + TILE_BYTES;
  sums = left + <usize>leftPanels(group) * PANEL_ROWS * row;
  memory.fill(zeros, 0, row);

  for (let task = next(block, 0); task * group < samples; task = next(block, 0)) {
    let count = 0;
    for (let b = task * group, end = min(samples, b + group); b < end; b++) {
      count = keep(waiting, count, b, goOn(block, b, 0, 0));
    }
    while (count > 0) {
      multiplyTogether(waiting, count, left, panel, spare);
      let still = 0;
      for (let i = 0; i < count; i++) {
        const b = load<i32>(waiting + (<usize>i << 3));
        const t = load<i32>(waiting + (<usize>i << 3), 4);
        const active = advance(block, b, t, codeRow(b, t), sums + <usize>i * (<usize>concepts << 2));
        still = keep(waiting, still, b, goOn(block, b, t + 1, active));
      }
      count = still;
    }
  }
}

/** Bytes of scratch that unrolledSteps needs. */
export function unrolledScratch(concepts: i32, group: i32): usize {
  const row = <usize>((concepts + 3) & ~3) << 2;
  return (3 + GROUP_PANELS * PANEL_COLUMNS + <usize>leftPanels(group) * PANEL_ROWS + group) * row + (<usize>group << 3) + TILE_BYTES;
}

/** Puts a sample that is not done on the list of those that wait; returns the new length. */
function keep(waiting: usize, count: i32, sample: i32, t: i32): i32 {
  if (t == iterations) return count;
  store<i32>(waiting + (<usize>count << 3), sample);
  store<i32>(waiting + (<usize>count << 3), t, 4);
  return count + 1;
}

// @ts-expect-error: decorator
@inline
function codeRow(sample: i32, t: i32): usize {
  return t == iterations
    ? codes + (<usize>sample * concepts << 2)
    : trace + ((<usize>((t - 1) & traced) * samples + sample) * concepts << 2);
}

/** Takes steps from z_t, whose `active` codes are on the list, while these are few; returns the t it has come to. */
function goOn(block: usize, sample: i32, t: i32, active: i32): i32 {
  while (t < iterations && active << 2 <= concepts) {
    if (t > 0) sumRows(active);
    active = advance(block, sample, t, t > 0 ? codeRow(sample, t) : zeros, t > 0 ? sums : zeros);
    t++;
  }
  return t;
}

/** z_(t+1) = sigma(z_t + a (c - s)), with s = G z_t; lists what is active, value and row of G, and returns how much. */
function advance(block: usize, sample: i32, t: i32, from: usize, product: usize): i32 {
  const c = correlations + (<usize>sample * concepts << 2);
  const to = codeRow(sample, t + 1);
  const rowBytes = <usize>concepts << 2;
  let at = list;
  let nan = zero();
  let i: usize = 0;
  for (const end = <usize>(concepts & ~3) << 2; i < end; i += 16) {
    const u = fma(step, f32x4.sub(v128.load(c + i), v128.load(product + i)), v128.load(from + i));
    nan = v128.or(nan, f32x4.ne(u, u));
    const passed = f32x4.gt(v128.and(u, compared), threshold);
    const z = v128.and(f32x4.sub(u, v128.or(shift, v128.and(u, i32x4.splat(i32.MIN_VALUE)))), passed);
    v128.store(to + i, z);
    if (v128.any_true(passed)) at = listActive(at, to + i, i32x4.bitmask(passed), gram + (i >> 2) * rowBytes, rowBytes);
  }
  const rest = concepts & 3;
  if (rest > 0) {
    const u = fma(step, f32x4.sub(loadPart(c + i, rest), loadPart(product + i, rest)), loadPart(from + i, rest));
    nan = v128.or(nan, f32x4.ne(u, u));
    const passed = f32x4.gt(v128.and(u, compared), threshold);
    const z = v128.and(f32x4.sub(u, v128.or(shift, v128.and(u, i32x4.splat(i32.MIN_VALUE)))), passed);
    storePart(to + i, z, rest);
    at = listActive(at, to + i, i32x4.bitmask(passed) & ((1 << rest) - 1), gram + (i >> 2) * rowBytes, rowBytes);
  }
  if (v128.any_true(nan)) report(block, FOUND_NAN);
  return <i32>((at - list) >> 3);
}

/** The sum of the rows on the list, times their values, to `sums`: rows are read side by side from end to end, as caches expect it. */
function sumRows(count: i32): void {
  if (count == 0) {
    memory.fill(sums, 0, <usize>concepts << 2);
    return;
  }
  // Four at a time, the last ones filled up with what adds nothing.
  const end = list + (<usize>count << 3);
  for (let p = end; ((p - list) & 31) != 0; p += 8) {
    store<f32>(p, 0);
    store<u32>(p, load<u32>(list, 4), 4);
  }
  addRows(list, false);
  for (let at = list + 32; at < end; at += 32) addRows(at, true);
}

/** Four rows to `sums`, or what is there plus them. */
// @ts-expect-error: decorator
@inline
function addRows(at: usize, more: bool): void {
  const v0 = v128.load32_splat(at);
  const v1 = v128.load32_splat(at, 8);
  const v2 = v128.load32_splat(at, 16);
  const v3 = v128.load32_splat(at, 24);
  const a = <usize>load<u32>(at, 4);
  const b = <usize>load<u32>(at, 12);
  const c = <usize>load<u32>(at, 20);
  const d = <usize>load<u32>(at, 28);
  const to = sums;
  let i: usize = wide ? <usize>(concepts & ~15) << 2 : 0;
  if (i > 0) addFourRows(at, to, i, more);
  for (const end = <usize>(concepts & ~7) << 2; i < end; i += 32) {
    let s = more ? v128.load(to + i) : zero();
    let t = more ? v128.load(to + i, 16) : zero();
    s = fma(v1, v128.load(b + i), fma(v0, v128.load(a + i), s));
    t = fma(v1, v128.load(b + i, 16), fma(v0, v128.load(a + i, 16), t));
    v128.store(to + i, fma(v3, v128.load(d + i), fma(v2, v128.load(c + i), s)));
    v128.store(to + i, fma(v3, v128.load(d + i, 16), fma(v2, v128.load(c + i, 16), t)), 16);
  }
  if ((concepts & 4) != 0) {
    const s = fma(v1, v128.load(b + i), fma(v0, v128.load(a + i), more ? v128.load(to + i) : zero()));
    v128.store(to + i, fma(v3, v128.load(d + i), fma(v2, v128.load(c + i), s)));
    i += 16;
  }
  const left = concepts & 3;
  if (left == 0) return;
  const s = fma(v1, loadPart(b + i, left), fma(v0, loadPart(a + i, left), more ? loadPart(to + i, left) : zero()));
  storePart(to + i, fma(v3, loadPart(d + i, left), fma(v2, loadPart(c + i, left), s)), left);
}

/** Appends the values whose bits are set, each with the address of its row. */
// @ts-expect-error: decorator
@inline
function listActive(at: usize, values: usize, bits: i32, rows: usize, rowBytes: usize): usize {
  for (; bits != 0; bits &= bits - 1) {
    const lane = <usize>ctz(bits);
    store<f32>(at, load<f32>(values + (lane << 2)));
    store<u32>(at, <u32>(rows + lane * rowBytes), 4);
    at += 8;
  }
  return at;
}

/** G z_t of all that wait to rows of `sums`: G is packed a group of panels at a time. */
function multiplyTogether(waiting: usize, count: i32, left: usize, panel: usize, spare: usize): void {
  const panels = leftPanels(count);
  memory.fill(left, 0, (<usize>panels * PANEL_ROWS * concepts) << 2);
  for (let i = 0; i < count; i++) {
    let p = codeRow(load<i32>(waiting + (<usize>i << 3)), load<i32>(waiting + (<usize>i << 3), 4));
    let q = left + ((<usize>(i / PANEL_ROWS) * PANEL_ROWS * concepts + i % PANEL_ROWS) << 2);
    for (const end = p + (<usize>concepts << 2); p < end; p += 4, q += PANEL_ROWS << 2) store<f32>(q, load<f32>(p));
  }
  for (let column = 0; column < concepts; column += GROUP_PANELS * PANEL_COLUMNS) {
    const columns = concepts - column;
    const across = min(GROUP_PANELS, rightPanels(columns));
    // Rows of the symmetric G for its columns: they are read from end to end.
    packRight(gram + ((<usize>column * concepts) << 2), concepts, 1, columns, concepts, 0, across, panel);
    multiplyBlock<f32>(left, panel, concepts, sums + (<usize>column << 2), count, columns, concepts, 0, panels, 0, across, false, spare);
  }
}
