import { existsSync } from "node:fs";
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { messageOf } from "@saeno/backend";
import { extract } from "tar-stream";
import { loadSharp } from "../load-sharp.ts";
import { readBytes } from "../read-bytes.ts";
import { dataFiles } from "./data-files.ts";
import { writing } from "./download.ts";
import { type FetchOptions, fetchVerified } from "./fetch-file.ts";

export interface FetchPhotographsOptions extends FetchOptions {
  /** The folder the images go to. */
  readonly directory: string;
}

const count = 300;
/** Of a photograph in the archive, without its folders: `100075.jpg`. */
const imageName = /^\d+\.jpg$/;

/**
 * Fetches the 300 photographs of the Berkeley Segmentation Dataset into a folder, for {@link imageFolder}: natural scenes of 481 x 321 or 321 x 481 points in
 * color. They may be used for research and education that are not commercial. D. Martin, C. Fowlkes, D. Tal, J. Malik: A Database of Human Segmented Natural
 * Images (ICCV 2001), https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/bsds/
 *
 * The publisher gives no checksum, so what comes is checked by its content: an archive of exactly 300 such JPEG files, each of which is decoded. Only
 * these are unpacked, into the folder itself; images that are there already are left alone, and with all 300 there nothing is fetched. An archive
 * `BSDS300-images.tgz` that was put in the folder by hand is unpacked without a network, and kept.
 *
 * @returns the folder.
 * @throws SaenoError as {@link fetchFile}; `fetch.checksum` when the archive in the folder is another.
 */
export async function fetchPhotographs(options: FetchPhotographsOptions): Promise<string> {
  const { directory } = options;
  const present = new Set((await readdir(directory).catch(() => [])).filter((name) => imageName.test(name)));
  if (present.size >= count) return directory;
  const [name] = dataFiles.photographs.files;
  const archive = join(directory, name);
  const putByHand = existsSync(archive);
  const urls = dataFiles.photographs.mirrors.map((mirror) => mirror + name);
  await fetchVerified({ ...options, urls, file: archive, verify: faultOf });
  for (const [image, bytes] of await photographsIn(archive)) {
    if (present.has(image)) continue;
    const file = join(directory, image);
    await writing(file, () => writeFile(`${file}.partial`, bytes));
    await writing(file, () => rename(`${file}.partial`, file));
  }
  if (!putByHand) await writing(archive, () => rm(archive));
  return directory;
}

async function faultOf(path: string): Promise<string | undefined> {
  const images = await photographsIn(path).catch((cause: Error) => cause);
  if (images instanceof Error) return `it is not a readable archive (${images.message})`;
  if (images.size !== count) return `it is an archive of ${images.size} photographs instead of ${count}`;
  for (const [name, bytes] of images) {
    const fault = await faultOfImage(bytes);
    if (fault !== undefined) return `its ${name} ${fault}`;
  }
  return undefined;
}

async function faultOfImage(bytes: Buffer): Promise<string | undefined> {
  const sharp = await loadSharp();
  try {
    const { format } = await sharp(bytes).metadata();
    const { info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    const sides = [info.width, info.height].sort((a, b) => a - b).join(" x ");
    return format === "jpeg" && sides === "321 x 481" ? undefined : `is ${format} of ${sides} points`;
  } catch (error) {
    return `cannot be decoded (${messageOf(error)})`;
  }
}

/** Files named like photographs, by their names alone: folders in an archive, links and anything else are passed over. */
async function photographsIn(path: string): Promise<Map<string, Buffer>> {
  const archive = extract();
  archive.end(await readBytes(path));
  const images = new Map<string, Buffer>();
  for await (const entry of archive) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk);
    const name = basename(entry.header.name);
    if (entry.header.type === "file" && imageName.test(name)) images.set(name, Buffer.concat(chunks));
  }
  return images;
}
