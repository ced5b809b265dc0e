import { convCorrelate, convKernelGradient, convSynthesize } from "../contracts/convolution.ts";
import type { Padding } from "../contracts/patches.ts";
import type { Grid } from "../spectrum.ts";
import { type ConformanceCase, conformanceCase } from "./conformance-case.ts";
import { convPointsCases } from "./conv-points-cases.ts";
import {
  convCorrelateReference,
  convKernelGradientReference,
  convSynthesizeReference,
} from "./convolution-reference.ts";
import { randomArray } from "./random-array.ts";

interface Convolution {
  readonly name: string;
  readonly batch: number;
  readonly grid: Grid;
  readonly size: Grid;
  readonly channels: number;
  readonly concepts: number;
}

const convolutions: readonly Convolution[] = [
  { name: "one of each", batch: 1, grid: [1], size: [1], channels: 1, concepts: 1 },
  { name: "odd axis", batch: 2, grid: [7], size: [3], channels: 2, concepts: 3 },
  { name: "even axis", batch: 3, grid: [8], size: [5], channels: 1, concepts: 2 },
  { name: "kernel larger than the grid", batch: 2, grid: [3], size: [5], channels: 2, concepts: 2 },
  { name: "plane", batch: 2, grid: [5, 6], size: [3, 5], channels: 3, concepts: 4 },
  { name: "pointwise plane", batch: 2, grid: [4, 3], size: [1, 1], channels: 3, concepts: 2 },
  { name: "large plane", batch: 2, grid: [16, 15], size: [7, 7], channels: 3, concepts: 8 },
  { name: "wide plane", batch: 2, grid: [5, 45], size: [3, 5], channels: 1, concepts: 23 },
  { name: "volume", batch: 2, grid: [3, 4, 5], size: [3, 1, 3], channels: 2, concepts: 3 },
  { name: "no samples", batch: 0, grid: [5, 6], size: [3, 3], channels: 3, concepts: 4 },
];

export function convolutionCases(): ConformanceCase[] {
  const paddings: readonly Padding[] = ["circular", "zero"];
  return [
    ...convolutions.flatMap((convolution) =>
      paddings.flatMap((padding) => [
        correlateCase(convolution, padding),
        synthesizeCase(convolution, padding),
        kernelGradientCase(convolution, padding),
      ]),
    ),
    ...convPointsCases(),
  ];
}

function correlateCase(
  { name, batch, grid, size, channels, concepts }: Convolution,
  padding: Padding,
): ConformanceCase {
  return conformanceCase({
    contract: convCorrelate,
    name: `${name}, ${padding}`,
    attributes: { padding },
    inputs: (random) => ({
      x: randomArray(random, [batch, ...grid, channels]),
      kernels: randomArray(random, [concepts, ...size, channels]),
    }),
    reference: ({ x, kernels }) => ({ a: convCorrelateReference(x, kernels, padding) }),
  });
}

function synthesizeCase(
  { name, batch, grid, size, channels, concepts }: Convolution,
  padding: Padding,
): ConformanceCase {
  return conformanceCase({
    contract: convSynthesize,
    name: `${name}, ${padding}`,
    attributes: { padding },
    inputs: (random) => ({
      z: randomArray(random, [batch, ...grid, concepts]),
      kernels: randomArray(random, [concepts, ...size, channels]),
    }),
    reference: ({ z, kernels }) => ({ x: convSynthesizeReference(z, kernels, padding) }),
  });
}

function kernelGradientCase(convolution: Convolution, padding: Padding): ConformanceCase {
  const { name, batch, grid, size, channels, concepts } = convolution;
  return conformanceCase({
    contract: convKernelGradient,
    name: `${name}, ${padding}`,
    attributes: { size, padding },
    inputs: (random) => ({
      x: randomArray(random, [batch, ...grid, channels]),
      a: randomArray(random, [batch, ...grid, concepts]),
    }),
    reference: ({ x, a }) => ({ kernels: convKernelGradientReference(x, a, size, padding) }),
  });
}
