import { add, matMul, mul, reshape, sub, type Tensor, transpose } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { jointly } from "../jointly.ts";

/** Which factor is replaced by its conjugate transpose, frequency by frequency. */
export type Adjoint = "none" | "a" | "b";
type Operands = "aRe" | "aIm" | "bRe" | "bIm";

/**
 * A complex matrix product at every frequency: a `[P, Q, M]` and b `[Q, S, M]` to `[P, S, M]`, with
 * `adjoint: "a"` for `a^H b` and `"b"` for `a b^H`. The dense contractions of a fourier dictionary (specification: Dictionaries) are
 * `x E^H` (correlate), `z D` (synthesize) and `g^H x` (the gradient of the weights). Cost: 8 P Q S M operations.
 */
export const spectralMatMul: Contract<Operands, "re" | "im", { readonly adjoint: Adjoint }> = defineContract({
  name: "SaenoSpectralMatMul",
  inputs: ["aRe", "aIm", "bRe", "bIm"],
  outputs: ["re", "im"],
  composite({ aRe, aIm, bRe, bIm }, { adjoint }) {
    const inner = aRe.shape[adjoint === "a" ? 0 : 1];
    const product = inner === 1 ? outerProduct(adjoint) : innerProduct(adjoint);
    // (a + i a')(b + i b') with the imaginary part of a conjugated factor negated.
    const rr = product(aRe, bRe);
    const ii = product(aIm, bIm);
    const ri = product(aRe, bIm);
    const ir = product(aIm, bRe);
    switch (adjoint) {
      case "none":
        return { re: sub(rr, ii), im: add(ri, ir) };
      case "a":
        return { re: add(rr, ii), im: sub(ri, ir) };
      case "b":
        return { re: add(rr, ii), im: sub(ir, ri) };
      default:
        throw adjoint satisfies never;
    }
  },
  gradient: {
    saves: ["aRe", "aIm", "bRe", "bIm"],
    backward({ re, im }, { aRe, aIm, bRe, bIm }, { adjoint }) {
      const a = { re: aRe, im: aIm };
      const b = { re: bRe, im: bIm };
      const g = { re, im };
      // Each gradient is itself such a product.
      const toA = () =>
        adjoint === "none" ? times(g, b, "b") : adjoint === "b" ? times(g, b, "none") : times(b, g, "b");
      const toB = () =>
        adjoint === "none" ? times(a, g, "a") : adjoint === "b" ? times(g, a, "a") : times(a, g, "none");
      return { ...jointly(["aRe", "aIm"], toA, ["re", "im"]), ...jointly(["bRe", "bIm"], toB, ["re", "im"]) };
    },
  },
});

type Parts = {
  readonly re: Tensor;
  readonly im: Tensor;
};

function times(a: Parts, b: Parts, adjoint: Adjoint): Parts {
  return spectralMatMul({ aRe: a.re, aIm: a.im, bRe: b.re, bIm: b.im }, { adjoint });
}

/** A real product at every frequency, as matrix products batched over the frequencies. */
function innerProduct(adjoint: Adjoint): (a: Tensor, b: Tensor) => Tensor {
  const byFrequency = (x: Tensor) => transpose(x, [2, 0, 1]);
  return (a, b) => transpose(matMul(byFrequency(a), byFrequency(b), adjoint === "a", adjoint === "b"), [1, 2, 0]);
}

/** The same if the summed axis has one entry: one multiplication with broadcasting. */
function outerProduct(adjoint: Adjoint): (a: Tensor, b: Tensor) => Tensor {
  return (a, b) => {
    const frequencies = a.shape[2] as number;
    const rows = a.shape[adjoint === "a" ? 1 : 0] as number;
    const columns = b.shape[adjoint === "b" ? 0 : 1] as number;
    return mul(reshape(a, [rows, 1, frequencies]), reshape(b, [1, columns, frequencies]));
  };
}
