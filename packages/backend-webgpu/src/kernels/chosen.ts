/** Contractions of a fourier dictionary over chosen concepts: a thread for each entry of the result, neighbors at neighboring frequencies. */
import { accumulateChosen, correlateChosen, decodeChosen, registerKernel, sizeOf, sumChosen } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { allCodes, isMost } from "./dense-rows.ts";
import { sumMatches } from "./matches.ts";
import { type GpuBackend, groupsFor, oneEntry, runProgram, sumOfLanes } from "./program.ts";
import { columnSums } from "./sums.ts";

export function registerChosen(backend: GpuBackend): void {
  /** Complex sums: `term` adds to `sum` for the entry `i` at the frequency `w`. `spectra` is one of the inputs `[.., C, M]`. */
  const contract = (
    name: string,
    inputs: Readonly<Record<string, TensorInfo>> & { readonly concepts: TensorInfo },
    spectra: TensorInfo,
    shapeOf: (sizes: { batch: number; chosen: number; channels: number; frequencies: number }) => number[],
    term: string,
  ) => {
    const [, channels, frequencies] = spectra.shape as [number, number, number];
    const [batch, chosen] = inputs.concepts.shape as [number, number];
    const shape = shapeOf({ batch, chosen, channels, frequencies });
    const entries = sizeOf(shape);
    const output = { shape, dtype: "float32" as const };
    return runProgram(backend, {
      name,
      inputs,
      outputs: { re: output, im: output },
      sizes: { entries, channels, frequencies, chosen },
      body: /* wgsl */ `${oneEntry}
  let w = i % u.frequencies;
  var sum = vec2f();
  ${term}
  re[i] = sum.x;
  im[i] = sum.y;`,
      groups: groupsFor(entries),
    });
  };

  registerKernel(correlateChosen, "webgpu", (inputs) =>
    contract(
      "correlateChosen",
      inputs,
      inputs.xRe,
      ({ batch, chosen, frequencies }) => [batch, chosen, frequencies],
      /* wgsl */ `
  let choice = i / u.frequencies;
  var e = u32(concepts[choice]) * u.channels * u.frequencies + w;
  var x = choice / u.chosen * u.channels * u.frequencies + w;
  for (var c = 0u; c < u.channels; c++) {
    sum += vec2f(eRe[e] * xRe[x] + eIm[e] * xIm[x], eRe[e] * xIm[x] - eIm[e] * xRe[x]);
    e += u.frequencies;
    x += u.frequencies;
  }`,
    ),
  );

  registerKernel(decodeChosen, "webgpu", (inputs) =>
    contract(
      "decodeChosen",
      inputs,
      inputs.dRe,
      ({ batch, channels, frequencies }) => [batch, channels, frequencies],
      /* wgsl */ `
  let c = i / u.frequencies % u.channels;
  let sample = i / u.frequencies / u.channels;
  for (var j = sample * u.chosen; j < (sample + 1u) * u.chosen; j++) {
    let d = (u32(concepts[j]) * u.channels + c) * u.frequencies + w;
    let z = j * u.frequencies + w;
    sum += vec2f(dRe[d] * zRe[z] - dIm[d] * zIm[z], dRe[d] * zIm[z] + dIm[d] * zRe[z]);
  }`,
    ),
  );

  registerKernel(accumulateChosen, "webgpu", (inputs, { conceptCount }) => {
    const [, channels, frequencies] = inputs.pRe.shape as [number, number, number];
    return sumMatches(backend, {
      name: "accumulateChosen",
      inputs,
      outputs: ["re", "im"],
      shape: [conceptCount, channels, frequencies],
      rows: conceptCount,
      choices: sizeOf(inputs.concepts.shape),
      sizes: { frequencies, chosen: inputs.concepts.shape[1] as number },
      type: "vec2f",
      add: /* wgsl */ `
          let p = j / u.chosen * u.size + i;
          let q = j * u.frequencies + i % u.frequencies;
          sum += vec2f(pRe[p] * qRe[q] + pIm[p] * qIm[q], pIm[p] * qRe[q] - pRe[p] * qIm[q]);`,
      read: "vec2f(re[at], im[at])",
      write: "re[at] = sum.x; im[at] = sum.y;",
    });
  });

  registerKernel(sumChosen, "webgpu", ({ values, concepts }, { conceptCount }) => {
    const choices = sizeOf(concepts.shape);
    if (concepts.shape.length === 2 && isMost(backend, concepts, conceptCount)) {
      const codes = allCodes(backend, { values, concepts }, conceptCount);
      const n = concepts.shape[0] as number;
      const sums = columnSums(backend, codes, { shape: [conceptCount], n, scale: 1 });
      backend.disposeData(codes.dataId);
      return { sums };
    }
    // With many concepts a workgroup sums for several, or choices would be looked through too often.
    const block = conceptCount >= 4096 ? 16 : 1;
    const each = (line: (own: number) => string) => Array.from({ length: block }, (_, own) => line(own)).join("\n    ");
    return runProgram(backend, {
      name: `sumChosen ${block}`,
      inputs: { values, concepts },
      outputs: { sums: { shape: [conceptCount], dtype: "float32" } },
      sizes: { choices, conceptCount },
      declarations: sumOfLanes,
      body: /* wgsl */ `
  let first_ = i32(group * ${block}u);
  var own: array<f32, ${block}>;
  for (var j = lane; j < u.choices; j += 256u) {
    let which = concepts[j] - first_;
    let value = values[j];
    ${each((i) => `own[${i}] += select(0.0, value, which == ${i});`)}
  }
  for (var i = 0u; i < ${block}u; i++) {
    let total = sumOfLanes(lane, own[i]);
    if (lane == 0u && u32(first_) + i < u.conceptCount) { sums[u32(first_) + i] = total; }
  }`,
      groups: Math.ceil(conceptCount / block),
    });
  });
}
