/**
 * A matrix product whose factors are read where they are, as WGSL: a workgroup makes a tile of it, slabs of both factors at a time in its memory, up to
 * 4 x 4 entries a thread. For each slab of 16 (tile 64 x 64) 16 numbers read and 256 operations a thread.
 */
export interface TiledProduct {
  readonly columns: number;
  /** The factors: `value` for `row` and `at`, for `at` and `column`. */
  readonly left: string;
  readonly right: string;
  /** What neighboring lanes read next to each other of a factor: rows or columns, or the axis that is summed. */
  readonly leftAlong: "row" | "depth";
  readonly rightAlong: "column" | "depth";
  /** What becomes of `value` at `row` and `column`. */
  readonly write: string;
  /** What neighboring lanes write next to each other. */
  readonly writeAlong: "row" | "column";
}

export interface Tile {
  /** Part of a program's name. */
  readonly key: string;
  /** Rows and columns of a tile. */
  readonly high: number;
  readonly wide: number;
  readonly declarations: string;
  /** Where `top`, `left`, `from_` and `end` (of the axis that is summed) are known, and `u.rows` and `u.wide`. */
  readonly body: string;
}

export function tileOf(product: TiledProduct): Tile {
  const { columns, left, right, leftAlong, rightAlong, write, writeAlong } = product;
  const across = Math.min(16, 2 ** Math.ceil(Math.log2(Math.max(1, columns))));
  const down = 256 / across;
  const [tall, broad] = [Math.max(1, Math.min(4, 256 / down)), columns > across ? 4 : 1];
  const [high, wide] = [down * tall, across * broad];
  const slab = high > 64 ? 8 : 16;
  const place = (along: boolean, size: number) =>
    along ? [`entry % ${size}u`, `entry / ${size}u`] : [`entry / ${slab}u`, `entry % ${slab}u`];
  const [leftRow, leftAt] = place(leftAlong === "row", high);
  const [rightColumn, rightAt] = place(rightAlong === "column", wide);
  const [laneRow, laneColumn] =
    writeAlong === "row" ? [`lane % ${down}u`, `lane / ${down}u`] : [`lane / ${across}u`, `lane % ${across}u`];
  return {
    key: `${high} x ${wide}`,
    high,
    wide,
    declarations: /* wgsl */ `
var<workgroup> slabOfLeft: array<f32, ${slab * high}>;
var<workgroup> slabOfRight: array<f32, ${slab * wide}>;`,
    body: /* wgsl */ `
  let ownRow = ${laneRow};
  let ownColumn = ${laneColumn};
  var sums: array<array<f32, ${broad}>, ${tall}>;
  for (var first_ = from_; first_ < end; first_ += ${slab}u) {
    for (var entry = lane; entry < ${slab * high}u; entry += 256u) {
      let row = top + ${leftRow};
      let at = first_ + ${leftAt};
      var value = 0.0;
      if (row < u.rows && at < end) { ${left} }
      slabOfLeft[${leftAt} * ${high}u + ${leftRow}] = value;
    }
    for (var entry = lane; entry < ${slab * wide}u; entry += 256u) {
      let column = left + ${rightColumn};
      let at = first_ + ${rightAt};
      var value = 0.0;
      if (column < u.wide && at < end) { ${right} }
      slabOfRight[${rightAt} * ${wide}u + ${rightColumn}] = value;
    }
    workgroupBarrier();
    for (var at = 0u; at < ${slab}u; at++) {
      for (var r = 0u; r < ${tall}u; r++) {
        let value = slabOfLeft[at * ${high}u + ownRow + ${down}u * r];
        for (var s = 0u; s < ${broad}u; s++) {
          sums[r][s] += value * slabOfRight[at * ${wide}u + ownColumn + ${across}u * s];
        }
      }
    }
    workgroupBarrier();
  }
  for (var r = 0u; r < ${tall}u; r++) {
    for (var s = 0u; s < ${broad}u; s++) {
      let row = top + ownRow + ${down}u * r;
      let column = left + ownColumn + ${across}u * s;
      if (row < u.rows && column < u.wide) {
        let value = sums[r][s];
        ${write}
      }
    }
  }`,
  };
}
