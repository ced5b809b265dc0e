/** Codes by bounds (assembly/screened-encode.ts) against all products in float64, on numbers whose sums float32 holds exactly: the same concepts, the same values. */
import { createRandom, encodeTopK, type Random, useBackend } from "@saeno/backend";
import { dispose, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { createWasmBackend } from "../wasm-backend.ts";

interface Sizes {
  readonly batch: number;
  readonly inputs: number;
  readonly concepts: number;
  readonly k: number;
}

interface Data {
  readonly x: Float32Array;
  readonly atoms: Float32Array;
  readonly bias: Float32Array;
}

/** Whole numbers of a range, every one as likely. */
const whole = (random: Random, count: number, largest: number): Float32Array =>
  Float32Array.from({ length: count }, () => random.integer(2 * largest + 1) - largest);

const kinds: Readonly<Record<string, (random: Random, sizes: Sizes) => Data>> = {
  "whole numbers": (random, sizes) => numbers(random, sizes, 7, 7),
  "many equal values": (random, sizes) => numbers(random, sizes, 1, 1),
  "mostly zeros, never negative": (random, sizes) => {
    const data = numbers(random, sizes, 9, 9);
    return { ...data, x: data.x.map((value, i) => (i % 5 === 0 ? Math.abs(value) : 0)) };
  },
  "rows and atoms of zeros": (random, sizes) => {
    const data = numbers(random, sizes, 5, 5);
    data.x.fill(0, 0, 3 * sizes.inputs);
    data.atoms.fill(0, 2 * sizes.inputs, 9 * sizes.inputs);
    return { ...data, bias: data.bias.fill(0) };
  },
  "every atom twice": (random, sizes) => {
    const data = numbers(random, sizes, 6, 6);
    const { inputs, concepts } = sizes;
    for (let c = 1; c < concepts; c += 2) {
      data.atoms.copyWithin(c * inputs, (c - 1) * inputs, c * inputs);
      data.bias[c] = data.bias[c - 1];
    }
    return data;
  },
  "atoms that differ in a unit of one entry": (random, sizes) => {
    const data = numbers(random, sizes, 6, 0);
    const base = whole(random, sizes.inputs, 60);
    for (let c = 0; c < sizes.concepts; c++) {
      data.atoms.set(base, c * sizes.inputs);
      data.atoms[c * sizes.inputs + random.integer(sizes.inputs)] += random.integer(3) - 1;
    }
    return data;
  },
  "lengths from 2^-20 to 2^20": (random, sizes) => {
    const data = numbers(random, sizes, 3, 3);
    const scaled = (values: Float32Array) =>
      values.map((value, i) => value * 2 ** ((Math.floor(i / sizes.inputs) % 21) - 10));
    return { x: scaled(data.x), atoms: scaled(data.atoms), bias: data.bias.fill(0) };
  },
  "one entry that is nearly all": (random, sizes) => {
    const data = numbers(random, sizes, 1, 3);
    for (let b = 0; b < sizes.batch; b++) data.x[b * sizes.inputs + (b % sizes.inputs)] = 2 ** 17;
    return data;
  },
  "biases beyond all products, some of them infinite": (random, sizes) => {
    const data = numbers(random, sizes, 4, 4);
    return { ...data, bias: data.bias.map((value, c) => (c % 3 === 0 ? Number.NEGATIVE_INFINITY : 2 ** 18 * value)) };
  },
  "lengths beyond float32's squares": (random, sizes) => {
    const data = numbers(random, sizes, 4, 4);
    return { ...data, x: data.x.map((value) => value * 2 ** 70), bias: data.bias.fill(0) };
  },
};

const all: readonly Sizes[] = [
  { batch: 16, inputs: 128, concepts: 160, k: 20 },
  { batch: 21, inputs: 131, concepts: 517, k: 1 },
  { batch: 64, inputs: 257, concepts: 1200, k: 7 },
  { batch: 130, inputs: 200, concepts: 300, k: 37 },
];

beforeAll(async () => {
  await useBackend(createWasmBackend({ threads: 3 }));
});

describe("concepts chosen by bounds", () => {
  test.each(Object.entries(kinds))("%s", (_, make) => {
    all.forEach((sizes, seed) => {
      const data = make(createRandom(seed), sizes);
      expect(encoded(data, sizes)).toEqual(reference(data, sizes));
    });
  });
});

function numbers(random: Random, { batch, inputs, concepts }: Sizes, ofX: number, ofAtoms: number): Data {
  return {
    x: whole(random, batch * inputs, ofX),
    atoms: whole(random, concepts * inputs, ofAtoms),
    bias: whole(random, concepts, 5),
  };
}

interface Code {
  readonly concept: number;
  readonly value: number;
}

function encoded({ x, atoms, bias }: Data, { batch, inputs, concepts, k }: Sizes): Code[] {
  const given = { x: tensor(x, [batch, inputs]), atoms: tensor(atoms, [concepts, inputs]), bias: tensor(bias) };
  const found = encodeTopK(given, { k });
  const values = found.values.dataSync<"float32">();
  const codes = Array.from(found.concepts.dataSync<"int32">(), (concept, i) => ({ concept, value: values[i] }));
  dispose([given, { ...found }]);
  return codes;
}

function reference({ x, atoms, bias }: Data, { batch, inputs, concepts, k }: Sizes): Code[] {
  return Array.from({ length: batch }, (_, b) => {
    const codes = Array.from({ length: concepts }, (_, concept): Code => {
      let sum = bias[concept];
      for (let i = 0; i < inputs; i++) sum += x[b * inputs + i] * atoms[concept * inputs + i];
      return { concept, value: Math.max(0, sum) };
    });
    const largest = codes.sort((one, other) => other.value - one.value || one.concept - other.concept).slice(0, k);
    return largest.sort((one, other) => one.concept - other.concept);
  }).flat();
}
