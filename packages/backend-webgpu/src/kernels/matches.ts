/**
 * Sums over all choices of one concept, for each of its entries. A workgroup looks through the choices 1024 at a time, lists those that are found, in
 * their order, and all its threads take four of them at a time.
 *
 * Where there are few concepts, several workgroups share the choices of each, and their sums are added (parts). Where there are many, a workgroup has
 * a block of neighboring concepts, so that choices are not looked through once for each, and its sums are in the result.
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
  /** Whether the choice `j` is of the row `wanted`. Default: the input `concepts` says so. */
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
  const entries = Math.min(4, Math.ceil(size / 256));
  const block = condition === undefined ? blockOf(rows * tiles, choices) : 1;
  const blocks = Math.ceil(rows / block);
  const groups = Math.max(1, rows * tiles);
  const parts = Math.max(1, Math.min(Math.ceil(busy / groups), Math.floor(choices / fewestChoices)));
  const output = { shape: parts === 1 ? shape : [parts, ...shape], dtype: "float32" as const };
  const eachEntry = (then: string) => /* wgsl */ `for (var r = 0u; r < ${entries}u; r++) {
      let i = start + 256u * r;
      let at = (part * u.rows + row) * u.size + i;
      if (i < u.size) { ${then} }
    }`;
  const found = runProgram<Output>(backend, {
    name: `${name} ${block} ${entries}`,
    inputs,
    outputs: Object.fromEntries(outputs.map((each) => [each, output])) as Record<Output, typeof output>,
    sizes: { ...sizes, size, tiles, rows, blocks, choices, share: Math.ceil(choices / parts) },
    declarations: () => declarations + findMatches(block, condition),
    body() {
      const write = eachEntry(`let sum = sums[r]; ${given.write}`);
      return /* wgsl */ `
  let wanted = group / u.tiles % u.blocks;
  let part = group / u.tiles / u.blocks;
  let start = group % u.tiles * ${entriesOfGroup}u + lane;
  var sums: array<${type}, ${entries}>;
  ${
    block === 1
      ? /* wgsl */ `
  let row = wanted;
  ${eachMatch(entries, add)}
  ${write}`
      : /* wgsl */ `
  for (var row = wanted * ${block}u; row < min((wanted + 1u) * ${block}u, u.rows); row++) {
    ${write}
  }
  ${eachMatch(entries, add, `let row = wanted * ${block}u + own; ${eachEntry(`sums[r] = ${given.read};`)}`, write)}`
  }`;
    },
    groups: parts * blocks * tiles,
  });
  if (parts === 1) return found;
  for (const each of outputs) {
    const partial = found[each];
    found[each] = columnSums(backend, partial, { shape, n: parts, scale: 1 });
    backend.disposeData(partial.dataId);
  }
  return found;
}

/** Concepts of a block. Sums in memory cost more than sums of a thread's own: there must be much to look through. */
function blockOf(groups: number, choices: number): number {
  const block = Math.min(largestBlock, 2 ** Math.floor(Math.log2(Math.max(1, (2 * groups) / busy))));
  return choices >= 4096 && block >= 4 ? block : 1;
}

function findMatches(block: number, condition?: string): string {
  return /* wgsl */ `
var<workgroup> matches: array<atomic<u32>, ${32 * block}>;
var<workgroup> matching: atomic<u32>;
var<workgroup> concepts_: u32;
var<workgroup> before: array<u32, 33>;
var<workgroup> listed: array<u32, 1024>;

// Which of the 1024 choices from first_ on, before end, are of each concept of a block, as bits; which concepts have any.
fn findMatches(lane: u32, first_: u32, end: u32, wanted: u32) -> u32 {
  workgroupBarrier();
  for (var word = lane; word < ${32 * block}u; word += 256u) { atomicStore(&matches[word], 0u); }
  if (lane == 0u) { atomicStore(&matching, 0u); }
  workgroupBarrier();
  for (var at = lane; at < 1024u; at += 256u) {
    let j = first_ + at;
    if (j < end && (${condition ?? `u32(concepts[j]) / ${block}u == wanted`})) {
      let own = ${block === 1 ? "0u" : `u32(concepts[j]) % ${block}u`};
      atomicOr(&matches[own * 32u + at / 32u], 1u << (at % 32u));
      atomicOr(&matching, 1u << own);
    }
  }
  workgroupBarrier();
  if (lane == 0u) { concepts_ = atomicLoad(&matching); }
  return workgroupUniformLoad(&concepts_);
}

// Lists the choices of one of them, ascending; how many there are.
fn listMatches(lane: u32, first_: u32, own: u32) -> u32 {
  workgroupBarrier();
  if (lane <= 32u) {
    var count = 0u;
    for (var word = 0u; word < lane; word++) { count += countOneBits(atomicLoad(&matches[own * 32u + word])); }
    before[lane] = count;
  }
  workgroupBarrier();
  for (var at = lane; at < 1024u; at += 256u) {
    let word = atomicLoad(&matches[own * 32u + at / 32u]);
    let bit = 1u << (at % 32u);
    if ((word & bit) != 0u) { listed[before[at / 32u] + countOneBits(word & (bit - 1u))] = first_ + at; }
  }
  workgroupBarrier();
  return before[32];
}`;
}

/** Adds every match in this workgroup's share of the choices to `sums`: four at a time, so that a thread need not wait for each. */
function eachMatch(entries: number, add: string, begin = "", end = ""): string {
  const one = (j: string) => `{ let j = ${j}; ${add} }`;
  const some = (js: readonly string[]) => /* wgsl */ `
        for (var r = 0u; r < ${entries}u; r++) {
          let i = min(start + 256u * r, u.size - 1u);
          var sum = sums[r];
          ${js.map(one).join("\n          ")}
          sums[r] = sum;
        }`;
  return /* wgsl */ `
  let end = min((part + 1u) * u.share, u.choices);
  for (var first_ = part * u.share; first_ < end; first_ += 1024u) {
    var left = findMatches(lane, first_, end, wanted);
    while (left != 0u) {
      let own = firstTrailingBit(left);
      left &= left - 1u;
      let count = listMatches(lane, first_, own);
      ${begin}
      var at_ = 0u;
      for (; at_ + 4u <= count; at_ += 4u) {
        let some = vec4u(listed[at_], listed[at_ + 1u], listed[at_ + 2u], listed[at_ + 3u]);${some(["some.x", "some.y", "some.z", "some.w"])}
      }
      for (; at_ < count; at_++) {${some(["listed[at_]"])}
      }
      ${end}
    }
  }`;
}
