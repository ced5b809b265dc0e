/**
 * The file of a concept index. Little-endian:
 *
 *     "SAENOIDX"                     8 bytes
 *     header length H, checksum      2 x uint32; the checksum is that of all that follows up to the records
 *     header                         H bytes of JSON, padded with spaces to a multiple of 8
 *     summaries                      K records of `summary.size` bytes
 *     checksums                      K uint32 of the records, padded to a multiple of 8
 *     records                        K records of `record.size` bytes
 *
 * The header says what is in a record and where (`Layout`). Summaries are read at once, records when they are asked for. Checksums are CRC-32.
 */
import { issueOf, parseJson, SaenoError, sizeOf } from "@saeno/backend";
import { type ByteSource, memoryBytes } from "@saeno/datasets";
import * as v from "valibot";
import {
  type ConceptIndex,
  type ConceptSummary,
  type IndexedConcept,
  type IndexHeader,
  mostChannels,
  mostPeaks,
  quantileShares,
  type SampleRecord,
} from "../concepts/concept-index.ts";
import { firstBin, histogramEdges, mostShown } from "../concepts/energy-histogram.ts";
import {
  crc32,
  type Field,
  type Layout,
  layoutOf,
  type ReadRecord,
  type RecordValues,
  readRecord,
  writeRecord,
} from "./records.ts";

const magic = "SAENOIDX";
const version = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const layoutSchema = v.object({
  fields: v.array(
    v.object({ name: v.string(), type: v.picklist(["F64", "F32", "I32"]), length: count, offset: count }),
  ),
  size: count,
});
const headerSchema = v.object({
  version: v.literal(version, `must be ${version}: it was written by another version of saeno`),
  concepts: count,
  model: v.string(),
  data: v.string(),
  samples: count,
  grid: v.array(count),
  channels: count,
  codes: v.picklist(["scalar", "maps"]),
  siteGrid: v.array(count),
  error: v.number(),
  power: v.number(),
  labelNames: v.exactOptional(v.array(v.string())),
  summary: layoutSchema,
  record: layoutSchema,
});

/** The bytes of the file of an index. */
export function encodeIndex(index: ConceptIndex): Uint8Array {
  const { concepts, ...about } = index;
  const summary = layoutOf(summaryFields(about));
  const record = layoutOf(recordFields(index));
  const json = JSON.stringify({ version, ...about, concepts: concepts.length, summary, record });
  const text = new TextEncoder().encode(json);
  const header = new Uint8Array(padded(text.length)).fill(0x20);
  header.set(text);
  const sums = 16 + header.length + concepts.length * summary.size;
  const records = sums + padded(4 * concepts.length);
  const bytes = new Uint8Array(records + concepts.length * record.size);
  bytes.set(new TextEncoder().encode(magic));
  bytes.set(header, 16);
  const view = new DataView(bytes.buffer);
  concepts.forEach((concept, k) => {
    writeRecord(bytes, 16 + header.length + k * summary.size, summary, summaryValues(concept));
    const at = records + k * record.size;
    writeRecord(bytes, at, record, recordValues(concept));
    view.setUint32(sums + 4 * k, crc32(bytes.subarray(at, at + record.size)), true);
  });
  view.setUint32(8, header.length, true);
  view.setUint32(12, crc32(bytes.subarray(16, records)), true);
  return bytes;
}

/** An index in a file: a summary of all concepts, and each in full on request. */
export interface OpenedIndex extends IndexHeader {
  readonly summaries: readonly ConceptSummary[];
  /** @throws SaenoError `index.concept` for one that is not there, `index.format` where its part of the file is damaged. */
  concept(concept: number): Promise<IndexedConcept>;
  /** Of all concepts, as it was made. */
  all(): Promise<ConceptIndex>;
  close(): Promise<void>;
}

/**
 * Opens the file of an index: its header and summaries are read, and checked.
 *
 * @param source the bytes, or where they are (`urlBytes`, `blobBytes` of @saeno/datasets, `fileBytes` in Node).
 * @param options.model the hash of the model whose index it must be (`modelHash`).
 * @throws SaenoError `index.format` for a file that is damaged or something else, `index.model` for the index of another model.
 */
export async function openIndex(
  source: ByteSource | Uint8Array,
  options: { readonly model?: string } = {},
): Promise<OpenedIndex> {
  const bytes = source instanceof Uint8Array ? memoryBytes(source, "the index") : source;
  const { name, size } = bytes;
  const fail = (problem: string): never => {
    throw new SaenoError("index.format", `${name} is not the file of a concept index, or damaged: ${problem}.`, {
      kind: "data",
    });
  };
  if (size < 16) fail(`${size} bytes are too few`);
  const start = await bytes.read(0, 16);
  if (new TextDecoder().decode(start.subarray(0, 8)) !== magic) fail(`it does not begin with ${magic}`);
  const view = new DataView(start.buffer, start.byteOffset, 16);
  const headerEnd = 16 + view.getUint32(8, true);
  if (headerEnd > size) fail("it ends within its header");
  const header = parseHeader(await bytes.read(16, headerEnd), fail);
  const { version: _, concepts, summary, record, ...about } = header;
  const sums = headerEnd + concepts * summary.size;
  const records = sums + padded(4 * concepts);
  const end = records + concepts * record.size;
  if (end !== size) fail(`it has ${size} bytes instead of ${end}`);
  const front = await bytes.read(16, records);
  if (crc32(front) !== view.getUint32(12, true)) fail("its checksum is not that of its content");
  if (options.model !== undefined && options.model !== about.model) {
    throw new SaenoError(
      "index.model",
      `${name} is the index of another model (${about.model.slice(0, 12)}, not ${options.model.slice(0, 12)}). Make it again.`,
      { kind: "data" },
    );
  }
  const checksums = new DataView(front.buffer, front.byteOffset + sums - 16, 4 * concepts);
  const summaries = Array.from({ length: concepts }, (_, k) =>
    summaryOf(readRecord(front.subarray(headerEnd - 16 + k * summary.size), summary), k, about),
  );

  async function concept(k: number): Promise<IndexedConcept> {
    if (!Number.isInteger(k) || k < 0 || k >= concepts) {
      throw new SaenoError(
        "index.concept",
        `There is no concept ${k}: the index has ${concepts}, 0 to ${concepts - 1}.`,
      );
    }
    const own = await bytes.read(records + k * record.size, records + (k + 1) * record.size);
    if (crc32(own) !== checksums.getUint32(4 * k, true))
      fail(`the checksum of concept ${k} is not that of its content`);
    return { ...summaries[k], ...detailsOf(readRecord(own, record), about) };
  }

  return {
    ...about,
    summaries,
    concept,
    all: async () => ({ ...about, concepts: await Promise.all(summaries.map((_, k) => concept(k))) }),
    close: async () => bytes.close?.(),
  };
}

function padded(length: number): number {
  return 8 * Math.ceil(length / 8);
}

function parseHeader(bytes: Uint8Array, fail: (problem: string) => never): v.InferOutput<typeof headerSchema> {
  let content: unknown;
  try {
    content = parseJson(bytes, "its header");
  } catch {
    fail("its header is not JSON");
  }
  const parsed = v.safeParse(headerSchema, content);
  if (parsed.success) {
    const { summary, record } = parsed.output;
    const isPlaced = ({ fields, size }: Layout) =>
      fields.every(({ type, length, offset }) => offset + length * (type === "F64" ? 8 : 4) <= size);
    if (isPlaced(summary) && isPlaced(record)) return parsed.output;
    return fail("its fields do not fit into its records");
  }
  const [issue] = parsed.issues;
  return fail(`"${v.getDotPath(issue) ?? "header"}" ${issueOf(issue)}`);
}

type Fields = readonly Omit<Field, "offset">[];

function fieldsOf(type: Field["type"], lengths: Readonly<Record<string, number>>): Fields {
  return Object.entries(lengths).map(([name, length]) => ({ name, type, length }));
}

function summaryFields({ grid }: IndexHeader): Fields {
  const axes = grid.length;
  return fieldsOf("F64", {
    count: 1,
    share: 1,
    energy: 1,
    quantiles: quantileShares.length,
    cost: 1,
    center: axes,
    concentration: axes,
    siteExtent: 1,
    label: 1,
    auc: 1,
    information: 1,
    hoyer: 1,
    extent: 1,
    bandwidth: 1,
    frequency: axes,
    orientation: 1,
    anisotropy: 1,
    channels: mostChannels,
    channelShares: mostChannels,
  });
}

function summaryValues({ count, share, energy, cost, site, label, atom }: ConceptSummary): RecordValues {
  const one = (value: number | undefined) => (value === undefined ? undefined : [value]);
  return {
    count: [count],
    share: [share],
    energy: [energy.mean],
    quantiles: energy.quantiles,
    cost: [cost],
    center: site?.center,
    concentration: site?.concentration,
    siteExtent: one(site?.extent),
    label: one(label?.label),
    auc: one(label?.auc),
    information: one(label?.information),
    hoyer: [atom.hoyer],
    extent: one(atom.extent),
    bandwidth: one(atom.bandwidth),
    frequency: atom.frequency,
    orientation: one(atom.orientation),
    anisotropy: one(atom.anisotropy),
    channels: atom.channels.map(({ channel }) => channel),
    channelShares: atom.channels.map(({ share: part }) => part),
  };
}

type About = Pick<IndexHeader, "grid" | "siteGrid" | "codes">;

function summaryOf({ all, one }: ReadRecord, concept: number, { codes }: About): ConceptSummary {
  const some = (name: string, key = name) => {
    const value = one(name);
    return Number.isNaN(value) ? {} : { [key]: value };
  };
  const shares = all("channelShares");
  const frequency = all("frequency");
  return {
    concept,
    count: one("count"),
    share: one("share"),
    energy: { mean: one("energy"), quantiles: all("quantiles") },
    cost: one("cost"),
    ...(codes === "scalar" || one("count") === 0
      ? {}
      : { site: { center: all("center"), concentration: all("concentration"), extent: one("siteExtent") } }),
    ...(Number.isNaN(one("auc"))
      ? {}
      : { label: { label: one("label"), auc: one("auc"), information: one("information") } }),
    atom: {
      hoyer: one("hoyer"),
      ...some("extent"),
      ...some("bandwidth"),
      ...(frequency.length === 0 || Number.isNaN(frequency[0]) ? {} : { frequency }),
      ...some("orientation"),
      ...some("anisotropy"),
      channels: all("channels").flatMap((channel, i) => (Number.isNaN(channel) ? [] : [{ channel, share: shares[i] }])),
    },
  };
}

/** Lists of samples, under these names. */
const lists = ["top", "drawn"] as const;

function recordFields({ concepts, grid, siteGrid, codes }: ConceptIndex): Fields {
  const longest = (lengthOf: (concept: IndexedConcept) => number) =>
    concepts.reduce((most, concept) => Math.max(most, lengthOf(concept)), 0);
  const ofLists = lists.flatMap((list) => {
    const length = longest((concept) => concept[list].length);
    const places = codes === "maps" ? length : 0;
    return [
      ...fieldsOf("I32", {
        [`${list}.sample`]: length,
        [`${list}.peakPositions`]: places * mostPeaks,
        [`${list}.boxFrom`]: places * grid.length,
        [`${list}.boxSize`]: places * grid.length,
      }),
      ...fieldsOf("F32", {
        [`${list}.energy`]: length,
        [`${list}.cost`]: length,
        [`${list}.quantile`]: list === "drawn" ? length : 0,
        [`${list}.peakValues`]: places * mostPeaks,
      }),
    ];
  });
  const partners = longest(({ coactive }) => coactive.length);
  return [
    ...fieldsOf("F64", { "coactive.lift": partners, "coactive.overlap": partners }),
    ...fieldsOf("I32", {
      "coactive.concept": partners,
      "coactive.count": partners,
      "histogram.first": 1,
      "histogram.counts": mostShown,
    }),
    ...ofLists,
    ...fieldsOf("F32", { map: codes === "maps" ? sizeOf(siteGrid) : 0 }),
  ];
}

function recordValues({ histogram, coactive, map, ...concept }: IndexedConcept): RecordValues {
  const values: Record<string, ArrayLike<number> | undefined> = {
    "histogram.first": histogram.counts.length === 0 ? [0] : [firstBin(histogram.edges[0])],
    "histogram.counts": histogram.counts,
    "coactive.concept": coactive.map((other) => other.concept),
    "coactive.count": coactive.map((other) => other.count),
    "coactive.lift": coactive.map(({ lift }) => lift),
    "coactive.overlap": coactive.map(({ overlap }) => overlap),
    map,
  };
  for (const list of lists) {
    const records: readonly SampleRecord[] = concept[list];
    const peaks = records.flatMap(({ where }) =>
      Array.from({ length: mostPeaks }, (_, i) => where?.peaks[i] ?? { position: -1, value: Number.NaN }),
    );
    values[`${list}.sample`] = records.map(({ sample }) => sample);
    values[`${list}.energy`] = records.map(({ energy }) => energy);
    values[`${list}.cost`] = records.map(({ cost }) => cost);
    values[`${list}.quantile`] = records.map(({ quantile = Number.NaN }) => quantile);
    values[`${list}.peakPositions`] = peaks.map(({ position }) => position);
    values[`${list}.peakValues`] = peaks.map(({ value }) => value);
    values[`${list}.boxFrom`] = records.flatMap(({ where }) => where?.box.from ?? []);
    values[`${list}.boxSize`] = records.flatMap(({ where }) => where?.box.size ?? []);
  }
  return values;
}

function detailsOf(record: ReadRecord, { grid, codes }: About): Omit<IndexedConcept, keyof ConceptSummary> {
  const { all, one } = record;
  const counts = all("histogram.counts").filter((n) => n >= 0);
  const [ofOthers, lifts, overlaps] = [all("coactive.count"), all("coactive.lift"), all("coactive.overlap")];
  return {
    histogram: {
      edges: counts.length === 0 ? [] : histogramEdges(one("histogram.first"), counts.length),
      counts,
    },
    top: samplesOf(record, "top", grid, codes),
    drawn: samplesOf(record, "drawn", grid, codes),
    coactive: all("coactive.concept").flatMap((concept, i) =>
      concept < 0 ? [] : [{ concept, count: ofOthers[i], lift: lifts[i], overlap: overlaps[i] }],
    ),
    ...(codes === "maps" ? { map: Float32Array.from(all("map")) } : {}),
  };
}

function samplesOf(
  { all }: ReadRecord,
  list: (typeof lists)[number],
  { length: axes }: readonly number[],
  codes: IndexHeader["codes"],
): SampleRecord[] {
  const [energies, costs, quantiles] = [all(`${list}.energy`), all(`${list}.cost`), all(`${list}.quantile`)];
  const [positions, values] = [all(`${list}.peakPositions`), all(`${list}.peakValues`)];
  const [from, size] = [all(`${list}.boxFrom`), all(`${list}.boxSize`)];
  return all(`${list}.sample`).flatMap((sample, i) => {
    if (sample < 0) return [];
    const box = { from: from.slice(i * axes, (i + 1) * axes), size: size.slice(i * axes, (i + 1) * axes) };
    const peaks = positions
      .slice(i * mostPeaks, (i + 1) * mostPeaks)
      .flatMap((position, j) => (position < 0 ? [] : [{ position, value: values[i * mostPeaks + j] }]));
    return [
      {
        sample,
        energy: energies[i],
        cost: costs[i],
        ...(codes === "maps" ? { where: { peaks, box } } : {}),
        ...(list === "drawn" ? { quantile: quantiles[i] } : {}),
      },
    ];
  });
}
