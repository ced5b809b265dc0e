/** The kept points of chosen maps of a fourier encoder (the contracts encodePoints, encodeTheta): maps, then selection. */
import { encodePoints, encodeTheta, type Grid, type Modes, registerKernel, sizeOf } from "@saeno/backend";
import { type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { asTensors, mapsOf, ofChannels, ofTheta, type Source } from "./concept-maps.ts";
import { planeOf } from "./plane.ts";
import { type GpuBackend, groupsFor, oneEntry, runProgram } from "./program.ts";
import { selectLargest } from "./select.ts";
import { separate } from "./separate.ts";

export function registerEncoding(backend: GpuBackend): void {
  registerKernel(encodePoints, "webgpu", (inputs, attributes) => {
    const { concepts, ...spectra } = inputs;
    const encoded = encode(backend, ofChannels(spectra, attributes.modes), concepts, attributes);
    return encoded ?? tidy(() => encodePoints.definition.composite(asTensors(inputs), attributes));
  });

  registerKernel(encodeTheta, "webgpu", (inputs, attributes) => {
    const { concepts, ...spectra } = inputs;
    const encoded = encode(backend, ofTheta(spectra, attributes.modes), concepts, attributes);
    return encoded ?? tidy(() => encodeTheta.definition.composite(asTensors(inputs), attributes));
  });
}

interface Encoding {
  readonly grid: Grid;
  readonly modes: Modes;
  readonly count: number;
  readonly separation?: readonly number[];
}

/** The kept points of chosen maps; nothing where a map does not fit into a workgroup. */
function encode(backend: GpuBackend, source: Source, concepts: TensorInfo, attributes: Encoding) {
  const { grid, modes, count, separation } = attributes;
  const plane = planeOf(backend, grid, modes, { terms: source.channels });
  if (plane === undefined) return undefined;
  const [batch, chosen] = concepts.shape as [number, number];
  const rows = batch * chosen;
  const maps = mapsOf(backend, source, { grid, modes, plane, rows, perSample: chosen, first: 0, concepts });
  const { indices, values } =
    separation === undefined
      ? selectLargest(backend, maps, { k: count, rectify: false, values: true })
      : apart(backend, maps, { grid, count, separation });
  backend.disposeData(maps.dataId);
  const shape = [batch, chosen, count];
  return { values: { ...(values as TensorInfo), shape }, positions: { ...(indices as TensorInfo), shape } };
}

/** The largest points that are apart, and their values, rectified. */
function apart(
  backend: GpuBackend,
  maps: TensorInfo,
  attributes: { readonly grid: Grid; readonly count: number; readonly separation: readonly number[] },
): Record<"indices" | "values", TensorInfo> {
  const { positions } = separate(backend, maps, attributes);
  const entries = sizeOf(positions.shape);
  const { values } = runProgram(backend, {
    name: "rectifiedAt",
    inputs: { maps, positions },
    outputs: { values: { shape: positions.shape, dtype: "float32" } },
    sizes: { entries, count: attributes.count, points: maps.shape[1] as number },
    body: /* wgsl */ `${oneEntry}
  values[i] = max(maps[i / u.count * u.points + u32(positions[i])], 0.0);`,
    groups: groupsFor(entries),
  });
  return { indices: positions, values };
}
