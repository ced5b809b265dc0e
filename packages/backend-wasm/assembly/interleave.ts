/** Between rows of their own and rows side by side: `y[i][k]` and `rows[k][i]`. 8 bytes for each entry. */

/** `y[i][k] = rows[k][i]` for i < n, `step` floats between the y[i]. */
export function interleave(rows: usize, stride: usize, count: i32, n: i32, y: usize, step: i32): void {
  const next = <usize>step << 2;
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    let p = rows + <usize>k * stride;
    let q = y + (<usize>k << 2);
    let i = 0;
    for (; i + 4 <= n; i += 4, p += 16, q += 4 * next) {
      const a = v128.load(p);
      const b = v128.load(p + stride);
      const c = v128.load(p + 2 * stride);
      const d = v128.load(p + 3 * stride);
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      v128.store(q, v128.shuffle<i64>(ab, cd, 0, 2));
      v128.store(q + next, v128.shuffle<i64>(ab, cd, 1, 3));
      v128.store(q + 2 * next, v128.shuffle<i64>(ab2, cd2, 0, 2));
      v128.store(q + 3 * next, v128.shuffle<i64>(ab2, cd2, 1, 3));
    }
    for (; i < n; i++, p += 4, q += next) {
      for (let j: usize = 0; j < 4; j++) store<f32>(q + (j << 2), load<f32>(p + j * stride));
    }
  }
  for (; k < count; k++) {
    const p = rows + <usize>k * stride;
    let q = y + (<usize>k << 2);
    for (let i = 0; i < n; i++, q += next) store<f32>(q, load<f32>(p + (<usize>i << 2)));
  }
}

/** `rows[k][i] = y[i][k]` for i < n and k < count; `step` floats between the y[i], `stride` bytes between rows. */
export function separate(y: usize, step: i32, count: i32, n: i32, rows: usize, stride: usize): void {
  const next = <usize>step << 2;
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    let p = y + (<usize>k << 2);
    let q = rows + <usize>k * stride;
    let i = 0;
    for (; i + 4 <= n; i += 4, p += 4 * next, q += 16) {
      const a = v128.load(p);
      const b = v128.load(p + next);
      const c = v128.load(p + 2 * next);
      const d = v128.load(p + 3 * next);
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      v128.store(q, v128.shuffle<i64>(ab, cd, 0, 2));
      v128.store(q + stride, v128.shuffle<i64>(ab, cd, 1, 3));
      v128.store(q + 2 * stride, v128.shuffle<i64>(ab2, cd2, 0, 2));
      v128.store(q + 3 * stride, v128.shuffle<i64>(ab2, cd2, 1, 3));
    }
    for (; i < n; i++, p += next, q += 4) {
      for (let j: usize = 0; j < 4; j++) store<f32>(q + j * stride, load<f32>(p + (j << 2)));
    }
  }
  for (; k < count; k++) {
    let p = y + (<usize>k << 2);
    const q = rows + <usize>k * stride;
    for (let i: usize = 0; i < <usize>n << 2; i += 4, p += next) store<f32>(q + i, load<f32>(p));
  }
}
