import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import type { DataPart } from "@saeno/datasets";
import { nodeFiles } from "@saeno/datasets/node";
import { conceptNames, gridName, loadModel } from "@saeno/experiments";
import { folderStore, writeWhole } from "@saeno/experiments/node";
import {
  type ConceptSummary,
  editInWords,
  encodeIndex,
  type IndexedConcept,
  type IndexHeader,
  indexConcepts,
  type KeptEffects,
  modelHash,
  type OpenedIndex,
  openIndex,
  quantileShares,
  type SampleRecord,
} from "@saeno/inspect";
import { harvestedImages } from "@saeno/networks";
import { chosenPages, conceptFolder, defaultPages, indexFile, samplesOfIndex, titleOf } from "@saeno/report";
import { type Command, Option } from "commander";
import { numberOf, positiveWhole, whole } from "../flags/numbers.ts";
import { filePath } from "../flags/paths.ts";
import { createOutput, type Output } from "../terminal/output.ts";
import { sparkline } from "../terminal/sparkline.ts";
import { backendChoices, sayBackend } from "../terminal/start-backend.ts";
import { textTable } from "../terminal/text-table.ts";
import { indexThere, pageCount, pagesFlag, pagesHelp, pagesThere, writePages } from "./run-concepts.ts";
import { effectsOfRun, effectsThere } from "./run-effects.ts";
import { checkConcept, openSamples, type RunSamples, type SamplesWanted, sampleFlags } from "./run-samples.ts";

/** Of a run folder: the index of the other data that was asked about last, beside that of the run's own samples. */
const otherFile = "concepts-other.idx";

interface ConceptsFlags {
  readonly concept?: number | undefined;
  readonly top: number;
  readonly sort: SortKey;
  readonly network?: string;
  readonly output?: string;
  readonly classes?: string;
  readonly factor?: number;
  readonly move?: readonly number[];
  readonly effectSamples: number;
  readonly split?: DataPart;
  readonly pages?: number | undefined;
  readonly backend: string;
  readonly json?: boolean;
}

type SortKey = "energy" | "cost" | "selectivity" | "label" | "effect";

/** What comes first has the lowest number. */
const orders: Readonly<Record<Exclude<SortKey, "effect">, (concept: ConceptSummary) => number>> = {
  cost: ({ cost }) => -cost,
  energy: ({ energy }) => -energy.mean,
  // A concept that is nowhere active selects nothing.
  selectivity: ({ count, share }) => (count === 0 ? 2 : share),
  label: ({ label }) => -(label?.auc ?? 0),
};

/** Effects that are kept, or new ones; pages then show them, and there are pages of the concepts that do most. */
async function effectsFor(
  path: string,
  flags: ConceptsFlags,
  {
    index,
    wanted,
    isOwnIndex,
  }: { readonly index: OpenedIndex; readonly wanted: SamplesWanted; readonly isOwnIndex: boolean },
  output: Output,
): Promise<KeptEffects> {
  const { network, output: name, classes, effectSamples: samples, factor, move, pages } = flags;
  if (factor !== undefined && move !== undefined)
    throw new SaenoError("effects.edit", "--factor and --move are two edits: give one of them.");
  const edit = move === undefined ? { factor: factor ?? 0 } : { move };
  const { effects, isNew } = await effectsOfRun(path, { network, output: name, classes, edit, samples }, output);
  if (isNew && isOwnIndex && pages !== 0) {
    const strongest = effects.concepts.slice(0, strongestPages).map(({ concept }) => concept);
    await addPages(path, index, [...new Set([...(await pagesThere(path)), ...strongest])], wanted, output);
    output.say(`Pages show it, in ${join(path, conceptFolder)}; the report does after: saeno report ${path}`);
  }
  return effects;
}

/** Concepts that change the output most, and get a page. */
const strongestPages = 8;

/** `saeno concepts RUN`: what the concepts of a model are, and what each costs to lose. */
export function conceptsCommand(program: Command): void {
  const command = program
    .command("concepts")
    .summary("what the concepts of a run are, where they are active, what each costs to lose")
    .description(
      "Shows the concepts of a model: how often and where each is active, how much the squared error rises without it, and which label it\n" +
        `goes with. The first time this takes a pass over the samples; the result is kept in ${indexFile} of the run folder, and made again for\n` +
        `another model, or when --split names other samples. Pages of concepts are written with it, in ${conceptFolder}/; --concept adds one that is missing.\n` +
        `Results for other --data are kept in ${otherFile}, and have no pages.`,
    )
    .argument("<run>", "a run folder, made by saeno train or saeno import", filePath)
    .option("--concept <n>", "everything about one concept", whole)
    .option(
      "--top <n>",
      "how many concepts to show; with --concept, how many of its samples and partners",
      positiveWhole,
      20,
    )
    .addOption(
      new Option(
        "--sort <by>",
        "which come first: those that cost most to lose (cost), have most energy (energy), are active in the fewest samples (selectivity), tell a label best (label), or change the outputs of a network most (effect)",
      )
        .choices([...Object.keys(orders), "effect"])
        .default("cost"),
    )
    .option(
      "--network <place>",
      "NET#LAYER,images:DIR: the network of --sort effect (default: that of the run's own data)",
      filePath,
    )
    .option("--output <name>", "the network's output to look at (default: the first)")
    .option("--classes <file>", "names of that output's channels, such as classes, one on each line", filePath)
    .option(
      "--factor <number>",
      "what to multiply the code of a concept by, for its effect (default: 0, which removes it)",
      numberOf,
    )
    .option(
      "--move <points>",
      "instead of a factor: move concepts by points of the grid of codes, on each axis: 2,0",
      (text) => text.split(",").map(numberOf),
    )
    .option("--effect-samples <n>", "held-out images that concepts are removed from", positiveWhole, 8)
    .option(pagesFlag, pagesHelp, pageCount)
    .option("--backend <name>", backendChoices, "auto")
    .option("--json", "print the result as JSON on stdout");
  const given = sampleFlags(command);
  command.addHelpText(
    "after",
    "\nExamples:\n  saeno concepts runs/digits\n  saeno concepts runs/digits --sort label --top 10\n  saeno concepts runs/digits --concept 17\n  saeno concepts runs/layer-8 --sort effect --output keypoints --classes coco.txt\n  saeno concepts runs/digits --data npy:more.npy --json",
  );
  command.action(async (path: string, flags: ConceptsFlags) => {
    const output = createOutput(flags);
    await sayBackend(flags.backend, output);
    const wanted = { settings: given(), split: flags.split, reporter: output };
    const { index, file } = await indexFor(path, wanted, flags, output);
    try {
      const names = await conceptNames(folderStore, path);
      const { summaries, concept: read, all: _, close: __, ...header } = index;
      const about = { run: path, index: join(path, file), ...header };
      if (flags.concept !== undefined) {
        const concept = await read(flags.concept);
        const { map, ...rest } = named(concept, names);
        const kept = (await effectsThere(path)).filter(({ model }) => model === header.model);
        const effects = kept.flatMap(({ concepts, ...each }) =>
          concepts.filter((effect) => effect.concept === concept.concept).map((effect) => ({ ...each, ...effect })),
        );
        output.result(
          { ...about, concept: { ...rest, ...(map === undefined ? {} : { map: Array.from(map) }), effects } },
          conceptText(concept, header, names, flags.top, effects),
        );
        return;
      }
      if (flags.sort === "label" && summaries.every(({ label }) => label === undefined)) {
        const problem = `${header.data} have no labels that concepts could tell.`;
        throw new SaenoError(
          "concepts.labels",
          `${problem} Name data with labels, or sort by cost, energy or selectivity.`,
        );
      }
      const effects =
        flags.sort === "effect"
          ? await effectsFor(path, flags, { index, wanted, isOwnIndex: file === indexFile }, output)
          : undefined;
      const byConcept = new Map(effects?.concepts.map((each) => [each.concept, each]));
      const changeOf = (concept: number) => byConcept.get(concept)?.change ?? 0;
      const withEffect = <Concept extends ConceptSummary>(concept: Concept) =>
        effects === undefined
          ? concept
          : { ...concept, effect: changeOf(concept.concept), effects: byConcept.get(concept.concept) };
      const order = flags.sort === "effect" ? ({ concept }: ConceptSummary) => -changeOf(concept) : orders[flags.sort];
      const shown = [...summaries].sort((a, b) => order(a) - order(b) || a.concept - b.concept).slice(0, flags.top);
      output.result(
        {
          ...about,
          conceptCount: summaries.length,
          ...(effects === undefined ? {} : { effects: { ...effects, concepts: effects.concepts.length } }),
          concepts: shown.map((concept) => withEffect(named(concept, names))),
        },
        conceptsText(shown, summaries, header, names, effects),
      );
    } finally {
      await index.close();
    }
  });
}

function named<Concept extends ConceptSummary>(
  concept: Concept,
  names: ReadonlyMap<number, string>,
): Concept & { readonly name?: string } {
  const name = names.get(concept.concept);
  return { ...concept, ...(name === undefined ? {} : { name }) };
}

/**
 * The index of the run folder where it is of this model, and of the samples if some are asked for; else a new one, which takes its place. Pages are written
 * with a new one, and where they are asked for and not there.
 */
async function indexFor(
  path: string,
  wanted: SamplesWanted,
  { concept, pages }: Pick<ConceptsFlags, "concept" | "pages">,
  output: Output,
): Promise<{ readonly index: OpenedIndex; readonly file: string }> {
  const isAsked = wanted.split !== undefined || Object.keys(wanted.settings).length > 0;
  if (!isAsked) {
    // Without its data, which may be elsewhere by now.
    const { model } = await loadModel(folderStore, path);
    try {
      if (concept !== undefined) checkConcept(path, model, concept);
      const there = await indexThere(path, indexFile, { model: await modelHash(model) }, output);
      if (there !== undefined) {
        const missing = await missingPages(path, there, { concept, pages });
        if (missing.length > 0) await addPages(path, there, missing, wanted, output);
        return { index: there, file: indexFile };
      }
    } finally {
      model.dispose();
    }
  }
  const opened = await openSamples(path, wanted);
  const { run, dataset, isOwn } = opened;
  const file = isOwn || !run.trained ? indexFile : otherFile;
  try {
    if (concept !== undefined) checkConcept(path, run.model, concept);
    const of = { model: await modelHash(run.model), data: dataset.name };
    const there = isAsked ? await indexThere(path, file, of, output) : undefined;
    if (there !== undefined) {
      if (file === indexFile) {
        const concepts = await missingPages(path, there, { concept, pages });
        await writePages(path, { ...(await pagesOf(opened, there)), concepts, added: true, output });
      }
      return { index: there, file };
    }
    const progress = output.progress("look at concepts", dataset.size);
    const made = await indexConcepts(run.model, dataset, { onProgress: (done) => progress.update(done) }).finally(() =>
      progress.stop(),
    );
    const bytes = encodeIndex(made);
    await writeWhole(join(path, file), bytes);
    const index = await openIndex(bytes);
    if (file === indexFile) {
      const concepts = chosenPages(index, pages ?? defaultPages, concept === undefined ? [] : [concept]);
      await writePages(path, { ...(await pagesOf(opened, index)), concepts, added: false, output });
    }
    return { index, file };
  } finally {
    run.model.dispose();
    await dataset.close?.();
  }
}

async function pagesOf({ run, dataset, source, split, isOwn, wanted }: RunSamples, index: OpenedIndex) {
  const { images } = (await harvestedImages(source, isOwn ? run.config.data : wanted.data, nodeFiles))[split];
  const shown = images === undefined ? dataset : { ...dataset, images };
  return { model: run.model, dataset: shown, sampleShape: source.sampleShape, title: titleOf(run), index };
}

/** Pages that are asked for and not there. */
async function missingPages(
  path: string,
  index: OpenedIndex,
  { concept, pages = 0 }: Pick<ConceptsFlags, "concept" | "pages">,
): Promise<number[]> {
  const there = new Set(await pagesThere(path));
  const others = concept === undefined ? [] : [concept];
  return chosenPages(index, pages, others).filter((each) => !there.has(each));
}

/** Pages of an index that is there, where its samples are at hand. */
async function addPages(
  path: string,
  index: OpenedIndex,
  concepts: readonly number[],
  wanted: SamplesWanted,
  output: Output,
): Promise<void> {
  const opened = await openSamples(path, wanted).catch((error: unknown) => {
    if (!SaenoError.isInstance(error)) throw error;
    output.say(`No page was written: ${error.message}`, "warning");
  });
  if (opened === undefined) return;
  const { run, isOwn } = opened;
  const source = await harvestedImages(opened.source, isOwn ? run.config.data : opened.wanted.data, nodeFiles);
  const dataset = samplesOfIndex({ source, trained: isOwn }, index);
  try {
    if (dataset === undefined) {
      const problem = `No page was written: ${join(path, indexFile)} is of ${index.data}.`;
      output.say(`${problem} Name its data with --data.`, "warning");
      return;
    }
    const { model } = run;
    const about = { model, index, title: titleOf(run), sampleShape: source.sampleShape };
    await writePages(path, { ...about, dataset, concepts, added: true, output });
  } finally {
    run.model.dispose();
    await opened.dataset.close?.();
  }
}

function conceptsText(
  shown: readonly ConceptSummary[],
  all: readonly ConceptSummary[],
  header: IndexHeader,
  names: ReadonlyMap<number, string>,
  effects?: KeptEffects,
): string {
  const { data, samples, error, power } = header;
  const byConcept = new Map(effects?.concepts.map((each) => [each.concept, each]));
  const total = all.reduce((sum, { energy }) => sum + energy.mean, 0);
  const has = {
    name: names.size > 0,
    label: all.some(({ label }) => label !== undefined),
    site: all.some(({ site }) => site !== undefined),
    frequency: all.some(({ atom }) => atom.frequency !== undefined),
  };
  const rows = shown.map((concept) => [
    String(concept.concept),
    ...(has.name ? [names.get(concept.concept) ?? ""] : []),
    ...(effects === undefined ? [] : effectCells(byConcept.get(concept.concept), effects)),
    percent(concept.cost / power),
    percent(concept.share),
    percent(concept.energy.mean / total),
    ...(has.label ? labelCells(concept, header) : []),
    ...(has.site ? [siteText(concept)] : []),
    ...(has.frequency ? [(concept.atom.frequency ?? []).join(", ")] : []),
  ]);
  const heading = [
    "concept",
    ...(has.name ? ["name"] : []),
    ...(effects === undefined ? [] : effectHeading(effects)),
    "cost",
    "active in",
    "energy",
    ...(has.label ? ["label", "AUC"] : []),
    ...(has.site ? ["where"] : []),
    ...(has.frequency ? ["frequency"] : []),
  ];
  const active = all.filter(({ count }) => count > 0).length;
  return [
    `${data}${samples === 0 ? "" : `: ${active} of ${all.length} concepts are active, the squared error is ${percent(error / power)} of the samples'`}`,
    "",
    textTable([heading, ...rows]),
    "",
    ...(effects === undefined
      ? []
      : [
          `effect: how much ${effects.output} of ${effects.network} changes with the concept ${editInWords(effects.edit)} in ${effects.layer}, as a share of its norm, over ${effects.samples} images`,
          ...(effects.rankCorrelation === undefined
            ? []
            : [
                `attribution: how much of the output that takes away or adds, as one gradient estimates it for all concepts; its ranking of ${effects.pairs} pairs of image and concept correlates with the true one at ${effects.rankCorrelation.toFixed(3)} (Spearman)`,
              ]),
        ]),
    "cost: how much the squared error rises without the concept, as a share of the samples' squares",
    ...(has.site
      ? ["where: the middle of its energy on each axis of the domain, 0 to 1; everywhere: it has none"]
      : []),
    `energy: its share of the energy of all codes${shown.length < all.length ? `; ${all.length - shown.length} more concepts: --top ${all.length}` : ""}`,
  ].join("\n");
}

type ConceptEffectText = Omit<KeptEffects, "concepts" | "samples"> & KeptEffects["concepts"][number];

function effectHeading({ rankCorrelation, concepts }: KeptEffects): string[] {
  const hasChannels = concepts.some(({ channels }) => channels !== undefined);
  return ["effect", ...(rankCorrelation === undefined ? [] : ["attribution"]), ...(hasChannels ? ["most in"] : [])];
}

function effectCells(effect: KeptEffects["concepts"][number] | undefined, effects: KeptEffects): string[] {
  const { change = 0, attribution = 0, channels: [most] = [] } = effect ?? {};
  const channel = most && `${effects.channelNames?.[most.channel] ?? most.channel} ${percent(most.share)}`;
  const cells = [percent(change), percent(attribution), channel ?? ""];
  const heading = effectHeading(effects);
  return cells.filter((_, i) => heading.includes(["effect", "attribution", "most in"][i]));
}

function labelCells({ label }: ConceptSummary, { labelNames }: IndexHeader): string[] {
  if (label === undefined) return ["", ""];
  return [labelNames?.[label.label] ?? String(label.label), label.auc.toFixed(3)];
}

/** Less concentrated than this on every axis, energy has no middle. */
const concentrated = 0.1;

function siteText({ site }: ConceptSummary): string {
  if (site === undefined) return "";
  if (site.concentration.every((value) => value < concentrated)) return "everywhere";
  return site.center.map((place, i) => (site.concentration[i] < concentrated ? "any" : place.toFixed(2))).join(", ");
}

function percent(share: number): string {
  if (!Number.isFinite(share)) return "-";
  const value = 100 * share;
  return `${Math.abs(value) < 0.005 ? "0" : value.toFixed(Math.abs(value) < 10 ? 2 : 1)}%`;
}

function conceptText(
  concept: IndexedConcept,
  header: IndexHeader,
  names: ReadonlyMap<number, string>,
  most: number,
  effects: readonly ConceptEffectText[],
): string {
  const { data, samples, power, grid } = header;
  const { count, share, energy, cost, label, site, atom, histogram, top, drawn, coactive } = concept;
  const name = names.get(concept.concept);
  const facts: readonly (readonly [name: string, text: string | undefined])[] = [
    ["active in", `${count} of ${data} (${percent(share)})`],
    ["cost", `${percent(cost / power)} of the samples' squares (${cost.toPrecision(4)})`],
    ...effects.map(({ edit, change, output, channels: [most] = [], channelNames }) => {
      const channel =
        most && `, most in ${channelNames?.[most.channel] ?? `channel ${most.channel}`} (${percent(most.share)})`;
      return ["effect", `${editInWords(edit)}, it changes ${output} by ${percent(change)}${channel ?? ""}`] as const;
    }),
    ["energy", `${energy.mean.toPrecision(4)}, the mean over all ${samples} samples`],
    [
      "  where active",
      count === 0
        ? undefined
        : quantileShares
            .map((q, i) => `${percent(q).replace(".00", "")}: ${energy.quantiles[i].toPrecision(3)}`)
            .join("  "),
    ],
    ["  how many", sparkline(histogram.counts, 32) || undefined],
    [
      "label",
      label && `${labelCells(concept, header).join(", AUC ")}; ${label.information.toFixed(3)} bits of the label`,
    ],
    ["where", site && `${siteText(concept)}; 90% of its energy on ${percent(site.extent)} of the domain`],
    ["atom", atomText(concept)],
    [
      "channels",
      atom.channels.length < 2
        ? undefined
        : atom.channels.map(({ channel, share: part }) => `${channel}: ${percent(part)}`).join("  "),
    ],
  ];
  const lines = facts.flatMap(([key, text]) => (text === undefined ? [] : [`${key.padEnd(15)}${text}`]));
  const partners = coactive.slice(0, most);
  return [
    `concept ${concept.concept}${name === undefined ? "" : `: ${name}`}`,
    ...lines,
    ...samplesText("samples of most energy", top.slice(0, most), header),
    ...samplesText("samples by rising energy", drawn, header),
    ...(partners.length === 0
      ? []
      : [
          "",
          textTable([
            ["active together with", "samples", "lift", ...(grid.length > 0 ? ["overlap"] : []), ""],
            ...partners.map((other) => [
              String(other.concept),
              String(other.count),
              other.lift.toFixed(2),
              ...(grid.length > 0 ? [other.overlap.toFixed(2)] : []),
              names.get(other.concept) ?? "",
            ]),
          ]),
        ]),
  ].join("\n");
}

function atomText({ atom }: IndexedConcept): string {
  const { hoyer, extent, bandwidth, frequency, orientation, anisotropy } = atom;
  const parts = [
    `Hoyer score ${hoyer.toFixed(3)}`,
    extent === undefined ? undefined : `extent ${percent(extent)}`,
    bandwidth === undefined ? undefined : `bandwidth ${percent(bandwidth)}`,
    frequency === undefined ? undefined : `frequency ${frequency.join(", ")}`,
    orientation === undefined || anisotropy === undefined
      ? undefined
      : `waves at ${((180 * orientation) / Math.PI).toFixed(0)} degrees (anisotropy ${anisotropy.toFixed(2)})`,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

function samplesText(title: string, records: readonly SampleRecord[], { power, grid }: IndexHeader): string[] {
  if (records.length === 0) return [];
  const hasPlace = records.some(({ where }) => where !== undefined);
  const quantiles = records.some(({ quantile }) => quantile !== undefined);
  const place = ({ where }: SampleRecord) => {
    const peak = where?.peaks[0]?.position;
    return peak === undefined ? "" : coordinatesOf(peak, grid).join(", ");
  };
  const rows = records.map((record) => [
    String(record.sample),
    record.energy.toPrecision(3),
    percent(record.cost / power),
    ...(quantiles ? [percent(record.quantile ?? Number.NaN)] : []),
    ...(hasPlace
      ? [place(record), `${record.where?.box.from.join(", ") ?? ""} (${gridName(record.where?.box.size ?? [])})`]
      : []),
  ]);
  const heading = [
    "sample",
    "energy",
    "cost",
    ...(quantiles ? ["quantile"] : []),
    ...(hasPlace ? ["peak", "box from (size)"] : []),
  ];
  return ["", title, textTable([heading, ...rows])];
}

function coordinatesOf(position: number, grid: readonly number[]): number[] {
  let rest = position;
  return grid
    .toReversed()
    .map((size) => {
      const place = rest % size;
      rest = Math.floor(rest / size);
      return place;
    })
    .reverse();
}
