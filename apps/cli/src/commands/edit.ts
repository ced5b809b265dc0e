import { sizeOf } from "@saeno/backend";
import { type DataPart, encodeNpy, subset } from "@saeno/datasets";
import { conceptNames } from "@saeno/experiments";
import { folderStore, writeWhole } from "@saeno/experiments/node";
import { type CodeEdit, type CodeTable, decodeTable, editTable, encodeDataset, relativeDistance } from "@saeno/inspect";
import { functionsPng } from "@saeno/report";
import { type Command, InvalidArgumentError } from "commander";
import { numberOf, whole, wholes } from "../flags/numbers.ts";
import { checkFree, filePath } from "../flags/paths.ts";
import { type RunFlags, runFlags } from "../flags/run-flags.ts";
import { createOutput } from "../terminal/output.ts";
import { sayBackend } from "../terminal/start-backend.ts";
import { textTable } from "../terminal/text-table.ts";
import { asFunction, npyFile } from "./decode.ts";
import { openSamples, sampleFlags } from "./run-samples.ts";

interface EditFlags extends RunFlags {
  readonly sample: number;
  readonly split?: DataPart;
  readonly out?: string;
  readonly png?: string;
  readonly force?: boolean;
}

/** Concepts of a sample that are named, at most: those of most energy. */
const mostNamed = 8;

/** `saeno edit RUN`: what a sample is without a concept, with more of it, or with it elsewhere. */
export function editCommand(program: Command): void {
  const command = program
    .command("edit")
    .summary("change the concepts of a sample and see the result")
    .description(
      "Encodes a sample, changes its code, and decodes it: what the concepts of a model stand for.\n" +
        "Edits may be repeated, and are made one after another in the order of the flags; without any, the command says which concepts the sample has.",
    )
    .argument("<run>", "a run folder, made by saeno train or saeno import", filePath)
    .requiredOption("--sample <n>", "which sample of the split, from 0", whole);
  const edits: CodeEdit[] = [];
  command.optionsGroup("Edits:");
  for (const [flags, help, read] of editFlags) {
    // The order of the flags counts, which commander does not keep.
    command.option(flags, help, (text) => {
      edits.push(read(text));
      return text;
    });
  }
  command.optionsGroup("Options:");
  command
    .option("--png <file>", "write the sample, its reconstruction and the edited reconstruction side by side", pngFile)
    .option(
      "--out <file>",
      "write the edited reconstruction, float32 [1, ...grid, channels], to this .npy file",
      npyFile,
    )
    .option("--force", "overwrite existing files");
  runFlags(command, "what changed");
  const given = sampleFlags(command);
  command.addHelpText(
    "after",
    "\nExamples:\n  saeno edit runs/digits --sample 3\n  saeno edit runs/digits --sample 3 --scale 17=0 --move 4=8,0 --png out.png\n  saeno edit runs/digits --sample 3 --only 4,17 --paint 4=2@10,12 --out edited.npy",
  );
  command.action(async (path: string, flags: EditFlags) => {
    const output = createOutput(flags);
    const files = [flags.png, flags.out].filter((file) => file !== undefined);
    for (const file of files) checkFree(file, flags.force);
    await sayBackend(flags.backend, output);
    const { run, dataset, source } = await openSamples(path, {
      settings: given(),
      split: flags.split,
      reporter: output,
    });
    try {
      const { model } = run;
      const one = subset(dataset, [flags.sample]);
      const { grid, channels } = one;
      const table = await encodeDataset(model, one);
      const changed = editTable(table, edits);
      const input = await one.read([0]);
      const reconstruction = await decodeTable(model, table, grid, [0]);
      const edited = await decodeTable(model, changed, grid, [0]);
      if (flags.png !== undefined) {
        const shown = [input, reconstruction, ...(edits.length === 0 ? [] : [edited])];
        const pictures = shown.map((values) => asFunction(values, grid, channels, source.sampleShape));
        await writeWhole(flags.png, functionsPng(pictures));
      }
      if (flags.out !== undefined)
        await writeWhole(flags.out, encodeNpy({ shape: [1, ...grid, channels], values: edited }));
      const names = await conceptNames(folderStore, path);
      const [before, after] = [energiesOf(table), energiesOf(changed)];
      const concepts = [...new Set([...before.keys(), ...after.keys()])]
        .map((concept) => {
          const name = names.get(concept);
          const energies = { energy: before.get(concept) ?? 0, edited: after.get(concept) ?? 0 };
          return { concept, ...(name === undefined ? {} : { name }), ...energies };
        })
        .sort((a, b) => Math.max(b.energy, b.edited) - Math.max(a.energy, a.edited) || a.concept - b.concept);
      for (const edit of edits) {
        for (const concept of neededBy(edit)) {
          if (!before.has(concept) && !after.has(concept))
            output.say(`Concept ${calledBy(names, concept)} is not active in sample ${flags.sample}.`, "warning");
        }
      }
      const result = {
        run: path,
        data: dataset.name,
        sample: flags.sample,
        edits,
        relativeError: {
          reconstruction: relativeDistance(input, reconstruction),
          edited: relativeDistance(input, edited),
        },
        /** How far the edited reconstruction is from the reconstruction. */
        change: relativeDistance(reconstruction, edited),
        concepts,
        png: flags.png,
        out: flags.out,
      };
      output.result(result, editText(result, files));
    } finally {
      run.model.dispose();
      await dataset.close?.();
    }
  });
}

const editFlags: readonly (readonly [flags: string, help: string, read: (text: string) => CodeEdit])[] = [
  [
    "--scale <concept=factor>",
    "multiply a concept: 17=0 removes it, 17=2 doubles it",
    (text) => {
      const [concept, value] = assigned(text, "17=0.5");
      return { kind: "scale", concept, factor: numberOf(value) };
    },
  ],
  ["--remove <concepts>", "remove concepts: 17 or 17,18", (text) => ({ kind: "remove", concepts: wholes(text) })],
  ["--only <concepts>", "remove all other concepts", (text) => ({ kind: "keep", concepts: wholes(text) })],
  [
    "--move <concept=points>",
    "move the map of a concept, by points on each axis: 4=8,0",
    (text) => {
      const [concept, value] = assigned(text, "4=8,0");
      return { kind: "move", concept, by: value.split(",").map(numberOf) };
    },
  ],
  [
    "--paint <concept=value>",
    "add a value to a concept: 4=0.5@10,12 at a point of its map, 4=0.5 for scalar codes",
    (text) => {
      const [concept, value] = assigned(text, "4=0.5@10,12");
      const [amount, point] = value.split("@", 2);
      const at = point === undefined ? {} : { at: [wholes(point)] };
      return { kind: "paint", concept, value: numberOf(amount), ...at };
    },
  ],
  [
    "--exchange <concepts>",
    "exchange two concepts: 4,17",
    (text) => {
      const [a, b, ...rest] = wholes(text);
      if (a === undefined || b === undefined || rest.length > 0)
        throw new InvalidArgumentError("Name two concepts, such as 4,17.");
      return { kind: "exchange", concepts: [a, b] };
    },
  ],
  [
    "--threshold <least>",
    "remove entries of no more than this magnitude, of one concept (17=0.1) or of all (0.1)",
    (text) => {
      if (!text.includes("=")) return { kind: "threshold", least: numberOf(text) };
      const [concept, value] = assigned(text, "17=0.1");
      return { kind: "threshold", concept, least: numberOf(value) };
    },
  ],
];

function calledBy(names: ReadonlyMap<number, string>, concept: number): string {
  const name = names.get(concept);
  return name === undefined ? String(concept) : `${concept} (${name})`;
}

function assigned(text: string, example: string): [concept: number, value: string] {
  const [, concept, value] = /^(\d+)=(.+)$/.exec(text) ?? [];
  if (concept !== undefined && value !== undefined) return [whole(concept), value];
  throw new InvalidArgumentError(`Write a concept and what to do with it, such as ${example}.`);
}

function pngFile(text: string): string {
  if (text.endsWith(".png")) return filePath(text);
  throw new InvalidArgumentError("Name a file that ends in .png.");
}

/** The concepts without which an edit does nothing. */
function neededBy(edit: CodeEdit): readonly number[] {
  if ("concepts" in edit) return edit.concepts;
  return edit.kind === "paint" || edit.concept === undefined ? [] : [edit.concept];
}

/** `|z_k|^2` of one sample by concept, a mean over the grid. */
function energiesOf({ concepts, maps, values, grid }: CodeTable): ReadonlyMap<number, number> {
  const squares = (map: number) =>
    values.subarray(maps[map], maps[map + 1]).reduce((sum, value) => sum + value ** 2, 0);
  return new Map(Array.from(concepts, (concept, map) => [concept, squares(map) / sizeOf(grid)]));
}

interface EditResult {
  readonly data: string;
  readonly sample: number;
  readonly edits: readonly CodeEdit[];
  readonly relativeError: { readonly reconstruction: number; readonly edited: number };
  readonly change: number;
  readonly concepts: readonly {
    readonly concept: number;
    readonly name?: string;
    readonly energy: number;
    readonly edited: number;
  }[];
}

function editText(
  { data, sample, edits, relativeError, change, concepts }: EditResult,
  files: readonly string[],
): string {
  const digits = (value: number) => (value === 0 ? "0" : value.toPrecision(3));
  const isEdited = edits.length > 0;
  const named = concepts.some(({ name }) => name !== undefined);
  const rows = concepts
    .slice(0, mostNamed)
    .map(({ concept, name = "", energy, edited }) => [
      `${concept}`,
      digits(energy),
      ...(isEdited ? [digits(edited)] : []),
      ...(named ? [name] : []),
    ]);
  const more = concepts.length - rows.length;
  return [
    `sample ${sample} of ${data}`,
    `relative error of the reconstruction   ${relativeError.reconstruction.toFixed(4)}`,
    ...(isEdited ? [`  of the edited reconstruction         ${relativeError.edited.toFixed(4)}`] : []),
    ...(isEdited ? [`  between the two                      ${change.toFixed(4)}`] : []),
    "",
    textTable([["concept", "energy", ...(isEdited ? ["edited"] : []), ...(named ? ["name"] : [])], ...rows]),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(files.length > 0 ? ["", ...files] : []),
  ].join("\n");
}
