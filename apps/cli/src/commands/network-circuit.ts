import { SaenoError } from "@saeno/backend";
import { type DataConfig, subset } from "@saeno/datasets";
import { nodeFiles } from "@saeno/datasets/node";
import { conceptNames, type LoadedRun, loadRun } from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";
import { editInWords } from "@saeno/inspect";
import {
  type ConceptCircuit,
  conceptCircuit,
  type InputOptions,
  inputOptions,
  openNetwork,
  openNetworkImages,
} from "@saeno/networks";
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
        "with those of the network as it is. Both runs were trained on layers of one network, --data network:NET#LAYER,images:DIR; images are those held\n" +
        "out from the first.",
    )
    .argument("<earlier>", "the run of the earlier layer", filePath)
    .argument("<later>", "the run of the later layer", filePath)
    .option("--top <n>", "how many pairs of concepts are shown", positiveWhole, 20)
    .option("--samples <n>", "images that go through the network", positiveWhole, 8)
    .option("--factor <number>", "what the code of a concept is multiplied with: 0 removes it", numberOf, 0)
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
      const [from, to] = runs.map(({ config, path }) => layerOf(networkSource(true, config.data, path)));
      checkSame({ ...from, run: earlier }, { ...to, run: later });
      const layer = await fullName(to);
      const { seed } = first.config;
      const opened = await openNetworkImages(from.data, nodeFiles, { seed, reporter: output, outputs: [layer] });
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

interface RunLayer {
  readonly data: DataConfig;
  readonly network: string;
  readonly layer: string;
  readonly input: InputOptions;
}

/** The network and the layer that data names, which was opened before. */
function layerOf(data: DataConfig): RunLayer {
  const {
    network,
    size,
    range = "0..1",
    mean,
    deviation,
    inputLayout = "channels-last",
  } = data as DataConfig & InputOptions & { readonly network: string };
  const at = network.lastIndexOf("#");
  const input = { size, range, mean, deviation, inputLayout };
  return { data, network: network.slice(0, at).replace(/^tfjs:/, ""), layer: network.slice(at + 1), input };
}

/** @throws SaenoError `circuit.networks` for two networks, or one that is given images in two ways. */
function checkSame(a: RunLayer & { readonly run: string }, b: RunLayer & { readonly run: string }): void {
  if (a.network !== b.network) {
    const problem = `${a.run} is of a layer of ${a.network}, ${b.run} of ${b.network}`;
    throw new SaenoError("circuit.networks", `${problem}: a circuit is within one network.`);
  }
  const given = ({ input, run }: typeof a) => {
    const told = Object.entries(input).filter(([, value]) => value !== undefined);
    return `${run} with ${told.map(([name, value]) => `${name}=${value}`).join(", ")}`;
  };
  if (JSON.stringify(a.input) === JSON.stringify(b.input)) return;
  const problem = `The network was given images in two ways, ${given(a)}; ${given(b)}`;
  throw new SaenoError("circuit.networks", `${problem}: train both on the same.`);
}

async function fullName({ network, layer, input }: RunLayer): Promise<string> {
  const opened = await openNetwork(network, { files: nodeFiles, ...inputOptions(input) });
  try {
    return opened.layerName(layer);
  } finally {
    opened.dispose();
  }
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
    "changes by: of the total code of the later concept, as a share of what it is; new: it is there only with the edit",
    `earlier in, later in: images that have the concept${more > 0 ? `; ${more} more pairs: --top ${links.length}` : ""}`,
  ].join("\n");
}
