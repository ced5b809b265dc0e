/** A run that is open: its model, samples, and what is known of its concepts. */
import { type Grid, messageOf, SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import {
  conceptNames,
  jsonOf,
  type LoadedModel,
  loadConfig,
  loadModel,
  modelName,
  newestCheckpoint,
  openDataFor,
  type RunConfig,
  type RunEvaluation,
  type RunHistory,
  type RunStore,
  readEvaluation,
  readHistory,
  readSummary,
} from "@saeno/experiments";
import {
  compareModels,
  encodeIndex,
  type IndexedConcept,
  indexConcepts,
  type ModelComparison,
  modelHash,
  type OpenedIndex,
  openIndex,
} from "@saeno/inspect";
import { encodeModel } from "@saeno/training";
import { useNetworkData } from "./data-files.ts";
import { type Atoms, atomOf, type DrawnFunction, readAtoms } from "./drawn-function.ts";
import { remoteSamples, samplesInFiles } from "./remote-samples.ts";
import { RunSamples, type SamplesInfo } from "./run-samples.ts";
import { type Sparsity, sparsityOf } from "./sparsity.ts";

export type RunState = "running" | "finished" | "interrupted" | "imported";

/** How a training that goes on elsewhere is doing. */
export interface RunProgress {
  readonly state: RunState;
  readonly history: RunHistory;
  /** Whether there is a newer model than the one that is open. */
  readonly isNewer: boolean;
}

/** What is known of a run when it is opened. */
export interface RunInfo {
  readonly place: string;
  readonly name: string;
  readonly conceptCount: number;
  /** What a code of a concept is. */
  readonly codes: "scalar" | "maps";
  readonly channels: number;
  /** On which the model was trained; `[]` for vectors that were flattened from nothing. */
  readonly grid: Grid;
  /** Whether samples on other grids can be taken. */
  readonly anyGrid: boolean;
  readonly parameters: number;
  readonly state: RunState;
  readonly config: RunConfig | undefined;
  readonly history: RunHistory;
  readonly evaluation: RunEvaluation | undefined;
  readonly names: ReadonlyMap<number, string>;
  /** Concepts and points that may be active, where both are chosen by hand. */
  readonly sparsity: Sparsity | undefined;
  readonly samples: SamplesInfo | undefined;
  /** Why there are no samples. */
  readonly withoutSamples: string | undefined;
}

/** Samples that an index is made of, at most. */
const indexedSamples = 2000;
/** Samples that two models are compared on, at most. */
const comparedSamples = 500;
/** Beside the model and its samples. */
const bundledFiles = ["config.json", "metrics.jsonl", "summary.json", "evaluation.json", "names.json"];
const mostSampleBytes = 2 ** 24;
/** Grids on which all atoms are kept. */
const keptAtomGrids = 2;

export class RunSession {
  readonly #store: RunStore;
  readonly #loaded: LoadedModel;
  readonly #config: RunConfig | undefined;
  /** Whether a process trains it now, where that can be known. */
  readonly #isRunning: () => Promise<boolean>;
  /** The checkpoint that its model is of; absent for one that is trained. */
  #checkpoint: string | undefined;
  #samples: RunSamples | undefined;
  #withoutSamples: string | undefined;
  #index: OpenedIndex | undefined;
  #kept: Promise<unknown> = Promise.resolve();
  readonly #atoms = new Map<string, Atoms>();

  private constructor(
    store: RunStore,
    loaded: LoadedModel,
    config: RunConfig | undefined,
    isRunning: () => Promise<boolean>,
  ) {
    this.#isRunning = isRunning;
    this.#store = store;
    this.#loaded = loaded;
    this.#config = config;
  }

  static async open(store: RunStore, path: string, isRunning = async () => false): Promise<RunSession> {
    const checkpoint = await modelOf(store, path);
    const loaded = await loadModel(store, path);
    const { data } = loaded.record;
    if (typeof data === "object" && data !== null && "kind" in data && data.kind === "network") await useNetworkData();
    let config: RunConfig | undefined;
    let problem: string | undefined;
    try {
      config = await loadConfig(store, path);
    } catch (error) {
      problem = messageOf(error);
    }
    const session = new RunSession(store, loaded, config, isRunning);
    session.#checkpoint = checkpoint;
    await session.#openOwnSamples(problem);
    return session;
  }

  get model(): SparseAutoencoder {
    return this.#loaded.model;
  }

  get config(): RunConfig | undefined {
    return this.#config;
  }

  /** Of the functions that the model was trained on; absent if that is not known. */
  get trainingGrid(): Grid | undefined {
    const { trainingGrid } = this.#loaded.record;
    return Array.isArray(trainingGrid) ? trainingGrid.map(Number) : undefined;
  }

  get path(): string {
    return this.#loaded.path;
  }

  async #openOwnSamples(problem: string | undefined): Promise<void> {
    const { path } = this.#loaded;
    try {
      const remote = await remoteSamples(this.#store, path);
      if (remote !== undefined) {
        this.#samples = new RunSamples(this.model, remote.dataset, remote.sampleShape, true);
      } else if (this.#config === undefined) {
        this.#withoutSamples = problem;
      } else {
        const { data, model, seed } = this.#config;
        const { test, sampleShape } = await openDataFor(model, data, { seed });
        this.#samples = new RunSamples(this.model, test, sampleShape, true);
      }
    } catch (error) {
      this.#withoutSamples = messageOf(error);
    }
  }

  async info(): Promise<RunInfo> {
    const store = this.#store;
    const { path, model } = this.#loaded;
    const { dictionary } = model;
    const config = this.#config;
    const [history, evaluation, summary, names] = await Promise.all([
      readHistory(store, path),
      readEvaluation(store, path),
      readSummary(store, path),
      conceptNames(store, path),
    ]);
    return {
      place: path,
      name: config === undefined ? dictionary.label : modelName(config),
      conceptCount: dictionary.conceptCount,
      codes: dictionary.codes,
      channels: dictionary.channels,
      grid: this.trainingGrid ?? this.#sampleShape().slice(0, -1),
      anyGrid: dictionary.domain === "functions",
      parameters: model.parameters().reduce((sum, { variable }) => sum + variable.size, 0),
      state: await this.#state(summary !== undefined),
      config,
      history,
      evaluation,
      names,
      sparsity: sparsityOf(model),
      samples: this.#samples?.info(),
      withoutSamples: this.#withoutSamples,
    };
  }

  async #state(isFinished: boolean): Promise<RunState> {
    if (this.#loaded.record.data === undefined) return "imported";
    if (isFinished) return "finished";
    return (await this.#isRunning()) ? "running" : "interrupted";
  }

  async progress(): Promise<RunProgress> {
    const [history, summary, checkpoint] = await Promise.all([
      readHistory(this.#store, this.path),
      readSummary(this.#store, this.path),
      modelOf(this.#store, this.path),
    ]);
    return { state: await this.#state(summary !== undefined), history, isNewer: checkpoint !== this.#checkpoint };
  }

  /** Takes other samples; those that the model cannot take are an error. */
  useSamples(given: Dataset, sampleShape: readonly number[]): void {
    this.#samples = new RunSamples(this.model, given, sampleShape, false);
    this.#index = undefined;
  }

  /** @throws SaenoError `eval.data` where there are none. */
  get samples(): RunSamples {
    if (this.#samples !== undefined) return this.#samples;
    throw new SaenoError("eval.data", this.#withoutSamples ?? "There are no samples.", { kind: "data" });
  }

  /** `[...N, C]` of samples as they are drawn. */
  #sampleShape(): readonly number[] {
    if (this.#samples !== undefined) return this.#samples.sampleShape;
    const { domain, channels } = this.model.dictionary;
    return domain === "vectors" ? [channels, 1] : [channels];
  }

  /** Atoms of some concepts, their origin in the center; on a grid, where they are functions on any. */
  async atoms(concepts: readonly number[], grid?: Grid): Promise<readonly DrawnFunction[]> {
    const key = grid?.join("x") ?? "";
    let all = this.#atoms.get(key);
    if (all === undefined) {
      all = await readAtoms(this.model.dictionary, grid, this.#sampleShape());
      const [oldest] = this.#atoms.keys();
      if (this.#atoms.size >= keptAtomGrids && oldest !== undefined) this.#atoms.delete(oldest);
      this.#atoms.set(key, all);
    }
    const found = all;
    return concepts.map((concept) => atomOf(found, concept));
  }

  /** What is known of all concepts: what the run folder has, or else from a pass over samples. */
  async index(
    onProgress: (done: number, total: number) => void,
  ): Promise<Omit<OpenedIndex, "concept" | "all" | "close">> {
    this.#index ??= (await this.#storedIndex()) ?? (await this.#newIndex(onProgress));
    const { concept: _, all: __, close: ___, ...rest } = this.#index;
    return rest;
  }

  async concept(concept: number): Promise<IndexedConcept> {
    if (this.#index === undefined) await this.index(() => {});
    const index = this.#index;
    if (index === undefined) throw new SaenoError("eval.data", "There are no samples to ask concepts about.");
    return index.concept(concept);
  }

  async #storedIndex(): Promise<OpenedIndex | undefined> {
    if (this.#samples?.isOwn === false) return undefined;
    const source = await this.#store.open(this.path, "concepts.idx");
    if (source === undefined) return undefined;
    const index = await openIndex(source);
    const isOurs = index.model === (await modelHash(this.model));
    const fits = this.#samples === undefined || index.samples <= this.#samples.dataset.size;
    return isOurs && fits ? index : undefined;
  }

  async #newIndex(onProgress: (done: number, total: number) => void): Promise<OpenedIndex> {
    const dataset = this.samples.dataset;
    const size = Math.min(dataset.size, indexedSamples);
    const index = await indexConcepts(this.model, { ...dataset, size }, { onProgress });
    const bytes = encodeIndex(index);
    if (this.#samples?.isOwn && !(await this.#isRunning())) await this.#keep("concepts.idx", bytes);
    return openIndex(bytes);
  }

  /** Which concepts of another model are the same, on these samples. */
  async compare(other: RunSession): Promise<ModelComparison> {
    const dataset = this.samples.dataset;
    const size = Math.min(dataset.size, comparedSamples);
    return compareModels(this.model, other.model, { dataset: { ...dataset, size } });
  }

  /** All that a page needs to show this run without anything else, the first samples and what concepts do in them included. */
  async bundle(): Promise<ReadonlyMap<string, Uint8Array | string>> {
    const files = new Map<string, Uint8Array | string>();
    for (const name of bundledFiles) {
      const content = await this.#store.read(this.path, name);
      if (content !== undefined) files.set(name, content);
    }
    files.set("model.safetensors", await encodeModel(this.model));
    if (this.#samples === undefined) return files;
    const { dataset, sampleShape } = this.#samples;
    const samples = await samplesInFiles(dataset, sampleShape, mostSampleBytes);
    const size = samples.size;
    for (const [name, content] of samples.files) files.set(name, content);
    return files.set("concepts.idx", encodeIndex(await indexConcepts(this.model, { ...dataset, size })));
  }

  /** Gives a concept a name; an empty one takes it away. @returns whether it is kept in the run folder. */
  async rename(concept: number, name: string): Promise<boolean> {
    const names = new Map(await conceptNames(this.#store, this.path));
    if (name.trim() === "") names.delete(concept);
    else names.set(concept, name.trim());
    return this.#keep("names.json", jsonOf(Object.fromEntries(names)));
  }

  /** Writes a file of the run folder, where it can be written. */
  #keep(file: string, content: string | Uint8Array): Promise<boolean> {
    // One after another: a folder is written to by one at a time.
    const kept = this.#kept.then(() => this.#write(file, content));
    this.#kept = kept;
    return kept;
  }

  async #write(file: string, content: string | Uint8Array): Promise<boolean> {
    try {
      const draft = await this.#store.edit(this.path);
      await draft.write(file, content).finally(() => draft.close());
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    // Whoever closes it may be about to write to its folder.
    await this.#kept;
    this.model.dispose();
    await this.#index?.close();
    await this.#samples?.dataset.close?.();
  }
}

/** Where the model of a run is: its newest checkpoint, or nothing once it is trained. */
async function modelOf(store: RunStore, path: string): Promise<string | undefined> {
  return (await store.names(path)).includes("model.safetensors") ? undefined : newestCheckpoint(store, path);
}
