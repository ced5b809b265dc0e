/** Which images of a folder are of which class, and which are held out. */
import { SaenoError } from "@saeno/backend";
import type { FolderImage } from "./image-crops.ts";
import type { ImageRun } from "./image-header.ts";

export interface ImageClasses {
  /** Names of classes, sorted; absent if images are not all in folders. */
  readonly classes?: readonly string[];
  labelOf(file: readonly ImageRun[]): number | undefined;
}

/** The folders below the one that was given, or below the first that has several, are classes, if no image is beside them. */
export function classesOf(files: readonly (readonly ImageRun[])[]): ImageClasses {
  const paths = files.map(([{ folders }]) => folders);
  let depth = 0;
  while (paths.every((path) => path.length > depth + 1 && path[depth] === paths[0][depth])) depth++;
  if (paths.some((path) => path.length <= depth)) return { labelOf: () => undefined };
  const classes = [...new Set(paths.map((path) => path[depth]))].sort();
  return { classes, labelOf: ([{ folders }]) => classes.indexOf(folders[depth]) };
}

/**
 * The last files of each class are held out, as many as their share of all; of a single file its last pages.
 *
 * @throws SaenoError `images.missing` for fewer than two images.
 */
export function heldOut(
  files: readonly (readonly ImageRun[])[],
  labelOf: ImageClasses["labelOf"],
  share: number,
  directory: string,
): { train: FolderImage[]; test: FolderImage[] } {
  const pagesOf = (runs: readonly ImageRun[]): FolderImage[] => {
    const label = labelOf(runs);
    return runs.flatMap((run) =>
      Array.from({ length: run.pages }, (_, i) => ({
        run,
        page: run.page + i,
        ...(label === undefined ? {} : { label }),
      })),
    );
  };
  const units = files.length === 1 ? pagesOf(files[0]).map((image) => [image]) : files.map(pagesOf);
  const held = Math.max(1, Math.round(units.length * share));
  if (units.length <= held) {
    throw new SaenoError(
      "images.missing",
      `${directory} holds ${units.length} ${units.length === 1 ? "image" : "images"}; at least 2 are needed, so that one can be held out.`,
      { kind: "data" },
    );
  }
  const isTest = new Array<boolean>(units.length).fill(false);
  const classes = new Map<number | undefined, number[]>();
  for (const [unit, [{ label }]] of units.entries()) classes.set(label, [...(classes.get(label) ?? []), unit]);
  // Rounded over all classes, so that small ones are not left without any held out image together.
  let [seen, taken] = [0, 0];
  for (const its of classes.values()) {
    seen += its.length;
    const wanted = Math.round((seen * held) / units.length) - taken;
    taken += wanted;
    for (const unit of its.slice(its.length - wanted)) isTest[unit] = true;
  }
  return {
    train: units.flatMap((unit, i) => (isTest[i] ? [] : unit)),
    test: units.flatMap((unit, i) => (isTest[i] ? unit : [])),
  };
}

const [training, testing] = [/^train(ing)?$/i, /^(tests?|testing|val(id(ation)?)?|dev|eval(uation)?)$/i];

/** Folders that are parts of a split are not classes. */
export function splitWarnings(classes: readonly string[] | undefined, directory: string): string[] {
  const [train, test] = [training, testing].map((names) => classes?.find((name) => names.test(name)));
  if (train === undefined || test === undefined) return [];
  return [
    `The folders ${train} and ${test} look like a split, and are read as classes, both in the training data: take images:${directory}/${train} and --test-data images:${directory}/${test} instead.`,
  ];
}
