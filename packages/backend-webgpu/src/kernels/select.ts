/** Selection of the largest entries of rows, a workgroup for each row, and what follows from it. */
import { type EnergyKind, encodeTopK, mapEnergies, registerKernel, topKRows } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { product } from "./products.ts";
import { type GpuBackend, type Program, runProgram, sumOfLanes } from "./program.ts";

/** A declaration: bits of floats as whole numbers in the order of the floats, both zeros the same; rectified, negative ones too. */
export function keysOf(rectify: boolean): string {
  return /* wgsl */ `
const RECTIFY = ${rectify};
fn keyOf(given: u32) -> u32 {
  let rectified = RECTIFY && given >> 31u == 1u;
  if (rectified || (given & 0x7fffffffu) == 0u) { return 0x80000000u; }
  return select(given | 0x80000000u, ~given, given >> 31u == 1u);
}`;
}

/** The key of the k-th largest is found a byte at a time, from a histogram of the entries that agree with it so far: four passes over the row. */
const selection = /* wgsl */ `
var<workgroup> bins: array<atomic<u32>, 256>;
var<workgroup> sums: array<u32, 256>;
var<workgroup> digit: u32;
var<workgroup> left: u32;

/** Sums over this lane and those before. */
fn sumUpTo(lane: u32, value: u32) -> u32 {
  sums[lane] = value;
  workgroupBarrier();
  for (var reach = 1u; reach < 256u; reach <<= 1u) {
    var before = 0u;
    if (lane >= reach) { before = sums[lane - reach]; }
    workgroupBarrier();
    sums[lane] += before;
    workgroupBarrier();
  }
  return sums[lane];
}

struct Kth { key: u32, equal: u32 }

/** The key of the k-th largest entry, and how many of the entries equal to it belong to the k largest. */
fn kthLargest(base: u32, lane: u32) -> Kth {
  var key = 0u;
  var known = 0u;
  var wanted = u.k;
  for (var shift = 32u; shift > 0u; shift -= 8u) {
    atomicStore(&bins[lane], 0u);
    workgroupBarrier();
    for (var i = lane; i < u.n; i += 256u) {
      let given = x[base + i];
      if (shift == 32u && (given & 0x7fffffffu) > 0x7f800000u) { atomicOr(&findings[0], 1u); }
      let mine = keyOf(given);
      if ((mine & known) == key) { atomicAdd(&bins[(mine >> (shift - 8u)) & 255u], 1u); }
    }
    workgroupBarrier();
    let count = atomicLoad(&bins[255u - lane]);
    let above = sumUpTo(lane, count) - count;
    if (above < wanted && wanted <= above + count) {
      digit = 255u - lane;
      left = wanted - above;
    }
    workgroupBarrier();
    key |= digit << (shift - 8u);
    known |= 255u << (shift - 8u);
    wanted = left;
    workgroupBarrier();
  }
  return Kth(key, wanted);
}`;

function selecting(rectify: boolean): string {
  return keysOf(rectify) + selection;
}

interface Largest {
  readonly k: number;
  /** Negative entries count as 0. */
  readonly rectify: boolean;
  /** Also what the entries are, rectified. */
  readonly values: boolean;
}

/** Where the k largest of each row are, ascending; of entries that are equal, the first. */
export function selectLargest(
  backend: GpuBackend,
  x: TensorInfo,
  { k, rectify, values }: Largest,
): Record<string, TensorInfo> {
  const [rows, n] = x.shape as [number, number];
  const shape = [rows, k];
  const program: Program<string> = {
    name: `topKRows ${rectify} ${values}`,
    inputs: { x },
    bits: ["x"],
    outputs: {
      indices: { shape, dtype: "int32" },
      ...(values && { values: { shape, dtype: "float32" } }),
    },
    sizes: { n, k },
    reports: true,
    declarations: selecting(rectify),
    // Tile by tile, four neighboring entries a lane, so that what is kept of each comes after what was kept of those before.
    body: /* wgsl */ `
  let base = group * u.n;
  let kth = kthLargest(base, lane);
  var taken = group * u.k;
  var equalLeft = kth.equal;
  for (var tile = 0u; tile < u.n; tile += 1024u) {
    let first_ = tile + 4u * lane;
    var above = 0u;
    var equal = 0u;
    for (var e = 0u; e < 4u; e++) {
      if (first_ + e < u.n) {
        let mine = keyOf(x[base + first_ + e]);
        above |= select(0u, 1u << e, mine > kth.key);
        equal |= select(0u, 1u << e, mine == kth.key);
      }
    }
    // Both counts in one word: neither exceeds 1024.
    let mine = countOneBits(above) | (countOneBits(equal) << 16u);
    let before = sumUpTo(lane, mine) - mine;
    let total = sums[255];
    var place = taken + (before & 0xffffu) + min(before >> 16u, equalLeft);
    var equalBefore = before >> 16u;
    for (var e = 0u; e < 4u; e++) {
      let isEqual = ((equal >> e) & 1u) == 1u;
      if (((above >> e) & 1u) == 1u || (isEqual && equalBefore < equalLeft)) {
        indices[place] = i32(first_ + e);
        ${values ? "values[place] = max(bitcast<f32>(x[base + first_ + e]), 0.0);" : ""}
        place++;
      }
      equalBefore += u32(isEqual);
    }
    let equalTaken = min(total >> 16u, equalLeft);
    taken += (total & 0xffffu) + equalTaken;
    equalLeft -= equalTaken;
    workgroupBarrier();
  }`,
    groups: k === 0 ? 0 : rows,
  };
  return runProgram(backend, program);
}

/** The energy of each row: of all entries, of the positive ones, or of the largest. None of it is stored in between. */
export function rowEnergies(backend: GpuBackend, maps: TensorInfo, kind: EnergyKind, count: number): TensorInfo {
  const [rows, n] = maps.shape as [number, number];
  if (n === 0 || (kind === "kept" && count === 0))
    return backend.makeTensorInfo([rows], "float32", new Float32Array(rows));
  const kept = kind === "kept" && count < n;
  const term = kind === "preactivation" ? "value * value" : "select(0.0, value * value, value > 0.0)";
  const program = {
    name: `mapEnergies ${kept ? "kept" : term}`,
    inputs: { x: maps },
    bits: ["x"],
    outputs: { energies: { shape: [rows], dtype: "float32" as const } },
    sizes: { n, k: Math.min(count, n) },
    reports: true,
    declarations: selecting(true) + sumOfLanes,
    body: /* wgsl */ `
  let base = group * u.n;
  ${kept ? "let kth = kthLargest(base, lane);" : ""}
  var part = 0.0;
  for (var i = lane; i < u.n; i += 256u) {
    let given = x[base + i];
    let value = bitcast<f32>(given);
    ${kept ? "if (keyOf(given) > kth.key) { part += value * value; }" : `part += ${term};`}
    ${kind === "kept" && !kept ? "if ((given & 0x7fffffffu) > 0x7f800000u) { atomicOr(&findings[0], 1u); }" : ""}
  }
  var total = sumOfLanes(lane, part);
  ${kept ? "let last = bitcast<f32>(kth.key & 0x7fffffffu);\n  total += f32(kth.equal) * last * last;" : ""}
  if (lane == 0u) { energies[group] = total / f32(u.n); }`,
    groups: rows,
  };
  return runProgram(backend, program).energies;
}

export function registerSelection(backend: GpuBackend): void {
  registerKernel(topKRows, "webgpu", ({ x }, { k }) => ({
    indices: selectLargest(backend, x, { k, rectify: false, values: false }).indices,
  }));

  registerKernel(mapEnergies, "webgpu", ({ maps }, { kind, count }) => ({
    energies: rowEnergies(backend, maps, kind, count ?? maps.shape[1]),
  }));

  registerKernel(encodeTopK, "webgpu", ({ x, atoms, bias }, { k }) => {
    const preActivations = product(backend, { a: x, b: atoms, bias }, { transposeA: false, transposeB: true });
    const largest = selectLargest(backend, preActivations, { k, rectify: true, values: true });
    backend.disposeData(preActivations.dataId);
    return { concepts: largest.indices, values: largest.values };
  });
}
