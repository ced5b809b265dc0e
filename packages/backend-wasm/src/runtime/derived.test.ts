/** Integers of atoms that are used again: kept while atoms stay as they are, and no longer. */
import { adamStep, createRandom, encodeTopK, sizeOf, useBackend } from "@saeno/backend";
import { dispose, reshape, type Tensor, type TensorInfo, tensor, tidy, zeros } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { createWasmBackend } from "../wasm-backend.ts";
import { derivedFrom } from "./derived.ts";
import type { Kernels } from "./thread-pool.ts";
import type { WasmBackend } from "./wasm-memory.ts";

beforeAll(async () => {
  await useBackend(createWasmBackend({ threads: 2 }));
  x = normals(batch, inputs);
});

const [batch, inputs, conceptCount, k] = [32, 256, 384, 7];
const random = createRandom(3);
const normals = (...shape: number[]): Tensor => tensor(random.normals(sizeOf(shape)), shape);
let x: Tensor;

function codes(atoms: Tensor, samples = x): number[][] {
  const read: number[][] = [];
  tidy(() => {
    const { concepts, values } = encodeTopK({ x: samples, atoms, bias: zeros([atoms.shape[0]]) }, { k });
    for (const each of [concepts, values]) read.push([...each.dataSync()]);
  });
  return read;
}

/** Of a copy, which nothing was derived from. */
function expected(atoms: Tensor, samples = x): number[][] {
  const copy = tensor(atoms.dataSync(), atoms.shape);
  const found = codes(copy, samples);
  copy.dispose();
  return found;
}

test("the same codes every time", () => {
  const atoms = normals(conceptCount, inputs);
  for (let i = 0; i < 4; i++) expect(codes(atoms)).toEqual(expected(atoms));
  dispose(atoms);
});

test("codes follow atoms that a step changes in place", () => {
  const shape = [conceptCount, inputs];
  const settings = { rate: 0.5, floor: 1e-8, beta1: 0.9, beta2: 0.999, unitRows: true, inPlace: true };
  let state = { parameter: normals(...shape), first: zeros(shape), second: zeros(shape) };
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) expect(codes(state.parameter)).toEqual(expected(state.parameter));
    const before = codes(state.parameter);
    const gradient = normals(...shape);
    const stepped = adamStep({ ...state, gradient }, settings);
    expect(stepped.parameter.dataId).toBe(state.parameter.dataId);
    dispose([gradient, state]);
    state = { ...stepped };
    expect(codes(state.parameter)).not.toEqual(before);
  }
  dispose(state);
});

test("a step in place leaves alone what somebody else holds", () => {
  const shape = [conceptCount, inputs];
  const state = {
    parameter: normals(...shape),
    first: zeros(shape),
    second: zeros(shape),
    gradient: normals(...shape),
  };
  const held = state.parameter.clone();
  const before = held.dataSync().slice();
  const stepped = adamStep(state, { rate: 0.5, floor: 1e-8, beta1: 0.9, beta2: 0.999, unitRows: true, inPlace: true });
  expect(stepped.first.dataId).toBe(state.first.dataId);
  expect(stepped.parameter.dataId).not.toBe(state.parameter.dataId);
  expect(held.dataSync()).toEqual(before);
  dispose([held, state, { ...stepped }]);
});

test("atoms with the same values in another shape have codes of their own", () => {
  const atoms = normals(conceptCount, inputs);
  const turned = reshape(atoms, [conceptCount * 2, inputs / 2]);
  const short = normals(batch, inputs / 2);
  for (let i = 0; i < 3; i++) {
    expect(codes(atoms)).toEqual(expected(atoms));
    expect(codes(turned, short)).toEqual(expected(turned, short));
  }
  dispose([atoms, turned, short]);
});

test("memory that was not filled, or cannot be had, is not used", () => {
  const tensorOf = (dataId: object): TensorInfo => ({ dataId, shape: [2], dtype: "float32" });
  const held = new Set<number>();
  let isFull = false;
  const kernels = {
    allocate: () => {
      if (isFull) throw new Error("full");
      const address = 64 * (held.size + 1);
      held.add(address);
      return { address, free: () => held.delete(address) };
    },
  };
  const backendOf = { disposeData: () => true };
  const derived = derivedFrom(backendOf as unknown as WasmBackend, kernels as unknown as Kernels);
  const one = tensorOf({});
  expect(derived.of(one, 8)).toBeUndefined();
  for (let i = 0; i < 2; i++) expect(derived.of(one, 8)).toEqual({ address: 64, ready: false });
  derived.filled(one);
  expect(derived.of(one, 8)).toEqual({ address: 64, ready: true });
  isFull = true;
  const other = tensorOf({});
  for (let i = 0; i < 3; i++) {
    expect(derived.of(other, 8)).toBeUndefined();
    derived.filled(other);
  }
  (backendOf.disposeData as (dataId: object) => boolean)(one.dataId);
  expect(held.size).toBe(0);
});
