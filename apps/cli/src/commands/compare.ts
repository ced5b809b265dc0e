import type { DataPart } from "@saeno/datasets";
import { conceptNames, loadModel } from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";
import { compareModels, type ModelComparison } from "@saeno/inspect";
import type { Command } from "commander";
import { positiveWhole } from "../flags/numbers.ts";
import { filePath } from "../flags/paths.ts";
import { type RunFlags, runFlags } from "../flags/run-flags.ts";
import { createOutput } from "../terminal/output.ts";
import { sayBackend } from "../terminal/start-backend.ts";
import { textTable } from "../terminal/text-table.ts";
import { openSamples, sampleFlags } from "./run-samples.ts";

interface CompareFlags extends RunFlags {
  readonly top: number;
  readonly split?: DataPart;
}

/** The |cosine| from which on two concepts count as the same. */
const alike = 0.7;

/** `saeno compare A B`: which concepts two runs share. */
export function compareCommand(program: Command): void {
  const command = program
    .command("compare")
    .summary("which concepts of two runs are the same")
    .description(
      "Matches the concepts of two runs one-to-one by how alike their atoms are, at their best shift, and says whether the pairs are active in the\n" +
        "same samples. The runs may have other seeds, modes, kernels or numbers of concepts, but must take the same kind of samples: by default both\n" +
        "are used on the held-out samples of the first.",
    )
    .argument("<a>", "a run folder", filePath)
    .argument("<b>", "another one", filePath)
    .option("--top <n>", "how many pairs are shown; --json has all", positiveWhole, 20);
  runFlags(command, "the comparison");
  const given = sampleFlags(command);
  command.addHelpText(
    "after",
    "\nExamples:\n  saeno compare runs/seed-0 runs/seed-1\n  saeno compare runs/fno runs/cnn --split all --json",
  );
  command.action(async (a: string, b: string, flags: CompareFlags) => {
    const output = createOutput(flags);
    await sayBackend(flags.backend, output);
    const other = await loadModel(folderStore, b);
    try {
      const { run, dataset } = await openSamples(a, { settings: given(), split: flags.split, reporter: output });
      try {
        output.say(`comparing ${a} with ${b} on ${dataset.name}`);
        const comparison = await compareModels(run.model, other.model, { dataset, alike });
        const names = [await conceptNames(folderStore, a), await conceptNames(folderStore, b)] as const;
        const pairs = comparison.pairs.map((pair) => {
          const [nameA, nameB] = [names[0].get(pair.a), names[1].get(pair.b)];
          return {
            ...pair,
            ...(nameA === undefined ? {} : { nameOfA: nameA }),
            ...(nameB === undefined ? {} : { nameOfB: nameB }),
          };
        });
        const document = { a, b, data: dataset.name, ...comparison, pairs };
        output.result(document, comparisonText(document, names, flags.top));
      } finally {
        run.model.dispose();
        await dataset.close?.();
      }
    } finally {
      other.model.dispose();
    }
  });
}

interface Compared extends Omit<ModelComparison, "pairs"> {
  readonly a: string;
  readonly b: string;
  readonly data: string;
  readonly pairs: readonly (ModelComparison["pairs"][number] & {
    readonly nameOfA?: string;
    readonly nameOfB?: string;
  })[];
}

function comparisonText(
  { a, b, data, stability, pairs, alone }: Compared,
  names: readonly [ReadonlyMap<number, string>, ReadonlyMap<number, string>],
  most: number,
): string {
  const number = (value: number) => (Number.isFinite(value) ? value.toFixed(3) : "-");
  const concept = (index: number, name: string | undefined) => `${index}${name === undefined ? "" : ` ${name}`}`;
  const same = pairs.filter(({ cosine }) => cosine >= alike).length;
  const more = pairs.length - Math.min(most, pairs.length);
  const list = (run: string, concepts: readonly number[], ofRun: ReadonlyMap<number, string>) => {
    const named = concepts.map((each) => concept(each, ofRun.get(each)));
    return `in ${run} alone   ${named.length === 0 ? "none" : shortened(named, most)}`;
  };
  return [
    data,
    `stability          ${number(stability.weighted)}   the mean of each concept's largest |cosine|, weighted by energy`,
    `  matched pairs    ${number(stability.matched)}   the mean |cosine| of concepts matched one-to-one`,
    `  compared         ${stability.compared.join(" with ")}   concepts that are active in more than 1% of the samples`,
    `the same           ${same}   pairs of at least ${alike}`,
    "",
    textTable([
      [a, b, "|cosine|", "agreement", "correlation"],
      ...pairs
        .slice(0, most)
        .map((pair) => [
          concept(pair.a, pair.nameOfA),
          concept(pair.b, pair.nameOfB),
          number(pair.cosine),
          number(pair.agreement),
          number(pair.correlation),
        ]),
    ]),
    ...(more > 0 ? [`and ${more} more pairs: --top ${pairs.length}`] : []),
    "",
    list(a, alone.a, names[0]),
    list(b, alone.b, names[1]),
    "",
    "agreement: among samples in which either is active, the share in which both are; correlation: that of their energies",
    `what untrained models have in common: saeno eval ${a} --against ${b}. Atoms of SAE-FNO start the same for every seed, unless --start random draws them.`,
  ].join("\n");
}

function shortened(concepts: readonly string[], most: number): string {
  const rest = concepts.length - most;
  return `${concepts.slice(0, most).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
