import {
  add,
  cast,
  equal,
  gather,
  matMul,
  mul,
  range,
  reshape,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  transpose,
  zeros,
} from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { jointly } from "../jointly.ts";

/**
 * The spectra of the chosen maps: x `[B, C, M]`, e `[K, C, M]`, concepts `[B, k]` to re, im `[B, k, M]`,
 * `sum_c conj(e[k, c]) x[c]` for each chosen k only (specification: Dictionaries). Cost: 8 B k C M operations.
 */
export const correlateChosen: Contract<"xRe" | "xIm" | "eRe" | "eIm" | "concepts", "re" | "im", object> =
  defineContract({
    name: "SaenoCorrelateChosen",
    inputs: ["xRe", "xIm", "eRe", "eIm", "concepts"],
    outputs: ["re", "im"],
    composite({ xRe, xIm, eRe, eIm, concepts }) {
      const weights = chosenWeights(eRe, eIm, concepts);
      const x = { re: beside(xRe), im: beside(xIm) };
      return {
        re: sum(add(mul(weights.re, x.re), mul(weights.im, x.im)), 2),
        im: sum(sub(mul(weights.re, x.im), mul(weights.im, x.re)), 2),
      };
    },
    gradient: {
      saves: ["xRe", "xIm", "eRe", "eIm", "concepts"],
      backward({ re, im }, { xRe, xIm, eRe, eIm, concepts }) {
        const attributes = { conceptCount: eRe.shape[0] };
        const toX = () => decodeChosen({ zRe: re, zIm: im, dRe: eRe, dIm: eIm, concepts }, {});
        const toE = () => accumulateChosen({ pRe: xRe, pIm: xIm, qRe: re, qIm: im, concepts }, attributes);
        return { ...jointly(["xRe", "xIm"], toX, ["re", "im"]), ...jointly(["eRe", "eIm"], toE, ["re", "im"]) };
      },
    },
  });

/**
 * Synthesis in the Fourier domain from chosen concepts: z `[B, k, M]`, d `[K, C, M]`, concepts `[B, k]` to re, im
 * `[B, C, M]`, `sum_j d[concepts_j, c] z[j]`. Adjoint of {@link correlateChosen}.
 */
export const decodeChosen: Contract<"zRe" | "zIm" | "dRe" | "dIm" | "concepts", "re" | "im", object> = defineContract({
  name: "SaenoDecodeChosen",
  inputs: ["zRe", "zIm", "dRe", "dIm", "concepts"],
  outputs: ["re", "im"],
  composite({ zRe, zIm, dRe, dIm, concepts }) {
    const weights = chosenWeights(dRe, dIm, concepts);
    const z = { re: across(zRe), im: across(zIm) };
    return {
      re: sum(sub(mul(weights.re, z.re), mul(weights.im, z.im)), 1),
      im: sum(add(mul(weights.re, z.im), mul(weights.im, z.re)), 1),
    };
  },
  gradient: {
    saves: ["zRe", "zIm", "dRe", "dIm", "concepts"],
    backward({ re, im }, { zRe, zIm, dRe, dIm, concepts }) {
      const attributes = { conceptCount: dRe.shape[0] };
      const toZ = () => correlateChosen({ xRe: re, xIm: im, eRe: dRe, eIm: dIm, concepts }, {});
      const toD = () => accumulateChosen({ pRe: re, pIm: im, qRe: zRe, qIm: zIm, concepts }, attributes);
      return { ...jointly(["zRe", "zIm"], toZ, ["re", "im"]), ...jointly(["dRe", "dIm"], toD, ["re", "im"]) };
    },
  },
});

/**
 * The gradient of both: p `[B, C, M]`, q `[B, k, M]`, concepts `[B, k]` to re, im `[conceptCount, C, M]`,
 * the sum of `p[b, c] conj(q[b, j])` over all `(b, j)` that chose the concept.
 */
export const accumulateChosen: Contract<
  "pRe" | "pIm" | "qRe" | "qIm" | "concepts",
  "re" | "im",
  { readonly conceptCount: number }
> = defineContract({
  name: "SaenoAccumulateChosen",
  inputs: ["pRe", "pIm", "qRe", "qIm", "concepts"],
  outputs: ["re", "im"],
  composite({ pRe, pIm, qRe, qIm, concepts }, { conceptCount }) {
    const p = { re: beside(pRe), im: beside(pIm) };
    const q = { re: across(qRe), im: across(qIm) };
    const re = add(mul(p.re, q.re), mul(p.im, q.im));
    const im = sub(mul(p.im, q.re), mul(p.re, q.im));
    const [batch, chosen, channels, frequencies] = re.shape as [number, number, number, number];
    const columns = channels * frequencies;
    const summed = (products: Tensor) =>
      reshape(sumByConcept(reshape(products, [batch * chosen, columns]), concepts, conceptCount), [
        conceptCount,
        channels,
        frequencies,
      ]);
    return { re: summed(re), im: summed(im) };
  },
});

/** Sums values `[B, k]` by the concept that each belongs to, distinct concepts `[B, k]`: `[conceptCount]`. */
export const sumChosen: Contract<"values" | "concepts", "sums", { readonly conceptCount: number }> = defineContract({
  name: "SaenoSumChosen",
  inputs: ["values", "concepts"],
  outputs: ["sums"],
  composite({ values, concepts }, { conceptCount }) {
    return {
      sums: reshape(sumByConcept(reshape(values, [values.size, 1]), concepts, conceptCount), [conceptCount]),
    };
  },
});

/** Sums rows `[B k, columns]` by their concept: `[conceptCount, columns]`. A matrix product, so it runs everywhere. */
function sumByConcept(rows: Tensor, concepts: Tensor, conceptCount: number): Tensor {
  // Not oneHot: tfjs refuses it for one concept, and its wasm backend fills a float32 result with zeros.
  const all = range(0, conceptCount, 1, "int32");
  const membership = cast(equal(reshape(concepts, [concepts.size, 1]), all), "float32");
  return matMul<Tensor>(transpose(membership), rows);
}

function chosenWeights(re: Tensor, im: Tensor, concepts: Tensor): { re: Tensor; im: Tensor } {
  const shape = [...concepts.shape, ...re.shape.slice(1)];
  // tfjs cannot gather zero rows.
  if (concepts.size === 0) return { re: zeros(shape), im: zeros(shape) };
  const pick = (x: Tensor) => reshape(gather(x, reshape(concepts, [-1]) as Tensor1D), shape);
  return { re: pick(re), im: pick(im) };
}

/** `[B, C, M]` to `[B, 1, C, M]`. */
function beside(x: Tensor): Tensor {
  const [batch, ...rest] = x.shape as [number, ...number[]];
  return reshape(x, [batch, 1, ...rest]);
}

/** `[B, k, M]` to `[B, k, 1, M]`. */
function across(x: Tensor): Tensor {
  const [batch, chosen, frequencies] = x.shape as [number, number, number];
  return reshape(x, [batch, chosen, 1, frequencies]);
}
