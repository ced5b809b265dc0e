/** Maps of kernels over samples, a part of the sample at a time in the memory of a workgroup, for all concepts or for chosen ones. */
import { sizeOf } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Axes, ConvGeometry } from "./conv-geometry.ts";
import { type GpuBackend, runProgram } from "./program.ts";

/** Fours that every GPU's workgroups have memory for. */
const memory = 1024;

/** Concepts of a thread, and of a workgroup, at most. */
const [largestBlock, mostConcepts] = [4, 64];

/** Workgroups that keep a GPU busy. */
const busy = 512;

/** What a workgroup makes and how. The last axis is counted in fours of points or taps, one four of points for each thread. */
interface Tiling {
  readonly tile: Axes;
  /** Tiles along each axis. */
  readonly tiles: Axes;
  /** Kernel rows and fours of taps in memory at a time, and what a tile meets of the sample there. */
  readonly rows: number;
  readonly fours: number;
  readonly slab: Axes;
  /** Concepts of a thread, and threads that share a four of points. */
  readonly block: number;
  readonly slots: number;
}

interface ConvMaps {
  readonly x: TensorInfo;
  readonly kernels: TensorInfo;
  readonly bias: TensorInfo;
  /** Those of each sample, `[B, k]`; all without it. */
  readonly concepts?: TensorInfo;
}

/**
 * Maps `[B k, |N|]`, the bias added: 2 B k |N| |s| C operations. A thread makes four neighboring points for a block of concepts. It slides along the rows
 * of a kernel: for each four taps one four of the sample and one of each kernel's weights is read, for 16 multiplications a concept.
 */
export function mapsOf(
  backend: GpuBackend,
  { x, kernels, bias, concepts }: ConvMaps,
  { key, grid, size, points, taps, declarations }: ConvGeometry,
): TensorInfo {
  const [batch, channels] = [x.shape[0], x.shape.at(-1)] as [number, number];
  const count = (concepts ?? kernels).shape[concepts === undefined ? 0 : 1] as number;
  const { tile, tiles, rows, fours, slab, block, slots } = tilingOf(grid, size, batch, count);
  const parts = Math.ceil(count / (block * slots));
  const aligned = grid[2] % 4 === 0;
  const chosen = concepts !== undefined;
  // Sums of their own stay in registers, those of an array need not.
  const each = (line: (m: number) => string) => Array.from({ length: block }, (_, m) => line(m)).join("\n");
  const slides = ["near", "vec4f(near.yzw, next.x)", "vec4f(near.zw, next.xy)", "vec4f(near.w, next.xyz)"];
  const slide = (most: number) =>
    each((m) => {
      const terms = slides.slice(0, most).map((four, tap) => `sum${m} += w${m}[${tap}] * ${four};`);
      return `let w${m} = weights[weightsAt + ${m * rows * fours}u]; ${terms.join(" ")}`;
    });
  return runProgram(backend, {
    name: `convMaps ${chosen} ${tile} ${rows} ${fours} ${block} ${slots} ${key}`,
    inputs: { x, kernels, bias, ...(concepts && { concepts }) },
    outputs: { maps: { shape: [batch * count, points], dtype: "float32" } },
    ...(aligned && { fours: ["maps"] }),
    sizes: { channels, count, parts },
    declarations: () => /* wgsl */ `${declarations}
const TILE = vec3i(${tile});
const TILES = vec3i(${tiles});
const SLAB = vec3i(${slab});
const BLOCK = ${block}u;
const SLOTS = ${slots}u;
var<workgroup> slab: array<vec4f, ${sizeOf(slab)}>;
var<workgroup> weights: array<vec4f, ${block * slots * rows * fours}>;
fn valueAt(sample: u32, place: vec3i, c: u32) -> f32 {
  let source = pointAt(place);
  if (source < 0) { return 0.0; }
  return x[(sample * ${points}u + u32(source)) * u.channels + c];
}
fn weightAt(k: u32, tap: vec3i, c: u32) -> f32 {
  if (any(tap >= SIZE)) { return 0.0; }
  return kernels[(k * ${taps}u + u32((tap.x * SIZE.y + tap.y) * SIZE.z + tap.z)) * u.channels + c];
}
fn conceptOf(sample: u32, given: u32) -> u32 {
  let map = min(given, u.count - 1u);
  return ${chosen ? "u32(concepts[sample * u.count + map])" : "map"};
}`,
    body: () => /* wgsl */ `
  let tile = group / u.parts;
  let sample = tile / ${sizeOf(tiles)}u;
  let corner = placeOf(tile % ${sizeOf(tiles)}u, TILES) * TILE * vec3i(1, 1, 4);
  let own = placeOf(lane % ${sizeOf(tile)}u, TILE);
  let slot = lane / ${sizeOf(tile)}u;
  let firstMap = group % u.parts * SLOTS * BLOCK;
  let ownMap = firstMap + slot * BLOCK;
  ${each((m) => `var sum${m} = vec4f(bias[conceptOf(sample, ownMap + ${m}u)]);`)}
  for (var c = 0u; c < u.channels; c++) {
    for (var plane = 0; plane < SIZE.x; plane++) {
      for (var top = 0; top < SIZE.y; top += ${rows}) {
        for (var left = 0; left < SIZE.z; left += ${4 * fours}) {
          let from_ = vec3i(plane, top, left);
          workgroupBarrier();
          for (var at = lane; at < ${sizeOf(slab)}u; at += 256u) {
            let place = corner + from_ - SIZE / 2 + placeOf(at, SLAB) * vec3i(1, 1, 4);
            slab[at] = vec4f(
              valueAt(sample, place, c),
              valueAt(sample, place + vec3i(0, 0, 1), c),
              valueAt(sample, place + vec3i(0, 0, 2), c),
              valueAt(sample, place + vec3i(0, 0, 3), c),
            );
          }
          for (var at = lane; at < ${block * slots * rows * fours}u; at += 256u) {
            let k = conceptOf(sample, firstMap + at / ${rows * fours}u);
            let tap = from_ + placeOf(at % ${rows * fours}u, vec3i(1, ${rows}, ${fours})) * vec3i(1, 1, 4);
            weights[at] = vec4f(
              weightAt(k, tap, c),
              weightAt(k, tap + vec3i(0, 0, 1), c),
              weightAt(k, tap + vec3i(0, 0, 2), c),
              weightAt(k, tap + vec3i(0, 0, 3), c),
            );
          }
          workgroupBarrier();
          if (slot < SLOTS) {
            let whole = min(${fours}, (SIZE.z - left) / 4);
            for (var row = 0; row < min(${rows}, SIZE.y - top); row++) {
              var slabAt = u32(((own.x * SLAB.y) + own.y + row) * SLAB.z + own.z);
              var weightsAt = slot * BLOCK * ${rows * fours}u + u32(row) * ${fours}u;
              var near = slab[slabAt];
              for (var four = 0; four < whole; four++) {
                slabAt++;
                let next = slab[slabAt];
                ${slide(4)}
                near = next;
                weightsAt++;
              }
              ${
                size[2] % 4 === 0
                  ? ""
                  : /* wgsl */ `if (whole < ${fours}) {
                ${size[2] % 4 > 1 ? "let next = slab[slabAt + 1u];" : ""}
                ${slide(size[2] % 4)}
              }`
              }
            }
          }
        }
      }
    }
  }
  let place = corner + own * vec3i(1, 1, 4);
  if (slot >= SLOTS || any(place >= GRID)) { return; }
  let first_ = (sample * u.count + ownMap) * ${points}u + u32(pointAt(place));
  ${each((m) => {
    const at = `first_ + ${m * points}u`;
    const write = aligned
      ? `maps[(${at}) / 4u] = sum${m};`
      : `for (var e = 0u; e < 4u && place.z + i32(e) < GRID.z; e++) { maps[${at} + e] = sum${m}[e]; }`;
    return `if (ownMap + ${m}u < u.count) { ${write} }`;
  })}`,
    groups: batch * sizeOf(tiles) * parts,
  }).maps;
}

/** As many concepts a thread as leaves enough workgroups. */
function tilingOf(grid: Axes, size: Axes, batch: number, count: number): Tiling {
  for (let most = largestBlock; ; most /= 2) {
    const tiling = bestTiling(grid, size, count, evenly(count, most));
    const groups = batch * sizeOf(tiling.tiles) * Math.ceil(count / (tiling.block * tiling.slots));
    if (groups >= busy || most === 1) return tiling;
  }
}

/** Of tiles of several widths, that for which the least is brought to memory. Eight threads read eight fours at a time, best from one row. */
function bestTiling(grid: Axes, size: Axes, count: number, block: number): Tiling {
  const wide = Math.ceil(grid[2] / 4);
  let best: Tiling | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let most = 256; most >= 8; most /= 2) {
    const across = evenly(wide, most);
    const down = evenly(grid[1], 256 / across);
    const tile = [evenly(grid[0], 256 / (across * down)), down, across] as const;
    const tiles = [Math.ceil(grid[0] / tile[0]), Math.ceil(grid[1] / down), Math.ceil(wide / across)] as const;
    const slots = evenly(Math.ceil(count / block), Math.min(256 / sizeOf(tile), mostConcepts / block));
    const groups = sizeOf(tiles) * Math.ceil(count / (block * slots));
    let [rows, fours] = [size[1], Math.ceil(size[2] / 4)];
    for (;;) {
      // A row of a slab starts at the first tap of the first point, and ends at the last tap of the last.
      const reach = fours * 4 < size[2] ? fours : Math.ceil((size[2] - 1) / 4);
      const slab = [tile[0], tile[1] + rows - 1, tile[2] + reach] as const;
      const held = sizeOf(slab) + block * slots * rows * fours;
      if (held <= memory) {
        const brought = groups * held * Math.ceil(size[1] / rows) * Math.ceil(size[2] / (4 * fours));
        if (brought < least) [best, least] = [{ tile, tiles, rows, fours, slab, block, slots }, brought];
        break;
      }
      if (rows > 1) rows = Math.ceil(rows / 2);
      else fours = Math.ceil(fours / 2);
    }
  }
  return best as Tiling;
}

/** The parts of a length are as many as they must be if none is longer than `most`, and alike. */
function evenly(length: number, most: number): number {
  return Math.max(1, Math.ceil(length / Math.max(1, Math.ceil(length / Math.max(1, Math.floor(most))))));
}
