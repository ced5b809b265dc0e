import { join } from "node:path";
import { SaenoError, useBackend } from "@saeno/backend";
import { conceptNames, jsonOf, loadModel } from "@saeno/experiments";
import { folderStore, writeWhole } from "@saeno/experiments/node";
import type { Command } from "commander";
import { whole } from "../flags/numbers.ts";
import { filePath } from "../flags/paths.ts";
import { createOutput } from "../terminal/output.ts";
import { textTable } from "../terminal/text-table.ts";
import { renameInPages } from "./run-concepts.ts";
import { checkConcept } from "./run-samples.ts";

/** Letters of a name, at most: it stands in tables. */
export const longestName = 80;

/** `saeno name RUN 17 "left edge"`: what people call a concept. */
export function nameCommand(program: Command): void {
  program
    .command("name")
    .summary("give a concept a name")
    .description(
      "Names a concept. The name appears in the report, on the pages of the concepts, and in what saeno concepts, edit, compare and export print;\n" +
        "an empty name removes it. Without a concept, lists the names.\n" +
        'Names are kept in names.json of the run folder, { "17": "left edge" }, also when the run is continued.',
    )
    .argument("<run>", "a run folder, made by saeno train or saeno import", filePath)
    .argument("[concept]", "which concept, from 0", whole)
    .argument("[name]", "what to call it")
    .option("--json", "print all names of the run as JSON on stdout")
    .addHelpText(
      "after",
      '\nExamples:\n  saeno name runs/digits 17 "left edge"\n  saeno name runs/digits 17 ""\n  saeno name runs/digits',
    )
    .action(async (path: string, concept: number | undefined, name: string | undefined, flags: { json?: boolean }) => {
      const output = createOutput(flags);
      await useBackend("cpu");
      const { model } = await loadModel(folderStore, path);
      try {
        const names = new Map(await conceptNames(folderStore, path));
        let pages = 0;
        if (concept !== undefined) {
          checkConcept(path, model, concept);
          const given = await rename(path, names, concept, name);
          pages = await renameInPages(path, concept, given);
        }
        const rising = [...names].sort(([a], [b]) => a - b);
        const rows = rising.map(([number, text]) => [String(number), text]);
        output.result(
          { run: path, names: Object.fromEntries(names), pages },
          [
            rows.length === 0 ? `No concept of ${path} has a name.` : textTable([["concept", "name"], ...rows]),
            ...(pages > 0 ? ["", `changed in ${pages} ${pages === 1 ? "page" : "pages"} of ${path}`] : []),
          ].join("\n"),
        );
      } finally {
        model.dispose();
      }
    });
}

async function rename(path: string, names: Map<number, string>, concept: number, name?: string): Promise<string> {
  if (name === undefined) {
    throw new SaenoError("name.text", `Say what to call concept ${concept}: saeno name ${path} ${concept} "left edge"`);
  }
  const text = name.trim();
  if (text.length > longestName || /\p{Cc}/u.test(text)) {
    throw new SaenoError("name.text", `A name is one line of at most ${longestName} letters.`);
  }
  if (text === "") names.delete(concept);
  else names.set(concept, text);
  await writeWhole(join(path, "names.json"), jsonOf(Object.fromEntries(names)));
  return text;
}
