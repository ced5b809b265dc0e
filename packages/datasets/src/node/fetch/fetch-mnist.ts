import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readBytes } from "../read-bytes.ts";
import { dataFiles } from "./data-files.ts";
import { anotherFile, type FetchOptions, fetchFile } from "./fetch-file.ts";

export interface FetchMnistOptions extends FetchOptions {
  /** The folder the files go to. */
  readonly directory: string;
  /** 60000 digits for training, 10000 for tests; default all of them. */
  readonly part?: "train" | "test" | "all";
}

/** SHA-256 of a file of MNIST as it is published, and of what is packed in it; and the length of the former in bytes. */
interface MnistFile {
  readonly sha256: string;
  readonly unpacked: string;
  readonly bytes: number;
}

/** Published by TensorFlow Datasets, `url_checksums/mnist.txt`; those of the unpacked files by others who use the same. */
const published: Readonly<Record<string, MnistFile>> = {
  "train-images-idx3-ubyte.gz": {
    sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    unpacked: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    bytes: 9_912_422,
  },
  "train-labels-idx1-ubyte.gz": {
    sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    unpacked: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    bytes: 28_881,
  },
  "t10k-images-idx3-ubyte.gz": {
    sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    unpacked: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    bytes: 1_648_877,
  },
  "t10k-labels-idx1-ubyte.gz": {
    sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    unpacked: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    bytes: 4_542,
  },
};

const prefixes = { train: "train", test: "t10k", all: "" } as const;

/**
 * Fetches those of MNIST's files that a folder lacks, images and labels. What is there is checked by its content, gzipped or not, and left alone.
 *
 * @returns the folder, for {@link mnist} and {@link mnistLabels}.
 * @throws SaenoError as {@link fetchFile} and `readBytes`; `fetch.checksum` also where a file of this name holds other data, such as Fashion-MNIST's.
 */
export async function fetchMnist(options: FetchMnistOptions): Promise<string> {
  const { directory, part = "all", onProgress, ...rest } = options;
  const names: string[] = [];
  for (const name of dataFiles.mnist.files) {
    if (name.startsWith(prefixes[part]) && !(await isThere(directory, name))) names.push(name);
  }
  const bytes = names.map((name) => fileOf(name).bytes);
  const total = bytes.reduce((a, b) => a + b, 0);
  let before = 0;
  for (const [i, name] of names.entries()) {
    await fetchFile({
      ...rest,
      urls: dataFiles.mnist.mirrors.map((mirror) => mirror + name),
      sha256: fileOf(name).sha256,
      file: join(directory, name),
      onProgress: (done) => onProgress?.(before + done, total),
    });
    before += bytes[i];
  }
  return directory;
}

async function isThere(directory: string, name: string): Promise<boolean> {
  const paths = [name.replace(/\.gz$/, ""), name].map((each) => join(directory, each));
  const path = paths.find((each) => existsSync(each));
  if (path === undefined) return false;
  const found = createHash("sha256")
    .update(await readBytes(path))
    .digest("hex");
  const expected = fileOf(name).unpacked;
  if (found !== expected) throw anotherFile(path, `the SHA-256 of its content is ${found} instead of ${expected}`);
  return true;
}

const fileOf = (name: string) => published[name];
