import { type Grid, parseJson } from "@saeno/backend";
import type { Dataset } from "@saeno/datasets";
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

/** Samples held out from a run, described. */
export const samplesFile = "samples.json";
/** Their values: `samples.f32?of=0,7&grid=28x28`, float32 little-endian. */
export const valuesFile = "samples.f32";

/** The samples of a run that whoever serves it gives one by one (`saeno studio`); nothing where nobody does. */
export async function remoteSamples(
  store: RunStore,
  place: string,
): Promise<{ readonly dataset: Dataset; readonly sampleShape: readonly number[] } | undefined> {
  if (!(await store.names(place)).includes(samplesFile)) return undefined;
  const bytes = await store.read(place, samplesFile);
  if (bytes === undefined) return undefined;
  const { sampleShape, labels, ...described } = v.parse(describedSchema, parseJson(bytes, `${place}/${samplesFile}`));
  const on = (own: Grid): Dataset => ({
    ...described,
    grid: own,
    ...(labels === undefined
      ? {}
      : { labels: { values: labels.values, ...(labels.names && { names: labels.names }) } }),
    at: async (other) => on(other),
    async read(indices) {
      const query = `of=${Array.from(indices).join(",")}&grid=${own.join("x")}`;
      const values = await store.read(place, `${valuesFile}?${query}`);
      if (values === undefined) throw new Error(`${place}: samples ${Array.from(indices).join(", ")} did not come.`);
      return new Float32Array(values.slice().buffer);
    },
  });
  return { dataset: on(described.grid), sampleShape };
}
