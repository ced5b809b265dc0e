import { type Grid, parseJson, sizeOf } from "@saeno/backend";
import { arrayDataset, type Dataset } from "@saeno/datasets";
import type { RunStore } from "@saeno/experiments";
import * as v from "valibot";

const grid = v.array(v.pipe(v.number(), v.integer(), v.minValue(1)));
const describedSchema = v.object({
  name: v.string(),
  size: v.pipe(v.number(), v.integer(), v.minValue(1)),
  grid,
  channels: v.pipe(v.number(), v.integer(), v.minValue(1)),
  sampleShape: grid,
  labels: v.exactOptional(v.object({ values: v.array(v.number()), names: v.exactOptional(v.array(v.string())) })),
});

/** Samples held out from a run, described; and their values, float32 little-endian: all of them, or from a server `samples.f32?of=0,7&grid=28x28`. */
const [samplesFile, valuesFile] = ["samples.json", "samples.f32"];

/**
 * The samples of a run that come with it: in a file (`bundled`), or one by one from whoever serves it (`saeno studio`). Nothing if there are none.
 *
 * @param stem of the files: `images` are those that a network made the samples of.
 */
export async function remoteSamples(
  store: RunStore,
  place: string,
  stem = "samples",
): Promise<{ readonly dataset: Dataset; readonly sampleShape: readonly number[] } | undefined> {
  const names = await store.names(place);
  const [describedFile, valuesFile] = [`${stem}.json`, `${stem}.f32`];
  if (!names.includes(describedFile)) return undefined;
  const bytes = await store.read(place, describedFile);
  if (bytes === undefined) return undefined;
  const { sampleShape, labels, ...described } = v.parse(describedSchema, parseJson(bytes, `${place}/${describedFile}`));
  const given =
    labels === undefined ? {} : { labels: { values: labels.values, ...(labels.names && { names: labels.names }) } };
  if (names.includes(valuesFile)) {
    const values = await store.read(place, valuesFile);
    const { name, size, grid, channels } = described;
    const shape = [size, ...grid, channels];
    return { dataset: { ...arrayDataset({ name, values: floats(values), shape }), ...given }, sampleShape };
  }
  const on = (own: Grid): Dataset => ({
    ...described,
    grid: own,
    ...given,
    at: async (other) => on(other),
    async read(indices) {
      const query = `of=${Array.from(indices).join(",")}&grid=${own.join("x")}`;
      const values = await store.read(place, `${valuesFile}?${query}`);
      if (values === undefined) throw new Error(`${place}: samples ${Array.from(indices).join(", ")} did not come.`);
      return floats(values);
    },
  });
  return { dataset: on(described.grid), sampleShape };
}

/** Bytes as numbers; a copy, since they need not begin at a multiple of four. */
function floats(bytes: Uint8Array = new Uint8Array()): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

/** What `remoteSamples` reads: the first samples of a dataset, as many as there is room for. */
export async function samplesInFiles(
  dataset: Dataset,
  sampleShape: readonly number[],
  mostBytes: number,
): Promise<{ readonly size: number; readonly files: ReadonlyMap<string, Uint8Array | string> }> {
  const { name, grid, channels, labels } = dataset;
  const size = Math.min(dataset.size, Math.max(1, Math.floor(mostBytes / (4 * sizeOf(grid) * channels))));
  const values = await dataset.read(Int32Array.from({ length: size }, (_, i) => i));
  const classes = labels && {
    values: Array.from(labels.values).slice(0, size),
    ...(labels.names && { names: labels.names }),
  };
  const files = new Map<string, Uint8Array | string>([
    [samplesFile, JSON.stringify({ name, size, grid, channels, sampleShape, ...(classes && { labels: classes }) })],
    [valuesFile, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)],
  ]);
  return { size, files };
}
