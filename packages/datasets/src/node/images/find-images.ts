/** The files of a folder that are images, and what else is there, so that nothing is left out in silence. */
import { closeSync, openSync, readSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { messageOf, SaenoError } from "@saeno/backend";
import { counted } from "../../arrays/array-statistics.ts";
import { formatOf, type ImageFormat, imageExtensions, isOtherImage, signatureBytes } from "./image-format.ts";

export interface FoundImage {
  readonly path: string;
  /** For messages: `photographs/cats/1.png`. */
  readonly name: string;
  readonly format: ImageFormat;
  /** Folders below the one that was given. */
  readonly folders: readonly string[];
}

export interface FoundImages {
  /** Files and folders by name, folders where they stand. */
  readonly images: readonly FoundImage[];
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** What systems and programs leave behind. */
const isHidden = (name: string) =>
  /^\.|^(__MACOSX|Thumbs\.db|ehthumbs\.db|desktop\.ini|Icon\r|@eaDir|\$RECYCLE\.BIN|System Volume Information)$/i.test(
    name,
  );

interface Search {
  readonly images: FoundImage[];
  /** Left out, by extension. */
  readonly others: Map<string, number>;
  readonly otherImages: Map<string, number>;
  /** Extensions that say something else than the content. */
  readonly misnamed: string[];
  /** Real paths of folders, since links may lead in circles. */
  readonly visited: Set<string>;
  /** Takes the name of a broken image; without it that is an error. */
  readonly skip?: ((name: string) => void) | undefined;
  hidden: number;
  broken: number;
  repeated: number;
}

/**
 * Searches a folder and those below it; a file is taken alone.
 *
 * @throws SaenoError `images.missing` when none are there, `images.decode` naming a file with the name of an image that is none, unless
 *   `skip` takes it.
 */
export async function findImages(directory: string, skip?: (name: string) => void): Promise<FoundImages> {
  const search: Search = {
    images: [],
    others: new Map(),
    otherImages: new Map(),
    misnamed: [],
    visited: new Set(),
    skip,
    hidden: 0,
    broken: 0,
    repeated: 0,
  };
  const at = await stat(directory).catch((cause) => {
    throw missing(`The folder ${directory} cannot be read (${messageOf(cause)}).`, cause);
  });
  if (at.isDirectory()) await searchFolder(directory, [], basename(await realpath(directory)), search);
  else addFile(directory, basename(directory), [], search);
  const { images, others, otherImages, misnamed, hidden, broken, repeated } = search;
  const left = [...otherImages, ...others];
  if (images.length === 0) {
    const instead = left.length === 0 ? "" : `; there are ${listed(new Map(left))}`;
    throw missing(
      `${directory} holds no images; looked for ${imageExtensions.slice(0, 9).join(", ")} here and in folders below${instead}.${otherImages.size > 0 ? ` ${remedy}` : ""}`,
    );
  }
  const sum = (counts: Map<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);
  return {
    images,
    notes: [
      ...(hidden > 0 ? [`${counted(hidden, "hidden file")} skipped`] : []),
      ...(sum(others) > 0 ? [`${counted(sum(others), "other file")} left out (${listed(others)})`] : []),
      ...(sum(otherImages) > 0 ? [`${counted(sum(otherImages), "image")} left out (${listed(otherImages)})`] : []),
      ...(broken > 0 ? [`${counted(broken, "broken link")} skipped`] : []),
      ...(repeated > 0 ? [`${counted(repeated, "link")} to folders that were searched already skipped`] : []),
      ...(misnamed.length > 0 ? [`${counted(misnamed.length, "file")} read by content (${someOf(misnamed)})`] : []),
    ],
    warnings:
      sum(otherImages) > 0
        ? [
            `${counted(sum(otherImages), "image")} of ${directory} in formats that are not read here ${sum(otherImages) === 1 ? "was" : "were"} left out (${listed(otherImages)}). ${remedy}`,
          ]
        : [],
  };
}

const remedy = "Convert such images to PNG or TIFF first.";

async function searchFolder(path: string, folders: readonly string[], name: string, search: Search): Promise<void> {
  const real = await realpath(path);
  if (search.visited.has(real)) {
    search.repeated++;
    return;
  }
  search.visited.add(real);
  const entries = await readdir(path, { withFileTypes: true }).catch((cause) => {
    throw missing(`The folder ${path} cannot be read (${messageOf(cause)}).`, cause);
  });
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  for (const entry of [...byName.keys()].sort()) {
    if (isHidden(entry)) {
      search.hidden++;
      continue;
    }
    const below = join(path, entry);
    const found = byName.get(entry);
    const kind = found?.isSymbolicLink() ? await stat(below).catch(() => undefined) : found;
    if (kind === undefined) search.broken++;
    else if (kind.isDirectory()) await searchFolder(below, [...folders, entry], `${name}/${entry}`, search);
    else if (kind.isFile()) addFile(below, `${name}/${entry}`, folders, search);
    else count(search.others, extname(entry).toLowerCase());
  }
}

function addFile(path: string, name: string, folders: readonly string[], search: Search): void {
  const extension = extname(path).toLowerCase();
  if (isOtherImage(extension)) {
    count(search.otherImages, extension);
    return;
  }
  const signature = firstBytes(path);
  const format = formatOf(signature);
  const isNamedImage = imageExtensions.includes(extension);
  if (format !== undefined) {
    search.images.push({ path, name, format, folders });
    if (!isNamedImage) search.misnamed.push(`${name} is ${format}`);
  } else if (!isNamedImage) {
    count(search.others, extension);
  } else if (search.skip !== undefined) {
    search.skip(name);
  } else {
    const begins = signature.length === 0 ? "it is empty" : `it begins with ${quoted(signature)}`;
    throw notDecoded(path, begins);
  }
}

/** @throws SaenoError `images.decode`. */
export function notDecoded(path: string, problem: string, cause?: unknown): SaenoError {
  return new SaenoError(
    "images.decode",
    `${path} cannot be decoded as an image (${problem}). Remove it or replace it; skip-broken leaves such images out.`,
    { kind: "data", cause },
  );
}

/** Not awaited: of a hundred thousand files that would take longer than reading. */
function firstBytes(path: string): Uint8Array {
  const bytes = new Uint8Array(signatureBytes);
  try {
    const file = openSync(path, "r");
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, signatureBytes, 0));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw missing(`${path} cannot be read (${messageOf(cause)}).`, cause);
  }
}

function quoted(bytes: Uint8Array): string {
  const isText = bytes.subarray(0, 12).every((byte) => byte >= 0x20 && byte < 0x7f);
  if (isText) return JSON.stringify(String.fromCharCode(...bytes.subarray(0, 24)));
  return `the bytes ${Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

function count(counts: Map<string, number>, extension: string): void {
  const key = extension === "" ? "without an extension" : extension;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([extension, number]) => `${number} ${extension}`)
    .join(", ");
}

/** The first few of many names. */
export function someOf(names: readonly string[], most = 3): string {
  return names.slice(0, most).join(", ") + (names.length > most ? ", .." : "");
}

function missing(problem: string, cause?: unknown): SaenoError {
  return new SaenoError("images.missing", problem, { kind: "data", cause });
}
