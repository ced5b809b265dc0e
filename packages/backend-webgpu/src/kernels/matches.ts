/**
 * Sums over all choices of one concept, for each of its entries. A workgroup looks through the choices 1024 at a time, and all its threads take those
 * that are found, in their order.
 *
 * Where there are few concepts, several workgroups share the choices of each, and their sums are added (`parts`). Where there are many, a workgroup has
 * a block of neighboring concepts, so that choices are not looked through once for each, and its sums are in the result (`block`).
 */
import { sizeOf } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type GpuBackend, runProgram } from "./program.ts";
import { columnSums } from "./sums.ts";

/** Entries of a concept that a workgroup makes, four for each thread. */
export const entriesOfGroup = 1024;

/** Workgroups that keep a GPU busy; choices that a workgroup should have at least; concepts of a block, at most. */
const [busy, fewestChoices, largestBlock] = [1024, 16, 16];

export interface SumOfMatches<Output extends string> {
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  /** The results, `[rows, ...]`, of `size` entries a row. */
  readonly outputs: readonly Output[];
  readonly shape: number[];
  /** Rows of the result. */
  readonly rows: number;
  readonly choices: number;
  /** Known in WGSL beside `u.size` and `u.choices`. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly declarations?: string;
  /** Whether the choice `j` is of the concept `row`. Default: the input `concepts` says so. */
  readonly condition?: string;
  readonly type: "f32" | "vec2f";
  /** Adds to `sum` what the choice `j` gives the entry `i` of `row`. */
  readonly add: string;
  /** The sum at the place `at` of the outputs, and how `sum` gets there. */
  readonly read: string;
  readonly write: string;
}

export function sumMatches<Output extends string>(
  backend: GpuBackend,
  given: SumOfMatches<Output>,
): Record<Output, TensorInfo> {
  const { name, inputs, outputs, shape, rows, choices, sizes, declarations = "", condition, type, add } = given;
  const size = sizeOf(shape.slice(1));
  const tiles = Math.ceil(size / entriesOfGroup);
  const block = condition === undefined ? blockOf(rows * tiles, choices) : 1;
  const groups = Math.max(1, rows * tiles);
  const parts = Math.max(1, Math.min(Math.ceil(busy / groups), Math.floor(choices / fewestChoices)));
  const output = { shape: parts === 1 ? shape : [parts, ...shape], dtype: "float32" as const };
  const found = runProgram<Output>(backend, {
    name: `${name} ${block}`,
    inputs,
    outputs: Object.fromEntries(outputs.map((each) => [each, output])) as Record<Output, typeof output>,
    sizes: { ...sizes, size, tiles, rows, choices, share: Math.ceil(choices / parts) },
    declarations: declarations + findMatches(condition ?? `u32(concepts[j]) / ${block}u == wanted`),
    body: block === 1 ? ownSums(type, add, given.write) : sumsInPlace(block, type, add, given),
    groups: parts * Math.ceil(rows / block) * tiles,
  });
  if (parts === 1) return found;
  for (const each of outputs) {
    const partial = found[each];
    found[each] = columnSums(backend, partial, { shape, n: parts, scale: 1 });
    backend.disposeData(partial.dataId);
  }
  return found;
}

/** Whether there are so many concepts and choices that a workgroup has a block of concepts. */
export function inBlocks(rows: number, choices: number): boolean {
  return blockOf(rows, choices) > 1;
}

/** Concepts of a block. Sums in memory cost more than sums of a thread's own: there must be much to look through. */
function blockOf(groups: number, choices: number): number {
  const block = Math.min(largestBlock, 2 ** Math.floor(Math.log2(Math.max(1, (2 * groups) / busy))));
  return choices >= 4096 && block >= 4 ? block : 1;
}

function findMatches(condition: string): string {
  return /* wgsl */ `
var<workgroup> matches: array<atomic<u32>, 32>;
var<workgroup> matching: atomic<u32>;
// Which of the 1024 choices from first_ on, before end, are of what is wanted, a bit for each; which words of these bits are not zero.
fn findMatches(lane: u32, first_: u32, end: u32, wanted: u32) -> u32 {
  workgroupBarrier();
  if (lane < 32u) { atomicStore(&matches[lane], 0u); }
  if (lane == 32u) { atomicStore(&matching, 0u); }
  workgroupBarrier();
  for (var at = lane; at < 1024u; at += 256u) {
    let j = first_ + at;
    if (j < end && (${condition})) {
      atomicOr(&matches[at / 32u], 1u << (at % 32u));
      atomicOr(&matching, 1u << (at / 32u));
    }
  }
  workgroupBarrier();
  return atomicLoad(&matching);
}`;
}

/** Every match `j` of `wanted` in this workgroup's share of the choices. */
function eachMatch(then: string): string {
  return /* wgsl */ `
  let end = min((part + 1u) * u.share, u.choices);
  for (var first_ = part * u.share; first_ < end; first_ += 1024u) {
    var words = findMatches(lane, first_, end, wanted);
    while (words != 0u) {
      let word = firstTrailingBit(words);
      words &= words - 1u;
      var bits = atomicLoad(&matches[word]);
      while (bits != 0u) {
        let j = first_ + word * 32u + firstTrailingBit(bits);
        bits &= bits - 1u;
        ${then}
      }
    }
  }`;
}

const eachEntry = `for (var r = 0u; r < 4u; r++) {
          let i = start + 256u * r;
          if (i >= u.size) { break; }`;

function ownSums(type: string, add: string, write: string): string {
  return /* wgsl */ `
  let wanted = group / u.tiles % u.rows;
  let part = group / u.tiles / u.rows;
  let start = group % u.tiles * ${entriesOfGroup}u + lane;
  let row = wanted;
  var sums: array<${type}, 4>;${eachMatch(`
        ${eachEntry}
          var sum = sums[r];
          ${add}
          sums[r] = sum;
        }`)}
  ${eachEntry}
    let at = group / u.tiles * u.size + i;
    let sum = sums[r];
    ${write}
  }`;
}

/** Each thread reads and writes its own entries of every row of the block. */
function sumsInPlace(
  block: number,
  type: string,
  add: string,
  { read, write }: { readonly read: string; readonly write: string },
): string {
  return /* wgsl */ `
  let wanted = group / u.tiles;
  let part = 0u;
  let start = group % u.tiles * ${entriesOfGroup}u + lane;
  for (var row = wanted * ${block}u; row < min((wanted + 1u) * ${block}u, u.rows); row++) {
    ${eachEntry}
      let at = row * u.size + i;
      let sum = ${type}();
      ${write}
    }
  }${eachMatch(`
        let row = u32(concepts[j]);
        ${eachEntry}
          let at = row * u.size + i;
          var sum = ${read};
          ${add}
          ${write}
        }`)}`;
}
