/** Products with codes that are mostly zero (the contracts decodeCodes, dotCodes, accumulateCodes): atoms of active codes are read, no others. */
import { accumulateCodes, decodeCodes, dotCodes, registerKernel } from "@saeno/backend";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { activeSets, mostEntries, overActive } from "./active.ts";
import { entriesOfGroup, sumMatches } from "./matches.ts";
import { type GpuBackend, runProgram } from "./program.ts";
import { dotsOfSixteen, fitsRows } from "./unrolled-rows.ts";

/** Codes of a workgroup of {@link dotCodes}: a GPU is busy with few samples of many concepts too. */
const tile = 512;

/** What all begin with: which codes of the `count` from `start` on are not zero. */
const findActive = /* wgsl */ `
  clearSet(lane, 0u);
  workgroupBarrier();
  for (var k = lane; k < count; k += 256u) { if (codes[start + k] != 0.0) { setActive(0u, k); } }
  workgroupBarrier();`;

export function registerSparseCodes(backend: GpuBackend): void {
  registerKernel(decodeCodes, "webgpu", ({ codes, atoms }) => {
    const [batch, concepts] = codes.shape as [number, number];
    const length = atoms.shape[1] as number;
    if (concepts === 0 || concepts > mostEntries) {
      return tidy(() => decodeCodes.definition.composite({ codes: codes as Tensor, atoms: atoms as Tensor }, {}));
    }
    const tiles = Math.ceil(length / entriesOfGroup);
    return runProgram(backend, {
      name: `decodeCodes ${concepts}`,
      inputs: { codes, atoms },
      outputs: { x: { shape: [batch, length], dtype: "float32" } },
      sizes: { concepts, length, tiles },
      declarations: activeSets(concepts),
      body: /* wgsl */ `
  let start = group / u.tiles * u.concepts;
  let count = u.concepts;
  let first_ = group % u.tiles * ${entriesOfGroup}u + lane;${findActive}
  var sums: array<f32, 4>;
  ${overActive(
    "0u",
    "codes[start + j]",
    /* wgsl */ `
        for (var r = 0u; r < 4u; r++) {
          sums[r] += weight * atoms[j * u.length + min(first_ + 256u * r, u.length - 1u)];
        }`,
  )}
  for (var r = 0u; r < 4u; r++) {
    let i = first_ + 256u * r;
    if (i < u.length) { x[group / u.tiles * u.length + i] = sums[r]; }
  }`,
      groups: batch * tiles,
    });
  });

  registerKernel(dotCodes, "webgpu", ({ x, codes, atoms }) => {
    const [batch, concepts] = codes.shape as [number, number];
    const length = x.shape[1] as number;
    if (length === 0 || !fitsRows(backend, length, tile)) {
      const tensors = { x: x as Tensor, codes: codes as Tensor, atoms: atoms as Tensor };
      return tidy(() => dotCodes.definition.composite(tensors, {}));
    }
    const tiles = Math.ceil(concepts / tile);
    return runProgram(backend, {
      name: `dotCodes ${length}`,
      inputs: { x, codes, atoms },
      outputs: { values: { shape: codes.shape, dtype: "float32" } },
      sizes: { concepts, tiles },
      declarations: `${activeSets(tile)}${dotsOfSixteen(length)}
var<workgroup> counter: atomic<u32>;
var<workgroup> found: u32;`,
      body: /* wgsl */ `
  let sample = group / u.tiles;
  let firstCode = group % u.tiles * ${tile}u;
  let start = sample * u.concepts + firstCode;
  let count = min(${tile}u, u.concepts - firstCode);
  if (lane == 0u) { atomicStore(&counter, 0u); }${findActive}
  for (var i = lane; i < LENGTH; i += 256u) { vector[i] = x[sample * LENGTH + i]; }
  for (var k = lane; k < count; k += 256u) {
    if (isActive(0u, k)) { atomicAdd(&counter, 1u); } else { values[start + k] = 0.0; }
  }
  workgroupBarrier();
  if (lane == 0u) { found = atomicLoad(&counter); }
  let wanted = workgroupUniformLoad(&found);
  var walk = startWalk(0u);
  for (var done = 0u; done < wanted; done += 16u) {
    let k = entryOfSixteen(&walk, 0u, lane);
    let product = dotOfSixteen(lane, firstCode + k);
    if (lane % 16u == 0u && done + lane / 16u < wanted) { values[start + k] = product; }
  }`,
      groups: batch * tiles,
    });
  });

  registerKernel(accumulateCodes, "webgpu", ({ x, codes }) => {
    const [batch, concepts] = codes.shape as [number, number];
    return sumMatches(backend, {
      name: "accumulateCodes",
      inputs: { x, codes },
      outputs: ["atoms"],
      shape: [concepts, x.shape[1] as number],
      rows: concepts,
      choices: batch,
      sizes: { concepts },
      condition: "codes[j * u.concepts + wanted] != 0.0",
      type: "f32",
      add: "sum += codes[j * u.concepts + row] * x[j * u.size + i];",
      read: "atoms[at]",
      write: "atoms[at] = sum;",
    });
  });
}
