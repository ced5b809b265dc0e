/** The largest points of maps that are apart (the contract separatePoints), a workgroup for each map. */
import { type Grid, registerKernel, separatePoints } from "@saeno/backend";
import { type Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { type GpuBackend, runProgram } from "./program.ts";
import { keysOf } from "./select.ts";

/** What a workgroup remembers within the 16 KiB that every GPU has: a bit of each point, and what was taken. */
const mostPoints = 65_536;
const mostTaken = 1024;

/** Points left out, a bit each: point `i` is the lane's `i / 256`-th, in words that no other lane touches. */
const declarations = /* wgsl */ `
var<workgroup> leftOut: array<u32, ${mostPoints / 32}>;
var<workgroup> taken: array<u32, ${mostTaken}>;
var<workgroup> largest: atomic<u32>;
var<workgroup> first: atomic<u32>;

fn wordOf(i: u32) -> u32 { return i / 8192u * 256u + i % 256u; }
fn bitOf(i: u32) -> u32 { return 1u << (i / 256u % 32u); }

fn isWithin(reach: u32, size: u32, a: u32, b: u32) -> bool {
  let distance = max(a, b) - min(a, b);
  return min(distance, size - distance) <= reach;
}

fn isNear(a: u32, b: u32) -> bool {
  let plane = u.height * u.width;
  return isWithin(u.reachX, u.width, a % u.width, b % u.width)
    && isWithin(u.reachY, u.height, a / u.width % u.height, b / u.width % u.height)
    && isWithin(u.reachZ, u.depth, a / plane, b / plane);
}`;

/** A round takes a point, or finds that none is left apart; that once, so that there is one round more than points. */
const body = /* wgsl */ `
  let base = group * u.n;
  var count = 0u;
  var last = u.n;
  var isApart = true;
  for (var round = 0u; round <= u.count; round++) {
    if (lane == 0u) {
      atomicStore(&largest, 0u);
      atomicStore(&first, u.n);
    }
    workgroupBarrier();
    var key = 0u;
    var place = u.n;
    if (count < u.count) {
      for (var i = lane; i < u.n; i += 256u) {
        if ((leftOut[wordOf(i)] & bitOf(i)) != 0u) { continue; }
        if (i == last || (last < u.n && isApart && isNear(i, last))) {
          leftOut[wordOf(i)] |= bitOf(i);
          continue;
        }
        let given = x[base + i];
        if (round == 0u && (given & 0x7fffffffu) > 0x7f800000u) { atomicOr(&findings[0], 1u); }
        let mine = keyOf(given);
        if (mine > key) {
          key = mine;
          place = i;
        }
      }
      atomicMax(&largest, key);
    }
    workgroupBarrier();
    if (key == atomicLoad(&largest)) { atomicMin(&first, place); }
    workgroupBarrier();
    last = atomicLoad(&first);
    if (last < u.n) {
      if (lane == 0u) { taken[count] = last; }
      count += 1u;
    } else if (count < u.count) {
      isApart = false;
      for (var i = lane; i < u.n; i += 8192u) { leftOut[wordOf(i)] = 0u; }
      for (var j = 0u; j < count; j++) {
        let i = taken[j];
        if (i % 256u == lane) { leftOut[wordOf(i)] |= bitOf(i); }
      }
    }
    workgroupBarrier();
  }
  for (var j = lane; j < u.count; j += 256u) {
    var before = 0u;
    for (var other = 0u; other < u.count; other++) { before += select(0u, 1u, taken[other] < taken[j]); }
    positions[group * u.count + before] = i32(taken[j]);
  }`;

interface Separation {
  readonly grid: Grid;
  readonly count: number;
  readonly separation: readonly number[];
}

export function registerSeparation(backend: GpuBackend): void {
  registerKernel(separatePoints, "webgpu", ({ maps }, attributes) => separate(backend, maps, attributes));
}

export function separate(backend: GpuBackend, maps: TensorInfo, attributes: Separation): { positions: TensorInfo } {
  const { grid, count, separation } = attributes;
  const [rows, n] = maps.shape as [number, number];
  if (grid.length > 3 || n > mostPoints || count > mostTaken) {
    return tidy(() => separatePoints.definition.composite({ maps: maps as Tensor }, attributes));
  }
  const [width = 1, height = 1, depth = 1] = grid.toReversed();
  const [reachX = 0, reachY = 0, reachZ = 0] = separation.toReversed();
  return runProgram(backend, {
    name: "separatePoints",
    inputs: { x: maps },
    bits: ["x"],
    outputs: { positions: { shape: [rows, count], dtype: "int32" } },
    sizes: { n, count, width, height, depth, reachX, reachY, reachZ },
    reports: true,
    declarations: keysOf(false) + declarations,
    body,
    groups: count === 0 ? 0 : rows,
  });
}
