/** The kernels of the energies of maps (assembly/grid-energies.ts, assembly/spectral.ts), registered for their contracts. */
import { type EnergyKind, type Grid, type Modes, sizeOf, spectralEnergies, thetaEnergies } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { FourierPlan } from "../plans/fourier-plan.ts";
import { foldings, lanePlans } from "../plans/fourier-plan.ts";
import { addresses, allocate } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Kernels } from "../runtime/thread-pool.ts";
import { addressOf, type WasmBackend } from "../runtime/wasm-memory.ts";

/** Up to this many channels, their pairs are fewer than what they replace. */
const fewChannels = 4;

/** The spectra of atoms: where they are, floats from one to the next, and whether they are coefficients or theta. */
interface Atoms {
  readonly re: number;
  readonly im: number;
  readonly stride: number;
  readonly isTheta: boolean;
}

interface Attributes {
  readonly kind: EnergyKind;
  readonly modes: Modes;
  readonly grid: Grid;
  readonly count?: number;
}

export function registerEnergyKernels(
  kernels: Kernels,
  planFor: (grid: readonly number[], modes: Modes) => FourierPlan,
): void {
  const foldingFor = foldings(kernels);
  const lanePlanFor = lanePlans(kernels);

  register(spectralEnergies, ({ xRe, xIm, eRe, eIm, bias }, attributes, backend) =>
    energies(backend, xRe, xIm, bias, attributes, (channels, size) => {
      const [re, im] = addresses(backend, eRe, eIm);
      return { re, im, stride: channels * size, isTheta: false };
    }),
  );

  register(thetaEnergies, ({ xRe, xIm, theta, bias }, attributes, backend) =>
    energies(backend, xRe, xIm, bias, attributes, (channels, size) => {
      const re = addressOf(theta, backend);
      return { re, im: re + 4 * channels * size, stride: 2 * channels * size, isTheta: true };
    }),
  );

  function energies(
    backend: WasmBackend,
    xRe: TensorInfo,
    xIm: TensorInfo,
    bias: TensorInfo,
    { kind, modes, grid, count }: Attributes,
    atomsOf: (channels: number, size: number) => Atoms,
  ): Record<"energies", TensorInfo> {
    const [batch, channels, size] = xRe.shape;
    const concepts = bias.shape[0];
    const outputs = allocate(backend, { energies: [batch, concepts] });
    if (batch === 0) return outputs;
    const operations = batch * concepts * channels * size * 8;
    const padded = (size + 3) & ~3;
    const { re, im, stride, isTheta } = atomsOf(channels, size);
    const [fromRe, fromIm, shifts, result] = addresses(backend, xRe, xIm, bias, outputs.energies);
    const inputs = [fromRe, fromIm, re, im, shifts, result, batch, concepts, channels];
    const { counts, zeroFrequency, inverseRoots } = planFor(
      modes.map((m) => 2 * m - 1),
      modes,
    );
    const last = modes[modes.length - 1];
    const atoms = [stride, isTheta ? inverseRoots : 0, last];
    const kept = kind === "kept" ? Math.min(count ?? sizeOf(grid), sizeOf(grid)) : 0;

    if (channels > fewChannels) {
      const folding = kind === "preactivation" ? undefined : foldingFor(grid, modes);
      const place = folding === undefined ? 0 : planFor(grid, folding.modes).address;
      const selection = folding === undefined ? -1 : kept;
      withMemory(backend, 2 * ((batch + 3) & ~3) * channels * padded, (packed) => {
        const folded = [folding?.address ?? 0, folding?.members ?? 0];
        const args = [place, ...inputs, selection, size, ...folded, packed, counts, zeroFrequency, ...atoms];
        const scratch = kernels.compute("wideEnergiesScratch", place, size, channels, kept);
        kernels.run("wideEnergies", args, { scratch, operations });
      });
    } else if (kind === "preactivation") {
      const length = channels * channels * padded;
      withMemory(backend, batch * length, (planes) => {
        const args = [size, ...inputs, counts, zeroFrequency, planes, ...atoms];
        kernels.run("spectrumEnergies", args, { scratch: 4 * (length + 2 * channels * size), operations });
      });
    } else {
      const { address } = lanePlanFor(grid, modes);
      const bytes = kernels.compute("gridEnergiesMemory", address, channels, batch);
      withMemory(backend, bytes / 4, (packed) => {
        const args = [address, ...inputs, kept, size, packed, stride, isTheta ? 1 : 0];
        const scratch = kernels.compute("gridEnergiesScratch", address, channels, kept);
        kernels.run("gridEnergies", args, { scratch, operations });
      });
    }
    return outputs;
  }
}

/** Memory shared by all threads while a kernel runs. */
function withMemory(backend: WasmBackend, floats: number, use: (address: number) => void): void {
  const held = backend.makeOutput([floats], "float32");
  use(addressOf(held, backend));
  backend.disposeData(held.dataId);
}
