import { accumulateChosen, accumulateRows, registerKernel, sumChosen } from "@saeno/backend";
import {
  add,
  mul,
  reshape,
  sub,
  type Tensor,
  type Tensor1D,
  type TensorInfo,
  tidy,
  unsortedSegmentSum,
} from "@tensorflow/tfjs-core";

/** Sums by concept: TensorFlow adds rows by index, where the composites multiply by a membership matrix, at `K` times the work. */
export function registerKernels(backendName: string): void {
  registerKernel(sumChosen, backendName, ({ values, concepts }, { conceptCount }) => ({
    sums: tidy(() => sumByConcept(flat(values), concepts, conceptCount)),
  }));

  registerKernel(accumulateRows, backendName, ({ values, concepts, x }, { conceptCount }) => {
    const [batch, inputs] = x.shape as [number, number];
    const atoms = tidy(() => {
      const products = mul(reshape(values as Tensor, [batch, -1, 1]), reshape(x as Tensor, [batch, 1, inputs]));
      return sumByConcept(reshape(products, [-1, inputs]), concepts, conceptCount);
    });
    return { atoms };
  });

  registerKernel(accumulateChosen, backendName, ({ pRe, pIm, qRe, qIm, concepts }, { conceptCount }) => {
    const [batch, channels, frequencies] = pRe.shape as [number, number, number];
    const parts = tidy(() => {
      const p = (x: TensorInfo) => reshape(x as Tensor, [batch, 1, channels, frequencies]);
      const q = (x: TensorInfo) => reshape(x as Tensor, [batch, -1, 1, frequencies]);
      const sumOf = (products: Tensor) => {
        const rows = reshape(products, [-1, channels * frequencies]);
        return reshape(sumByConcept(rows, concepts, conceptCount), [conceptCount, channels, frequencies]);
      };
      return {
        re: sumOf(add(mul(p(pRe), q(qRe)), mul(p(pIm), q(qIm)))),
        im: sumOf(sub(mul(p(pIm), q(qRe)), mul(p(pRe), q(qIm)))),
      };
    });
    return parts;
  });
}

function sumByConcept(rows: Tensor, concepts: TensorInfo, conceptCount: number): Tensor {
  return unsortedSegmentSum(rows, flat(concepts) as Tensor1D, conceptCount);
}

function flat(x: TensorInfo): Tensor {
  return reshape(x as Tensor, [-1]);
}
