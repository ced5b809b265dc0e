import { existsSync } from "node:fs";
import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import { description, metadata, optional, picklist, pipe, strictObject, string } from "valibot";
import { arrayDataset } from "../array-dataset.ts";
import { type DatasetComponent, defineDataset } from "../components/define-dataset.ts";
import type { Dataset } from "../dataset.ts";
import { parseIdx } from "../formats/idx.ts";
import { readBytes } from "./read-bytes.ts";

export interface MnistOptions {
  /** A folder with the files of MNIST (or of a data set in its format), gzipped or not. */
  readonly directory: string;
  /** Default: `train` where its file is there, else `test`. */
  readonly part?: "train" | "test";
}

const prefixes = { train: "train", test: "t10k" } as const;

/**
 * MNIST's digits as functions on their grid (28 x 28, one channel), values in [0, 1].
 *
 * @throws SaenoError `mnist.missing` when no file is there, and as `readBytes` and `parseIdx`.
 */
export async function mnist(options: MnistOptions): Promise<Dataset> {
  const path = findFile(options, "images-idx3-ubyte");
  const { shape, values } = parseIdx(await readBytes(path), path, 3);
  return arrayDataset({
    name: "mnist",
    values: Float32Array.from(values, (value) => value / 255),
    shape: [...shape, 1],
  });
}

/** The labels that belong to {@link mnist}, 0 to 9. */
export async function mnistLabels(options: MnistOptions): Promise<Uint8Array> {
  const path = findFile(options, "labels-idx1-ubyte");
  return parseIdx(await readBytes(path), path, 1).values;
}

function findFile({ directory, part }: MnistOptions, kind: string): string {
  const parts = part === undefined ? (["train", "test"] as const) : [part];
  const names = parts.flatMap((name) => ["", ".gz"].map((ending) => `${prefixes[name]}-${kind}${ending}`));
  const found = names.map((name) => join(directory, name)).find((path) => existsSync(path));
  if (found === undefined) {
    throw new SaenoError(
      "mnist.missing",
      `${directory} holds none of ${names.join(", ")}: put MNIST's files there, or name the folder that has them.`,
      { kind: "data" },
    );
  }
  return found;
}

export const mnistComponent: DatasetComponent = defineDataset({
  kind: "mnist",
  summary: "handwritten digits, 28 x 28, from the IDX files of MNIST or of data in its format",
  schema: strictObject({
    directory: pipe(string("must be text"), description("the folder with the files"), metadata({ path: true })),
    part: optional(
      pipe(
        picklist(["train", "test"], "must be train or test"),
        description("which files (default: train where it is there, else test)"),
      ),
    ),
  }),
  shorthand: { option: "directory", rest: true },
  open: ({ directory, part }) => mnist({ directory, ...(part && { part }) }),
});
