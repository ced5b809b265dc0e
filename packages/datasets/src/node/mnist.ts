import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { messageOf, SaenoError } from "@saeno/backend";
import { description, metadata, optional, picklist, pipe, strictObject, string } from "valibot";
import { functionsOf } from "../arrays/array-functions.ts";
import type { ArraySource } from "../arrays/array-source.ts";
import { type DatasetComponent, defineDataset } from "../components/define-dataset.ts";
import type { Dataset, Labels } from "../dataset.ts";
import { idxArray, parseIdx } from "../formats/idx.ts";
import type { DataReporter } from "../reporter.ts";
import { fileBytes } from "./node-files.ts";
import { readBytes } from "./read-bytes.ts";

export interface MnistOptions {
  /**
   * A folder with the files of MNIST or of a data set in its format, gzipped or not, by any of their usual names (`train-images.idx3-ubyte`,
   * `emnist-letters-test-images-idx3-ubyte.gz`), or in folders below; or a file of images itself.
   */
  readonly directory: string;
  /** Default: `train` if its file is there, else `test`. */
  readonly part?: "train" | "test";
  /** A piece of the path that tells data sets in the same folder apart: `emnist-letters`. */
  readonly set?: string;
  readonly reporter?: DataReporter;
}

/** `[set-]train-images-idx3-ubyte[.gz]`, with the separators that there are. */
const fileName =
  /^(?:(?<set>.+)[-_.])?(?<part>train|t10k|test)[-_.](?<kind>images|labels)[-_.]idx(?<axes>[13])[-_.]ubyte(?:\.gz)?$/i;
/** How far below the folder files are looked for. */
const depth = 4;

interface IdxFile {
  readonly path: string;
  /** Its folder; of a folder that has the name of its file, the one around it. */
  readonly place: string;
  readonly set: string;
  readonly part: "train" | "test";
  readonly kind: "images" | "labels";
}

/**
 * MNIST's digits as functions on their grid (28 x 28, one channel), with their labels; or other data in its format. Bytes are divided by 255,
 * other numbers taken as they are.
 *
 * @throws SaenoError `mnist.missing` when no file is there, `mnist.set` when several data sets are, `data.labels` for labels of another number,
 *   and as `fileBytes` and `idxArray`.
 */
export async function mnist(options: MnistOptions): Promise<Dataset> {
  const { reporter } = options;
  const { images, labels } = await findFiles(options);
  const source = await idxArray(await fileBytes(images), 3);
  const read = labels === undefined ? undefined : await readLabels(labels);
  const notes = [
    ...(source.type === "uint8" ? ["divided by 255"] : []),
    ...(read === undefined ? ["no labels beside it"] : [`with ${spanOf(read)} from ${basename(labels ?? "")}`]),
    ...(/emnist/i.test(basename(images)) ? ["rows are columns, as EMNIST stores them"] : []),
  ];
  const dataset = await functionsOf(scaled(source, notes), {
    axes: "sample,y,x",
    ...(read === undefined ? {} : { labels: read }),
    ...(reporter === undefined ? {} : { reporter }),
  });
  return { ...dataset, name: "mnist" };
}

/** The labels that belong to {@link mnist}, 0 to 9. */
export async function mnistLabels(options: MnistOptions): Promise<Uint8Array> {
  const { labels } = await findFiles(options, "labels");
  return Uint8Array.from((await readLabels(labels ?? "")).values);
}

function scaled(source: ArraySource, notes: readonly string[]): ArraySource {
  if (source.type !== "uint8") return { ...source, notes };
  return {
    ...source,
    notes,
    async read(from, to) {
      const values = await source.read(from, to);
      const unit = new Float32Array(values.length);
      for (let i = 0; i < unit.length; i++) unit[i] = values[i] / 255;
      return unit;
    },
  };
}

async function readLabels(path: string): Promise<Labels> {
  return { values: parseIdx(await readBytes(path), path, 1).values };
}

function spanOf({ values }: Labels): string {
  let [low, high] = [values[0], values[0]];
  for (const value of Array.from(values)) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return `labels ${low} .. ${high}`;
}

async function findFiles(
  options: MnistOptions,
  wanted: IdxFile["kind"] = "images",
): Promise<{ images: string; labels?: string }> {
  const { directory } = options;
  const isFile = (await stat(directory).catch(() => undefined))?.isFile() === true;
  const files = await filesBelow(isFile ? dirname(directory) : directory, isFile ? 1 : depth);
  if (isFile) {
    const own = files.find(({ path }) => path === directory);
    const labels = own && files.find((file) => file.kind === "labels" && belongs(file, own));
    return { images: directory, ...(labels && { labels: labels.path }) };
  }
  const { part, set = "" } = options;
  const candidates = files.filter(
    (file) =>
      file.kind === wanted &&
      (part === undefined || file.part === part) &&
      relative(directory, file.path).toLowerCase().includes(set.toLowerCase()),
  );
  const own = candidates.find((file) => file.part === "train") ?? candidates[0];
  if (own === undefined) throw missingError(options, wanted, files);
  const other = candidates.find((file) => file.set !== own.set || file.place !== own.place);
  if (other !== undefined) {
    const names = [own, other].map((file) => relative(directory, file.path)).join(" and ");
    throw new SaenoError(
      "mnist.set",
      `${directory} holds several data sets, such as ${names}: name the folder of one, or a piece of its name with set, such as set=${own.set || basename(own.place)}.`,
      { kind: "data" },
    );
  }
  const beside = files.find((file) => file.kind !== wanted && belongs(file, own));
  if (wanted === "labels") return { images: beside?.path ?? "", labels: own.path };
  return { images: own.path, ...(beside && { labels: beside.path }) };
}

function belongs(file: IdxFile, other: IdxFile): boolean {
  return file.set === other.set && file.part === other.part && file.place === other.place;
}

function missingError({ directory, part, set }: MnistOptions, kind: IdxFile["kind"], files: IdxFile[]): SaenoError {
  const parts = part === undefined ? ["train", "t10k"] : [part === "train" ? "train" : "t10k"];
  const axes = kind === "images" ? 3 : 1;
  const names = parts.flatMap((name) => ["", ".gz"].map((ending) => `${name}-${kind}-idx${axes}-ubyte${ending}`));
  const there =
    files.length === 0 ? "" : ` There are ${files.map(({ path }) => relative(directory, path)).join(", ")}.`;
  const which = set === undefined ? "" : ` with "${set}" in its path`;
  return new SaenoError(
    "mnist.missing",
    `${directory} holds none of ${names.join(", ")}${which}: put MNIST's files there, or name the folder that has them.${there}`,
    { kind: "data" },
  );
}

/** Files by name, nearer ones first, unpacked ones before gzipped ones, of which only one is taken. */
async function filesBelow(directory: string, levels: number): Promise<IdxFile[]> {
  const found: IdxFile[] = [];
  let folders = [directory];
  for (let level = 0; level < levels && folders.length > 0; level++) {
    const next: string[] = [];
    for (const folder of folders) {
      const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
        if (level > 0) return [];
        throw new SaenoError("mnist.missing", `The folder ${folder} cannot be read (${messageOf(cause)}).`, {
          kind: "data",
          cause,
        });
      });
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = join(folder, entry.name);
        const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
        if (entry.name.startsWith(".") || entry.name === "__MACOSX") continue;
        if (kind?.isDirectory()) next.push(path);
        const parts = kind?.isFile() ? fileName.exec(entry.name)?.groups : undefined;
        if (parts === undefined) continue;
        found.push({
          path,
          place: fileName.test(basename(folder)) ? dirname(folder) : folder,
          set: parts.set ?? "",
          part: /train/i.test(parts.part) ? "train" : "test",
          kind: /images/i.test(parts.kind) ? "images" : "labels",
        });
      }
    }
    folders = next;
  }
  return found.filter((file) => {
    const same = found.filter((other) => other.kind === file.kind && belongs(other, file));
    return file === (same.find(({ path }) => !/\.gz$/i.test(path)) ?? same[0]);
  });
}

export const mnistComponent: DatasetComponent = defineDataset({
  kind: "mnist",
  summary: "handwritten digits, 28 x 28, from IDX files of MNIST or other data in its format",
  schema: strictObject({
    directory: pipe(string("must be text"), description("the folder with the files"), metadata({ path: true })),
    part: optional(
      pipe(
        picklist(["train", "test"], "must be train or test"),
        description("which files (default: train if it is there, else test)"),
      ),
    ),
    set: optional(
      pipe(
        string("must be text"),
        description("a piece of the path that tells data sets in the folder apart, such as emnist-letters"),
      ),
    ),
  }),
  shorthand: { option: "directory", rest: true },
  open: ({ directory, part, set }, { reporter }) =>
    mnist({ directory, reporter, ...(part && { part }), ...(set && { set }) }),
});
