import { basename } from "node:path";
import { SaenoError, sizeOf } from "@saeno/backend";
import { unzipSync } from "fflate";
import { description, metadata, optional, picklist, pipe, strictObject, string } from "valibot";
import { arrayDataset, checkFinite } from "../array-dataset.ts";
import { type DatasetComponent, defineDataset } from "../components/define-dataset.ts";
import type { Dataset } from "../dataset.ts";
import { type NpyArray, parseNpy } from "../formats/npy.ts";
import { readBytes } from "./read-bytes.ts";

export interface NpyDatasetOptions {
  /** A `.npy` file, or a `.npz` archive of them. */
  readonly file: string;
  /** Which array of an archive; default the only one. */
  readonly array?: string;
  /** Where the channels are; default: rank 2 and 3 have none, rank 4 and 5 have them last (a second axis of one entry is dropped). */
  readonly layout?: "no-channels" | "channels-last" | "channels-first";
}

/**
 * Functions from a NumPy file, samples on the first axis: `[B, N]` and `[B, N1, N2]` have one channel, `[B, N1, N2, C]` and
 * `[B, N1, N2, N3, C]` have them last.
 *
 * @throws SaenoError `npy.rank` for an array that cannot be a set of functions, `npz.array` for one that is not in the archive,
 *   `data.nan`, and as `parseNpy`.
 */
export async function npyDataset(options: NpyDatasetOptions): Promise<Dataset> {
  const { file } = options;
  const bytes = await readBytes(file);
  const array = bytes[0] === 0x50 && bytes[1] === 0x4b ? fromArchive(bytes, options) : parseNpy(bytes, file);
  const { shape, values } = withChannels(array, options);
  checkFinite(file, values, sizeOf(shape.slice(1)));
  return arrayDataset({ name: basename(file), values, shape });
}

function fromArchive(bytes: Uint8Array, { file, array }: NpyDatasetOptions): NpyArray {
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(bytes);
  } catch (cause) {
    throw new SaenoError("npz.format", `${file} is a damaged or truncated .npz archive.`, { kind: "data", cause });
  }
  const names = Object.keys(entries).map((name) => name.replace(/\.npy$/, ""));
  const chosen = array ?? (names.length === 1 ? names[0] : undefined);
  const found = chosen === undefined ? undefined : entries[`${chosen}.npy`];
  if (found === undefined) {
    throw new SaenoError(
      "npz.array",
      `${file} holds the arrays ${names.join(", ")}${array === undefined ? "" : `, but no "${array}"`}: name one with array=NAME.`,
    );
  }
  return parseNpy(found, `${file}: ${chosen}`);
}

function withChannels({ shape, values }: NpyArray, { file, layout }: NpyDatasetOptions): NpyArray {
  const rank = shape.length;
  const known = layout ?? (rank <= 3 ? "no-channels" : shape[1] === 1 ? "channels-first" : "channels-last");
  const axes = known === "no-channels" ? rank - 1 : rank - 2;
  if (axes < 1 || axes > 3 || values.length === 0) {
    throw new SaenoError(
      "npy.rank",
      `${file} has the shape (${shape.join(", ")}); expected samples of functions: (B, N), (B, N1, N2), (B, N1, N2, C) or (B, N1, N2, N3, C), none of them 0.`,
      { kind: "data" },
    );
  }
  if (known === "no-channels") return { shape: [...shape, 1], values };
  return known === "channels-last" ? { shape, values } : channelsLast(values, shape);
}

function channelsLast(values: Float32Array, shape: readonly number[]): NpyArray {
  const [size, channels, ...grid] = shape;
  const points = sizeOf(grid);
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const [sample, channel, point] = [
      Math.floor(i / (channels * points)),
      Math.floor(i / points) % channels,
      i % points,
    ];
    result[(sample * points + point) * channels + channel] = values[i];
  }
  return { shape: [size, ...grid, channels], values: result };
}

export const npyComponent: DatasetComponent = defineDataset({
  kind: "npy",
  summary: "functions from a NumPy file, samples on the first axis",
  schema: strictObject({
    file: pipe(string("must be text"), description("a .npy file, or a .npz archive of them"), metadata({ path: true })),
    array: optional(pipe(string("must be text"), description("which array of an archive (default: the only one)"))),
    layout: optional(
      pipe(
        picklist(
          ["no-channels", "channels-last", "channels-first"],
          "must be no-channels, channels-last or channels-first",
        ),
        description(
          "where the channels are (default: none up to three axes, else the last; a second axis of one entry is dropped)",
        ),
      ),
    ),
  }),
  shorthand: { option: "file", rest: true },
  open: ({ file, array, layout }) => npyDataset({ file, ...(array && { array }), ...(layout && { layout }) }),
});
