/** Functions with channels last and their spectra (the contracts of `functions.ts`): a workgroup for a channel of a sample, without transposes. */
import {
  analyzeFunctions,
  centerGradient,
  type Grid,
  type Modes,
  registerKernel,
  sizeOf,
  sumAtZero,
  synthesizeFunctions,
  synthesizeFunctionsGradient,
  zeroFrequency,
} from "@saeno/backend";
import { type Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { fourierTable } from "./fourier-table.ts";
import { planeOf } from "./plane.ts";
import { type GpuBackend, runProgram, sumOfLanes } from "./program.ts";

export function registerFunctions(backend: GpuBackend): void {
  registerKernel(analyzeFunctions, "webgpu", (inputs, { modes }) => {
    const spectra = spectraOf(backend, inputs.x, modes, inputs.center);
    return (
      spectra ?? tidy(() => analyzeFunctions.definition.composite(inputs as Record<"x" | "center", Tensor>, { modes }))
    );
  });

  registerKernel(synthesizeFunctionsGradient, "webgpu", ({ x }, { modes }) => {
    const spectra = spectraOf(backend, x, modes);
    if (spectra === undefined) {
      return tidy(() => synthesizeFunctionsGradient.definition.composite({ x: x as Tensor }, { modes }));
    }
    return { ...spectra, shift: sumAtZeroOf(backend, spectra.re, modes, 1) };
  });

  registerKernel(sumAtZero, "webgpu", ({ re }, { modes, scale }) => ({ sum: sumAtZeroOf(backend, re, modes, scale) }));

  registerKernel(synthesizeFunctions, "webgpu", (inputs, attributes) => {
    const { re, im, shift } = inputs;
    const [batch, channels] = re.shape as [number, number];
    const part = "vec2f(re[group * FREQUENCIES + w], im[group * FREQUENCIES + w])";
    const x = functionsOf(backend, { re, im, shift }, { ...attributes, batch, channels, name: "spectra", part });
    if (x !== undefined) return { x };
    const tensors = inputs as Record<"re" | "im" | "shift", Tensor>;
    return tidy(() => synthesizeFunctions.definition.composite(tensors, attributes));
  });

  registerKernel(centerGradient, "webgpu", ({ theta, upstream }) => {
    const [concepts, , channels, ...spectrum] = theta.shape as [number, number, number, ...number[]];
    const modes = spectrum.map((size, axis) => (axis === spectrum.length - 1 ? size : (size + 1) / 2));
    return runProgram(backend, {
      name: "centerGradient",
      inputs: { theta, upstream },
      outputs: { center: { shape: [channels], dtype: "float32" } },
      sizes: {
        concepts,
        apart: 2 * channels * sizeOf(spectrum),
        frequencies: sizeOf(spectrum),
        zero: zeroFrequency(modes),
      },
      declarations: sumOfLanes,
      body: /* wgsl */ `
  var part = 0.0;
  for (var k = lane; k < u.concepts; k += 256u) {
    part -= upstream[k] * theta[k * u.apart + group * u.frequencies + u.zero];
  }
  let total = sumOfLanes(lane, part);
  if (lane == 0u) { center[group] = total; }`,
      groups: channels,
    });
  });
}

/** `scale sum_b re_bc(0)`, `[C]`. */
function sumAtZeroOf(backend: GpuBackend, re: TensorInfo, modes: Modes, scale: number): TensorInfo {
  const [batch, channels, frequencies] = re.shape as [number, number, number];
  return runProgram(backend, {
    name: "sumAtZero",
    inputs: { re },
    outputs: { shift: { shape: [channels], dtype: "float32" } },
    sizes: { channels, batch, frequencies, zero: zeroFrequency(modes) },
    factors: { scale },
    declarations: sumOfLanes,
    body: /* wgsl */ `
  var part = 0.0;
  for (var sample = lane; sample < u.batch; sample += 256u) { part += re[(sample * u.channels + group) * u.frequencies + u.zero]; }
  let total = sumOfLanes(lane, part);
  if (lane == 0u) { shift[group] = u.scale * total; }`,
    groups: channels,
  }).shift;
}

/** re, im `[B, C, M]` of `x - center`, or the transpose of synthesis where there is no center; nothing where it does not fit into a workgroup. */
function spectraOf(
  backend: GpuBackend,
  x: TensorInfo,
  modes: Modes,
  center?: TensorInfo,
): Record<"re" | "im", TensorInfo> | undefined {
  const [batch, ...grid] = x.shape.slice(0, -1) as [number, ...number[]];
  const channels = x.shape.at(-1) as number;
  const plane = planeOf(backend, grid, modes);
  if (plane === undefined) return undefined;
  const output = { shape: [batch, channels, plane.frequencies], dtype: "float32" as const };
  return runProgram(backend, {
    name: `analyzeFunctions ${center !== undefined} ${plane.key}`,
    inputs: {
      x,
      ...(center && { center }),
      toSpectrum: fourierTable(backend, "analysis", grid, modes, center === undefined).table,
    },
    outputs: { re: output, im: output },
    sizes: { channels },
    pairs: ["toSpectrum"],
    declarations: plane.declarations,
    body: () => /* wgsl */ `
  let c = group % u.channels;
  let from_ = group / u.channels * N1 * N2;
  ${plane.analyzeLines(`(x[(from_ + i) * u.channels + c]${center === undefined ? "" : " - center[c]"})`)}
  ${plane.eachCoefficient("re[group * K1 * M2 + w] = value.x; im[group * K1 * M2 + w] = value.y;")}`,
    groups: batch * channels,
  });
}

interface Synthesis {
  readonly grid: Grid;
  readonly modes: Modes;
  readonly batch: number;
  readonly channels: number;
  /** Of what is read; part of the program's name. */
  readonly name: string;
  /** The coefficient at `w` of the channel `c` of `sample`, or a part of it, a sum of so many terms ({@link Plane.fillSpectrum}). */
  readonly part: string;
  readonly terms?: number;
  readonly declarations?: string;
  readonly sizes?: Readonly<Record<string, number>>;
}

/** x `[B, ...grid, C]`, with `shift` among the inputs added; nothing where it does not fit into a workgroup. */
export function functionsOf(
  backend: GpuBackend,
  inputs: Readonly<Record<string, TensorInfo>>,
  { grid, modes, batch, channels, name, part, terms = 1, declarations = "", sizes = {} }: Synthesis,
): TensorInfo | undefined {
  const plane = planeOf(backend, grid, modes, { terms });
  if (plane === undefined) return undefined;
  return runProgram(backend, {
    name: `functionsOf ${name} ${plane.key}`,
    inputs: { ...inputs, toPoints: fourierTable(backend, "synthesis", grid, modes, false).table },
    outputs: { x: { shape: [batch, ...grid, channels], dtype: "float32" } },
    sizes: { channels, ...sizes },
    pairs: ["toPoints"],
    declarations: `${plane.declarations}\nconst FREQUENCIES = K1 * M2;${declarations}`,
    body: () => /* wgsl */ `
  let sample = group / u.channels;
  let c = group % u.channels;
  ${plane.fillSpectrum(part)}
  ${plane.synthesizeLines()}
  ${plane.eachValue("x[(sample * N1 * N2 + i) * u.channels + c] = value + shift[c];")}`,
    groups: batch * channels,
  }).x;
}
