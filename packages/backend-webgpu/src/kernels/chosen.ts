/** Contractions of a fourier dictionary over chosen concepts: a thread for each entry of the result, neighbours at neighbouring frequencies. */
import { accumulateChosen, correlateChosen, decodeChosen, registerKernel, sizeOf, sumChosen } from "@saeno/backend";
import { type GpuBackend, groupsFor, runProgram } from "./program.ts";

const at = /* wgsl */ `
  let i = group * 256u + lane;
  if (i >= u.entries) { return; }
  let w = i % u.frequencies;`;

export function registerChosen(backend: GpuBackend): void {
  const contract = (
    name: string,
    inputs: Parameters<typeof runProgram>[1]["inputs"],
    shape: number[],
    sizes: Readonly<Record<string, number>>,
    body: string,
  ) => {
    const entries = sizeOf(shape);
    const output = { shape, dtype: "float32" as const };
    const program = { name, inputs, outputs: { re: output, im: output }, sizes: { entries, ...sizes } };
    return runProgram<"re" | "im">(backend, { ...program, body: at + body, groups: groupsFor(entries) });
  };

  registerKernel(correlateChosen, "webgpu", (inputs) => {
    const [, channels, frequencies] = inputs.xRe.shape as [number, number, number];
    const [batch, chosen] = inputs.concepts.shape as [number, number];
    const sizes = { channels, frequencies, chosen };
    return contract(
      "correlateChosen",
      inputs,
      [batch, chosen, frequencies],
      sizes,
      /* wgsl */ `
  let choice = i / u.frequencies;
  var e = u32(concepts[choice]) * u.channels * u.frequencies + w;
  var x = choice / u.chosen * u.channels * u.frequencies + w;
  var sum = vec2f();
  for (var c = 0u; c < u.channels; c++) {
    sum += vec2f(eRe[e] * xRe[x] + eIm[e] * xIm[x], eRe[e] * xIm[x] - eIm[e] * xRe[x]);
    e += u.frequencies;
    x += u.frequencies;
  }
  re[i] = sum.x;
  im[i] = sum.y;`,
    );
  });

  registerKernel(decodeChosen, "webgpu", (inputs) => {
    const [, channels, frequencies] = inputs.dRe.shape as [number, number, number];
    const [batch, chosen] = inputs.concepts.shape as [number, number];
    const sizes = { channels, frequencies, chosen };
    return contract(
      "decodeChosen",
      inputs,
      [batch, channels, frequencies],
      sizes,
      /* wgsl */ `
  let c = i / u.frequencies % u.channels;
  let sample = i / u.frequencies / u.channels;
  var sum = vec2f();
  for (var j = sample * u.chosen; j < (sample + 1u) * u.chosen; j++) {
    let d = (u32(concepts[j]) * u.channels + c) * u.frequencies + w;
    let z = j * u.frequencies + w;
    sum += vec2f(dRe[d] * zRe[z] - dIm[d] * zIm[z], dRe[d] * zIm[z] + dIm[d] * zRe[z]);
  }
  re[i] = sum.x;
  im[i] = sum.y;`,
    );
  });

  registerKernel(accumulateChosen, "webgpu", (inputs, { conceptCount }) => {
    const [, channels, frequencies] = inputs.pRe.shape as [number, number, number];
    const [batch, chosen] = inputs.concepts.shape as [number, number];
    const sizes = { channels, frequencies, chosen, choices: batch * chosen };
    return contract(
      "accumulateChosen",
      inputs,
      [conceptCount, channels, frequencies],
      sizes,
      /* wgsl */ `
  let c = i / u.frequencies % u.channels;
  let wanted = i32(i / u.frequencies / u.channels);
  var sum = vec2f();
  for (var j = 0u; j < u.choices; j++) {
    if (concepts[j] != wanted) { continue; }
    let p = (j / u.chosen * u.channels + c) * u.frequencies + w;
    let q = j * u.frequencies + w;
    sum += vec2f(pRe[p] * qRe[q] + pIm[p] * qIm[q], pIm[p] * qRe[q] - pRe[p] * qIm[q]);
  }
  re[i] = sum.x;
  im[i] = sum.y;`,
    );
  });

  registerKernel(sumChosen, "webgpu", (inputs, { conceptCount }) =>
    runProgram(backend, {
      name: "sumChosen",
      inputs,
      outputs: { sums: { shape: [conceptCount], dtype: "float32" } },
      sizes: { entries: conceptCount, choices: sizeOf(inputs.concepts.shape) },
      body: /* wgsl */ `
  let i = group * 256u + lane;
  if (i >= u.entries) { return; }
  var sum = 0.0;
  for (var j = 0u; j < u.choices; j++) {
    if (concepts[j] == i32(i)) { sum += values[j]; }
  }
  sums[i] = sum;`,
      groups: groupsFor(conceptCount),
    }),
  );
}
