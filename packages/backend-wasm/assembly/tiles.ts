/**
 * The inner parts of a matrix product C = A B: operands packed into panels, and the product of two panels.
 * A left panel is `PANEL_ROWS` rows of A, a right panel `PANEL_COLUMNS` columns of B, each stored depth first
 * (`[depth, width]`), zeros where the matrix ends. A part of the depth of a panel is a contiguous piece of it.
 */
import { GROUP_PANELS, PANEL_COLUMNS, PANEL_ROWS } from "./layout";
import { addProducts } from "./simd";
import { addedFloatTile, addedIntegerTile, floatTile, integerTile, wide } from "./wide-imports";

/** Depth of one pass over a tile: panels stream from the second-level cache in time, and short passes cost more than they save. */
export const passDepth: i32 = 1024;

/** How far a panel is packed before the next: the lines that neighbors share stay in cache. */
const packDepth: i32 = 128;

export function leftPanels(rows: i32): i32 {
  return (rows + PANEL_ROWS - 1) / PANEL_ROWS;
}

/** How many there are of so many columns. For wide kernels two that are left over become a group, with a third of zeros: faster than each of them alone. */
export function rightPanels(columns: i32): i32 {
  const panels = (columns + PANEL_COLUMNS - 1) / PANEL_COLUMNS;
  return wide && panels % GROUP_PANELS == 2 ? panels + 1 : panels;
}

/**
 * C[6, 8] = a b of two panels, or C + a b, of f32 or of i32 (then a step of the depth is a pair of 16-bit integers). Strides in bytes.
 * 96 operations, or 192, for 56 bytes loaded at each step of the depth.
 * The first step stands apart: engines then keep the addresses of a step in registers; unrolling makes them spill.
 */
export function narrowTile<T>(a: usize, b: usize, depth: i32, c: usize, stride: usize, accumulate: bool): void {
  let c00 = i32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  let c50 = c00;
  let c51 = c00;
  if (accumulate) {
    let row = c;
    c00 = v128.load(row);
    c01 = v128.load(row, 16);
    row += stride;
    c10 = v128.load(row);
    c11 = v128.load(row, 16);
    row += stride;
    c20 = v128.load(row);
    c21 = v128.load(row, 16);
    row += stride;
    c30 = v128.load(row);
    c31 = v128.load(row, 16);
    row += stride;
    c40 = v128.load(row);
    c41 = v128.load(row, 16);
    row += stride;
    c50 = v128.load(row);
    c51 = v128.load(row, 16);
  }
  const end = b + (<usize>depth << 5);
  {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
    c00 = addProducts<T>(x0, b0, c00);
    c01 = addProducts<T>(x0, b1, c01);
    const x1 = v128.load32_splat(a, 4);
    c10 = addProducts<T>(x1, b0, c10);
    c11 = addProducts<T>(x1, b1, c11);
    const x2 = v128.load32_splat(a, 8);
    c20 = addProducts<T>(x2, b0, c20);
    c21 = addProducts<T>(x2, b1, c21);
    const x3 = v128.load32_splat(a, 12);
    c30 = addProducts<T>(x3, b0, c30);
    c31 = addProducts<T>(x3, b1, c31);
    const x4 = v128.load32_splat(a, 16);
    c40 = addProducts<T>(x4, b0, c40);
    c41 = addProducts<T>(x4, b1, c41);
    const x5 = v128.load32_splat(a, 20);
    c50 = addProducts<T>(x5, b0, c50);
    c51 = addProducts<T>(x5, b1, c51);
    a += 24;
    b += 32;
  }
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
    c00 = addProducts<T>(x0, b0, c00);
    c01 = addProducts<T>(x0, b1, c01);
    const x1 = v128.load32_splat(a, 4);
    c10 = addProducts<T>(x1, b0, c10);
    c11 = addProducts<T>(x1, b1, c11);
    const x2 = v128.load32_splat(a, 8);
    c20 = addProducts<T>(x2, b0, c20);
    c21 = addProducts<T>(x2, b1, c21);
    const x3 = v128.load32_splat(a, 12);
    c30 = addProducts<T>(x3, b0, c30);
    c31 = addProducts<T>(x3, b1, c31);
    const x4 = v128.load32_splat(a, 16);
    c40 = addProducts<T>(x4, b0, c40);
    c41 = addProducts<T>(x4, b1, c41);
    const x5 = v128.load32_splat(a, 20);
    c50 = addProducts<T>(x5, b0, c50);
    c51 = addProducts<T>(x5, b1, c51);
    a += 24;
    b += 32;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += stride;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += stride;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += stride;
  v128.store(c, c30);
  v128.store(c, c31, 16);
  c += stride;
  v128.store(c, c40);
  v128.store(c, c41, 16);
  c += stride;
  v128.store(c, c50);
  v128.store(c, c51, 16);
}

/**
 * Packs left panels `from` to `to` of a matrix: entry (i, k) is at `source + 4 (i rowStride + k depthStride)`, one of the strides is 1.
 */
export function packLeft(
  source: usize,
  rowStride: i32,
  depthStride: i32,
  rows: i32,
  depth: i32,
  from: i32,
  to: i32,
  target: usize,
): void {
  for (let k = 0; k < depth; k += packDepth) {
    const steps = min(packDepth, depth - k);
    for (let panel = from; panel < to; panel++) {
      const row = panel * PANEL_ROWS;
      const p = source + ((<usize>row * rowStride + <usize>k * depthStride) << 2);
      const q = target + (((<usize>panel * depth + k) * PANEL_ROWS) << 2);
      const width = min(PANEL_ROWS, rows - row);
      if (width < PANEL_ROWS) packPart(p, rowStride, depthStride, width, PANEL_ROWS, steps, q, PANEL_ROWS << 2);
      else if (rowStride == 1) copySix(p, <usize>depthStride << 2, steps, q);
      else if (depthStride == 1) turnSix(p, <usize>rowStride << 2, steps, q);
      else packPart(p, rowStride, depthStride, width, PANEL_ROWS, steps, q, PANEL_ROWS << 2);
    }
  }
}

/**
 * Packs right panels `from` to `to` of a matrix: entry (k, j) is at `source + 4 (j columnStride + k depthStride)`. For wide kernels a whole group is one panel
 * of that width.
 */
export function packRight(
  source: usize,
  columnStride: i32,
  depthStride: i32,
  columns: i32,
  depth: i32,
  from: i32,
  to: i32,
  target: usize,
): void {
  const single = PANEL_COLUMNS << 2;
  const all = rightPanels(columns);
  for (let k = 0; k < depth; k += packDepth) {
    const steps = min(packDepth, depth - k);
    for (let panel = from; panel < to; panel++) {
      const column = panel * PANEL_COLUMNS;
      const p = source + ((<usize>column * columnStride + <usize>k * depthStride) << 2);
      const start = panel - panel % GROUP_PANELS;
      const isInGroup = wide && start + GROUP_PANELS <= all;
      const step: usize = isInGroup ? GROUP_PANELS * single : single;
      const first = isInGroup ? start : panel;
      const q = target + <usize>first * depth * single + <usize>k * step + <usize>(panel - first) * single;
      const width = max(0, min(PANEL_COLUMNS, columns - column));
      if (width < PANEL_COLUMNS) packPart(p, columnStride, depthStride, width, PANEL_COLUMNS, steps, q, step);
      else if (columnStride == 1) copyEight(p, <usize>depthStride << 2, steps, q, step);
      else if (depthStride == 1) turnEight(p, <usize>columnStride << 2, steps, q, step);
      else packPart(p, columnStride, depthStride, width, PANEL_COLUMNS, steps, q, step);
    }
  }
}

/** One entry at a time, with zeros after `width`; steps of the depth `step` bytes apart. */
function packPart(
  source: usize,
  widthStride: i32,
  depthStride: i32,
  width: i32,
  panelWidth: i32,
  depth: i32,
  target: usize,
  step: usize,
): void {
  for (let k = 0; k < depth; k++, target += step) {
    let p = source + (<usize>(k * depthStride) << 2);
    for (let i: usize = 0; i < <usize>panelWidth; i++) {
      store<f32>(target + (i << 2), i < <usize>width ? load<f32>(p) : 0);
      p += <usize>widthStride << 2;
    }
  }
}

function copySix(p: usize, stride: usize, depth: i32, q: usize): void {
  for (let k = 0; k < depth; k++) {
    v128.store(q, v128.load(p));
    store<u64>(q, load<u64>(p, 16), 16);
    p += stride;
    q += 24;
  }
}

function copyEight(p: usize, stride: usize, depth: i32, q: usize, step: usize): void {
  for (let k = 0; k < depth; k++, p += stride, q += step) {
    v128.store(q, v128.load(p));
    v128.store(q, v128.load(p, 16), 16);
  }
}

/** Six rows of `depth` entries, transposed. */
function turnSix(p: usize, stride: usize, depth: i32, q: usize): void {
  turnFour(p, stride, depth, q, 24);
  p += 4 * stride;
  q += 16;
  let k: usize = 0;
  for (const end = <usize>(depth & ~3) << 2; k < end; k += 16, q += 96) {
    const r0 = v128.load(p + k);
    const r1 = v128.load(p + stride + k);
    const low = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    v128.store64_lane(q, low, 0);
    v128.store64_lane(q, low, 1, 24);
    v128.store64_lane(q, high, 0, 48);
    v128.store64_lane(q, high, 1, 72);
  }
  for (const end = <usize>depth << 2; k < end; k += 4, q += 24) {
    store<f32>(q, load<f32>(p + k));
    store<f32>(q, load<f32>(p + stride + k), 4);
  }
}

function turnEight(p: usize, stride: usize, depth: i32, q: usize, step: usize): void {
  turnFour(p, stride, depth, q, step);
  turnFour(p + 4 * stride, stride, depth, q + 16, step);
}

/** Four rows of `depth` entries, transposed, to rows of four that are `step` bytes apart. */
export function turnFour(p: usize, stride: usize, depth: i32, q: usize, step: usize): void {
  const p1 = p + stride;
  const p2 = p1 + stride;
  const p3 = p2 + stride;
  let k: usize = 0;
  for (const end = <usize>(depth & ~3) << 2; k < end; k += 16) {
    const r0 = v128.load(p + k);
    const r1 = v128.load(p1 + k);
    const r2 = v128.load(p2 + k);
    const r3 = v128.load(p3 + k);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(q, v128.shuffle<i64>(low01, low23, 0, 2));
    q += step;
    v128.store(q, v128.shuffle<i64>(low01, low23, 1, 3));
    q += step;
    v128.store(q, v128.shuffle<i64>(high01, high23, 0, 2));
    q += step;
    v128.store(q, v128.shuffle<i64>(high01, high23, 1, 3));
    q += step;
  }
  for (const end = <usize>depth << 2; k < end; k += 4) {
    store<f32>(q, load<f32>(p + k));
    store<f32>(q, load<f32>(p1 + k), 4);
    store<f32>(q, load<f32>(p2 + k), 8);
    store<f32>(q, load<f32>(p3 + k), 12);
    q += step;
  }
}

/**
 * A block of C from packed panels: left panels `rowFrom` to `rowTo` by right panels `columnFrom` to `columnTo`, entry (i, j) of the
 * matrix at `c + 4 (i stride + j)` of which `rows` by `columns` exist. For wide kernels `columnFrom` begins a group, and `columnTo`
 * ends one or is `rightPanels`. `spare` holds TILE_BYTES for tiles at the edges.
 */
export function multiplyBlock<T>(
  left: usize,
  right: usize,
  depth: i32,
  c: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  rowFrom: i32,
  rowTo: i32,
  columnFrom: i32,
  columnTo: i32,
  accumulate: bool,
  spare: usize,
): void {
  const passes = (depth + passDepth - 1) / passDepth;
  const perPass = (depth + passes - 1) / passes;
  for (let k = 0; k < depth; k += perPass) {
    const steps = min(perPass, depth - k);
    const more = accumulate || k > 0;
    const a = left + ((<usize>k * PANEL_ROWS) << 2);
    // What is passed over again and again should be what the first-level cache holds.
    const few = (columnTo - columnFrom) * steps <= 512;
    const across = wide ? GROUP_PANELS : 1;
    for (let i = few ? rowFrom : columnFrom, end = few ? rowTo : columnTo; i < end; i += few ? 1 : across) {
      for (let j = few ? columnFrom : rowFrom, last = few ? columnTo : rowTo; j < last; j += few ? across : 1) {
        const column = few ? j : i;
        const count = min(across, columnTo - column);
        multiplyPanels<T>(a, right, depth, k, steps, c, rows, columns, stride, few ? i : j, column, count, more, spare);
      }
    }
  }
}

/** The tile of a left panel and of a right one or a group, as much of it as the matrix has. */
function multiplyPanels<T>(
  left: usize,
  right: usize,
  depth: i32,
  k: i32,
  steps: i32,
  c: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  row: i32,
  column: i32,
  count: i32,
  accumulate: bool,
  spare: usize,
): void {
  const a = left + ((<usize>row * depth * PANEL_ROWS) << 2);
  const b = right + ((<usize>(column * depth + k * count) * PANEL_COLUMNS) << 2);
  const target = c + ((<usize>(row * PANEL_ROWS) * stride + column * PANEL_COLUMNS) << 2);
  const most = count * PANEL_COLUMNS;
  const width = min(columns - column * PANEL_COLUMNS, most);
  const height = min(rows - row * PANEL_ROWS, PANEL_ROWS);
  if (width == most && height == PANEL_ROWS) {
    tile<T>(a, b, count, steps, target, <usize>stride << 2, accumulate);
    return;
  }
  // What there is of C goes through `spare`, so that sums have the same order as inside.
  if (accumulate) copyPart(target, <usize>stride << 2, spare, <usize>most << 2, height, width);
  tile<T>(a, b, count, steps, spare, <usize>most << 2, accumulate);
  copyPart(spare, <usize>most << 2, target, <usize>stride << 2, height, width);
}

/** Copies `width` entries of `height` rows; strides in bytes. */
function copyPart(from: usize, fromStride: usize, to: usize, toStride: usize, height: i32, width: i32): void {
  for (let i = 0; i < height; i++, from += fromStride, to += toStride) memory.copy(to, from, <usize>width << 2);
}

/** The tile of a left panel and of a right one, or of a group of them. */
// @ts-expect-error: decorator
@inline
function tile<T>(a: usize, b: usize, count: i32, depth: i32, c: usize, stride: usize, accumulate: bool): void {
  if (count == 1) {
    narrowTile<T>(a, b, depth, c, stride, accumulate);
  } else {
    wideTile<T>(a, b, depth, c, stride, accumulate);
    wideTile<T>(a + 4 * (PANEL_ROWS >> 1), b, depth, c + (PANEL_ROWS >> 1) * stride, stride, accumulate);
  }
}

/** Half of the rows of a left panel by a group. */
// @ts-expect-error: decorator
@inline
function wideTile<T>(a: usize, b: usize, depth: i32, c: usize, stride: usize, accumulate: bool): void {
  if (isInteger<T>()) {
    if (accumulate) addedIntegerTile(a, b, depth, c, stride);
    else integerTile(a, b, depth, c, stride);
  } else {
    if (accumulate) addedFloatTile(a, b, depth, c, stride);
    else floatTile(a, b, depth, c, stride);
  }
}
