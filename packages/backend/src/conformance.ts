/**
 * The conformance suite of the kernel contracts: every contract, forward and gradient, against plain float64 loops
 * written from the definitions. Authors of backend plugins run it and expect small deviations and no leaks.
 */

import type { ConformanceCase, ConformanceResult } from "./conformance/conformance-case.ts";
import { convolutionCases } from "./conformance/convolution-cases.ts";
import { denseCases } from "./conformance/dense-cases.ts";
import { fourierCases } from "./conformance/fourier-cases.ts";
import { functionCases } from "./conformance/function-cases.ts";
import { optimizerCases } from "./conformance/optimizer-cases.ts";
import { selectionCases } from "./conformance/selection-cases.ts";
import { sparseCodeCases } from "./conformance/sparse-code-cases.ts";
import { spectralCases } from "./conformance/spectral-cases.ts";
import { thetaCases } from "./conformance/theta-cases.ts";
import { unrolledCases } from "./conformance/unrolled-cases.ts";
import { unrolledMapsCases } from "./conformance/unrolled-maps-cases.ts";
import { SaenoError } from "./error.ts";
import { type BackendPlugin, useBackend } from "./plugin.ts";

export type { ConformanceCase, ConformanceResult } from "./conformance/conformance-case.ts";

/** All cases: odd, even, empty, one-element and larger shapes in one to three dimensions, the same numbers every time. */
export function conformanceCases(): readonly ConformanceCase[] {
  return [
    ...fourierCases(),
    ...functionCases(),
    ...selectionCases(),
    ...spectralCases(),
    ...thetaCases(),
    ...convolutionCases(),
    ...optimizerCases(),
    ...denseCases(),
    ...sparseCodeCases(),
    ...unrolledCases(),
    ...unrolledMapsCases(),
  ];
}

/** Every n-th case of each contract, from the one at `first` on; at least one of each. */
export function sampleOfCases(cases: readonly ConformanceCase[], every: number, first = 0): readonly ConformanceCase[] {
  const contracts = [...new Set(cases.map(({ contract }) => contract))];
  return contracts.flatMap((contract) => {
    const own = cases.filter((each) => each.contract === contract);
    return own.filter((_, i) => i % every === first % Math.min(every, own.length));
  });
}

/**
 * Runs every case on a backend, or every n-th of each contract: without fast kernels all take a minute or two.
 *
 * @param choice a plugin, or the name of a registered one.
 * @param options `every`: the n of the sample, at least one case of each contract; default 1, all cases.
 * @throws SaenoError `conformance.every` unless `every` is a positive integer; as `useBackend`; and whatever a contract throws instead of computing.
 */
export async function runConformance(
  choice: BackendPlugin | string,
  options: { readonly every?: number } = {},
): Promise<readonly ConformanceResult[]> {
  const { every = 1 } = options;
  if (!(Number.isSafeInteger(every) && every > 0)) {
    throw new SaenoError("conformance.every", `"every" must be a positive integer; got ${every}.`);
  }
  await useBackend(choice);
  return sampleOfCases(conformanceCases(), every).map((each) => each.run());
}
