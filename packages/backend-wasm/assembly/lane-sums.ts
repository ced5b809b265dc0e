/** The sums of the four kinds of rows (lanes.ts), as kernels of both widths have them. */
import { address, int } from "./parallel";
import { fma, zero } from "./simd";

/** Sums of the rows from `p` to `end` with the weights of eight points, two blocks of four, of two vectors: `[8 points][2]`. */
// @ts-expect-error: decorator
@inline
function sumEight(p: usize, end: usize, step: usize, table: usize, to: usize): void {
  let a0 = zero();
  let b0 = zero();
  let a1 = zero();
  let b1 = zero();
  let a2 = zero();
  let b2 = zero();
  let a3 = zero();
  let b3 = zero();
  let a4 = zero();
  let b4 = zero();
  let a5 = zero();
  let b5 = zero();
  let a6 = zero();
  let b6 = zero();
  let a7 = zero();
  let b7 = zero();
  const next = (end - p) / step << 4;
  for (; p < end; p += step, table += 16) {
    const l = v128.load(p);
    const r = v128.load(p, 16);
    const more = table + next;
    const w0 = v128.load32_splat(table);
    a0 = fma(w0, l, a0);
    b0 = fma(w0, r, b0);
    const w1 = v128.load32_splat(table, 4);
    a1 = fma(w1, l, a1);
    b1 = fma(w1, r, b1);
    const w2 = v128.load32_splat(table, 8);
    a2 = fma(w2, l, a2);
    b2 = fma(w2, r, b2);
    const w3 = v128.load32_splat(table, 12);
    a3 = fma(w3, l, a3);
    b3 = fma(w3, r, b3);
    const w4 = v128.load32_splat(more);
    a4 = fma(w4, l, a4);
    b4 = fma(w4, r, b4);
    const w5 = v128.load32_splat(more, 4);
    a5 = fma(w5, l, a5);
    b5 = fma(w5, r, b5);
    const w6 = v128.load32_splat(more, 8);
    a6 = fma(w6, l, a6);
    b6 = fma(w6, r, b6);
    const w7 = v128.load32_splat(more, 12);
    a7 = fma(w7, l, a7);
    b7 = fma(w7, r, b7);
  }
  v128.store(to, b0, 16);
  v128.store(to, a0);
  v128.store(to, b1, 48);
  v128.store(to, a1, 32);
  v128.store(to, b2, 80);
  v128.store(to, a2, 64);
  v128.store(to, b3, 112);
  v128.store(to, a3, 96);
  v128.store(to, b4, 144);
  v128.store(to, a4, 128);
  v128.store(to, b5, 176);
  v128.store(to, a5, 160);
  v128.store(to, b6, 208);
  v128.store(to, a6, 192);
  v128.store(to, b7, 240);
  v128.store(to, a7, 224);
}

/**
 * The sums of the four kinds at all base points, of a line and of one `gap` bytes further: `[kind][base point][2]`; `step` bytes between rows. `pairs` is
 * known when this is compiled: the gap is 16 then, so that vectors can be joined, and eight points are taken at a time as far as that goes.
 */
// @ts-expect-error: decorator
@inline
export function sumKinds(axis: usize, left: usize, gap: usize, step: usize, sums: usize, pairs: bool): void {
  const points = int(axis, 1);
  let table = address(axis, 20);
  for (let kind = 0; kind < 4; kind++) {
    const record = axis + 16 + (<usize>kind << 4);
    const rows = <usize>load<i32>(record);
    const from = left + <usize>load<i32>(record, 4) * step;
    const end = from + rows * step;
    const count = load<i32>(record, 12);
    let s = sums + (<usize>(kind * points + load<i32>(record, 8)) << 5);
    let n = 0;
    if (pairs) {
      const two = rows << 5;
      for (; n + 8 <= count; n += 8, s += 256, table += two) sumEight(from, end, step, table, s);
    }
    // Four points at a time; where two or three are left over, the last four.
    while (count >= 4 && count - n >= 2) {
      if (n + 4 > count) {
        s -= <usize>(n + 4 - count) << 5;
        n = count - 4;
      }
      let a0 = zero();
      let a1 = zero();
      let a2 = zero();
      let a3 = zero();
      let b0 = zero();
      let b1 = zero();
      let b2 = zero();
      let b3 = zero();
      for (let p = from; p < end; p += step, table += 16) {
        const l = v128.load(p);
        const r = pairs ? v128.load(p, 16) : v128.load(p + gap);
        let w = v128.load32_splat(table);
        a0 = fma(w, l, a0);
        b0 = fma(w, r, b0);
        w = v128.load32_splat(table, 4);
        a1 = fma(w, l, a1);
        b1 = fma(w, r, b1);
        w = v128.load32_splat(table, 8);
        a2 = fma(w, l, a2);
        b2 = fma(w, r, b2);
        w = v128.load32_splat(table, 12);
        a3 = fma(w, l, a3);
        b3 = fma(w, r, b3);
      }
      v128.store(s, b0, 16);
      v128.store(s, a0);
      v128.store(s, b1, 48);
      v128.store(s, a1, 32);
      v128.store(s, b2, 80);
      v128.store(s, a2, 64);
      v128.store(s, b3, 112);
      v128.store(s, a3, 96);
      n += 4;
      s += 128;
    }
    for (; n < count; n++, s += 32) {
      let a = zero();
      let b = zero();
      for (let p = from; p < end; p += step, table += 4) {
        const w = v128.load32_splat(table);
        a = fma(w, v128.load(p), a);
        b = fma(w, pairs ? v128.load(p, 16) : v128.load(p + gap), b);
      }
      v128.store(s, b, 16);
      v128.store(s, a);
    }
  }
}
