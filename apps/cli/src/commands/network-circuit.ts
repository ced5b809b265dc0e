import { SaenoError } from "@saeno/backend";
import { subset } from "@saeno/datasets";
import { nodeFiles } from "@saeno/datasets/node";
import { conceptNames, type LoadedRun, loadRun } from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";
import { editInWords } from "@saeno/inspect";
import { type ConceptCircuit, conceptCircuit, openNetworkImages, openNetworkLayer } from "@saeno/networks";
import type { Command } from "commander";
import { numberOf, positiveWhole, wholes } from "../flags/numbers.ts";
import { filePath } from "../flags/paths.ts";
import { createOutput } from "../terminal/output.ts";
import { backendChoices, sayBackend } from "../terminal/start-backend.ts";
import { textTable } from "../terminal/text-table.ts";
import { networkSource } from "./eval-fidelity.ts";

interface CircuitFlags {
  readonly top: number;
  readonly samples: number;
  readonly factor: number;
  readonly concepts?: readonly number[];
  readonly backend: string;
  readonly json?: boolean;
}

/** `saeno network circuit RUN_A RUN_B`: which concepts of a layer drive which of a later one. */
export function circuitCommand(network: Command): void {
  const command = network
    .command("circuit")
    .summary("which concepts of a layer drive which of a later one")
    .description(
      "Removes one concept at a time in the maps of an earlier layer, runs the network on to a later one, once for each, and compares the codes there\n" +
        "with those of the network as it is. Both runs must have been trained on layers of one network, --data network:NET#LAYER,images:DIR; images are those held\n" +
        "out from the first.",
    )
    .argument("<earlier>", "the run of the earlier layer", filePath)
    .argument("<later>", "the run of the later layer", filePath)
    .option("--top <n>", "how many pairs of concepts are shown", positiveWhole, 20)
    .option("--samples <n>", "images that go through the network", positiveWhole, 8)
    .option("--factor <number>", "what to multiply the code of a concept by; 0 removes it", numberOf, 0)
    .option("--concepts <numbers>", "the concepts of the earlier layer (default: all that are active)", wholes)
    .option("--backend <name>", backendChoices, "auto")
    .option("--json", "print all pairs as JSON on stdout");
  command.addHelpText(
    "after",
    "\nExamples:\n  saeno network circuit runs/layer-8 runs/layer-14\n  saeno network circuit runs/layer-8 runs/layer-14 --concepts 17 --samples 32 --json",
  );
  command.action(async (earlier: string, later: string, flags: CircuitFlags) => {
    const output = createOutput(flags);
    await sayBackend(flags.backend, output);
    const runs: LoadedRun[] = [];
    try {
      for (const path of [earlier, later]) runs.push(await loadRun(folderStore, path, { reporter: output }));
      const [first, second] = runs;
      const layer = await laterLayer(runs);
      const { seed } = first.config;
      const opened = await openNetworkImages(networkSource(true, first.config.data, earlier), nodeFiles, {
        seed,
        reporter: output,
        outputs: [layer],
      });
      try {
        const held = opened.images.test;
        const images = subset(held, { start: 0, end: Math.min(flags.samples, held.size) });
        const progress = output.progress("edit concepts", images.size);
        const { factor, concepts } = flags;
        const circuit = await conceptCircuit(first.model, second.model, opened.network, images, {
          ...{ from: opened.layer, to: layer, factor, ...(concepts === undefined ? {} : { concepts }) },
          onProgress: (done) => progress.update(done),
        }).finally(() => progress.stop());
        const names = await Promise.all([earlier, later].map((path) => conceptNames(folderStore, path)));
        output.result({ runs: [earlier, later], factor, ...circuit }, circuitText(circuit, flags, names));
      } finally {
        await opened.images.all.close?.();
        opened.network.dispose();
      }
    } finally {
      for (const { model } of runs) model.dispose();
    }
  });
}

/**
 * The layer of the later run.
 *
 * @throws SaenoError `circuit.networks` for two networks, or one that is given images in two ways.
 */
async function laterLayer(runs: readonly LoadedRun[]): Promise<string> {
  const [first, second] = await Promise.all(
    runs.map(async ({ config, path }) => {
      const { network, layer } = await openNetworkLayer(networkSource(true, config.data, path), nodeFiles);
      network.dispose();
      return { path, layer, name: network.name, given: JSON.stringify(network.preprocessing) };
    }),
  );
  if (first.name !== second.name) {
    const problem = `${first.path} is of a layer of ${first.name}, ${second.path} of ${second.name}`;
    throw new SaenoError("circuit.networks", `${problem}: a circuit is within one network.`);
  }
  if (first.given === second.given) return second.layer;
  const problem = `The network was given images in two ways, ${first.given} in ${first.path} and ${second.given} in ${second.path}`;
  throw new SaenoError("circuit.networks", `${problem}: train both on the same.`);
}

function circuitText(
  { network, from, to, samples, edited, later, links }: ConceptCircuit,
  { top, factor }: CircuitFlags,
  [ofFirst, ofSecond]: readonly ReadonlyMap<number, string>[],
): string {
  const [active, there] = [edited, later].map((all) => new Map(all.map((each) => [each.concept, each.samples])));
  const label = (concept: number, names: ReadonlyMap<number, string>) =>
    `${concept}${names.has(concept) ? ` ${names.get(concept)}` : ""}`;
  const rows = links
    .slice(0, top)
    .map((link) => [
      label(link.from, ofFirst),
      label(link.to, ofSecond),
      link.relative === undefined ? "new" : `${(100 * link.relative).toFixed(1)}%`,
      link.change.toPrecision(3),
      String(active.get(link.from) ?? 0),
      String(there.get(link.to) ?? 0),
    ]);
  const more = links.length - rows.length;
  return [
    `${network}: concepts of ${from} ${editInWords({ factor })}, and what becomes of those of ${to}, over ${samples} images`,
    "",
    textTable([["earlier", "later", "changes by", "in its code", "earlier in", "later in"], ...rows]),
    "",
    "changes by: change of the later concept's total code, as a share of it; new: it is there only with the edit",
    `earlier in, later in: images that have the concept${more > 0 ? `; ${more} more pairs: --top ${links.length}` : ""}`,
  ].join("\n");
}
