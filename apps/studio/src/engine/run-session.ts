/** A run that is open: its model, samples, and what is known of its concepts. */
import { disposeCodes } from "@saeno/activations";
import { type Grid, messageOf, SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { type Dataset, datasetOn, flatten } from "@saeno/datasets";
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
  type CodeEdit,
  type CodeTable,
  compareModels,
  decodeOn,
  editTable,
  encodeIndex,
  type IndexedConcept,
  indexConcepts,
  type ModelComparison,
  modelHash,
  type OpenedIndex,
  openIndex,
  readCodes,
  sparseCodes,
} from "@saeno/inspect";
import { encodeModel } from "@saeno/training";
import { tensor } from "@tensorflow/tfjs-core";
import { type Atoms, atomOf, type DrawnFunction, drawn, readAtoms } from "./drawn-function.ts";
import { remoteSamples, samplesInFiles } from "./remote-samples.ts";
import { encodeWith, type Sparsity, sparsityOf } from "./sparsity.ts";

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

export interface SamplesInfo {
  readonly name: string;
  readonly size: number;
  readonly grid: Grid;
  readonly channels: number;
  readonly labels: readonly string[] | undefined;
}

/** Of a dataset, or drawn by hand. */
export type SampleChoice = { readonly index: number } | { readonly drawn: DrawnFunction };

export interface SampleView {
  readonly input: DrawnFunction;
  readonly reconstruction: DrawnFunction;
  readonly codes: CodeTable;
  /** `|x - x_hat| / |x|` */
  readonly error: number;
  readonly label: string | undefined;
}

/** What is seen of a sample of which a code was edited. */
export interface EditedView {
  readonly edited: DrawnFunction;
  readonly codes: CodeTable;
  /** On the grid of what is decoded. */
  readonly input: DrawnFunction;
  readonly error: number;
  /** How long it took, in milliseconds. */
  readonly took: number;
}

/** A concept by what it adds to a part of a sample. */
export interface RegionalConcept {
  readonly concept: number;
  /** Its share of all that concepts add there. */
  readonly share: number;
}

/** Samples that an index is made of, at most. */
const indexedSamples = 2000;
/** Samples that two models are compared on, and that are decoded on other grids, at most. */
const [comparedSamples, sweptSamples] = [500, 16];
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
  #samples: { readonly dataset: Dataset; readonly sampleShape: readonly number[]; readonly isOwn: boolean } | undefined;
  #withoutSamples: string | undefined;
  #index: OpenedIndex | undefined;
  #kept: Promise<unknown> = Promise.resolve();
  readonly #atoms = new Map<string, Atoms>();
  /** The last that was read: edits of one sample follow one another. */
  #input: { readonly key: string; readonly values: Float32Array } | undefined;
  #encoded: { readonly key: string; readonly table: CodeTable; readonly input: Float32Array } | undefined;

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

  get path(): string {
    return this.#loaded.path;
  }

  async #openOwnSamples(problem: string | undefined): Promise<void> {
    const { path } = this.#loaded;
    try {
      const remote = await remoteSamples(this.#store, path);
      if (remote !== undefined) {
        this.#samples = { ...remote, isOwn: true };
      } else if (this.#config === undefined) {
        this.#withoutSamples = problem;
      } else {
        const { data, model, seed } = this.#config;
        const { test, sampleShape } = await openDataFor(model, data, { seed });
        this.#samples = { dataset: test, sampleShape, isOwn: true };
      }
    } catch (error) {
      this.#withoutSamples = messageOf(error);
    }
  }

  async info(): Promise<RunInfo> {
    const store = this.#store;
    const { path, record, model } = this.#loaded;
    const { dictionary } = model;
    const config = this.#config;
    const [history, evaluation, summary, names] = await Promise.all([
      readHistory(store, path),
      readEvaluation(store, path),
      readSummary(store, path),
      conceptNames(store, path),
    ]);
    const samples = this.#samples;
    const { trainingGrid } = record;
    const shape = this.#sampleShape();
    return {
      place: path,
      name: config === undefined ? dictionary.label : modelName(config),
      conceptCount: dictionary.conceptCount,
      codes: dictionary.codes,
      channels: dictionary.channels,
      grid: Array.isArray(trainingGrid) ? trainingGrid.map(Number) : shape.slice(0, -1),
      anyGrid: dictionary.domain === "functions",
      parameters: model.parameters().reduce((sum, { variable }) => sum + variable.size, 0),
      state: await this.#state(summary !== undefined),
      config,
      history,
      evaluation,
      names,
      sparsity: sparsityOf(model),
      samples: samples && {
        name: samples.dataset.name,
        size: samples.dataset.size,
        grid: shape.slice(0, -1),
        channels: shape.at(-1) ?? 1,
        labels: samples.dataset.labels && labelsOf(samples.dataset),
      },
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
    const { channels, domain } = this.model.dictionary;
    const dataset = domain === "vectors" ? flatten(given) : given;
    if (dataset.channels !== channels) {
      const what = domain === "vectors" ? `vectors of ${channels} numbers` : `functions with ${channels} channels`;
      throw new SaenoError("eval.data", `The model takes ${what}; ${dataset.name} has ${dataset.channels}.`, {
        kind: "data",
      });
    }
    this.#samples = { dataset, sampleShape, isOwn: false };
    this.#index = undefined;
    this.#encoded = undefined;
    this.#input = undefined;
  }

  /** `[...N, C]` of samples as they are drawn. */
  #sampleShape(): readonly number[] {
    if (this.#samples !== undefined) return this.#samples.sampleShape;
    const { domain, channels } = this.model.dictionary;
    return domain === "vectors" ? [channels, 1] : [channels];
  }

  #dataset(): Dataset {
    if (this.#samples !== undefined) return this.#samples.dataset;
    throw new SaenoError("eval.data", this.#withoutSamples ?? "There are no samples.", { kind: "data" });
  }

  /** Values of a sample as they are drawn: vectors in the shape they were flattened from. */
  #drawn(values: Float32Array, grid: Grid): DrawnFunction {
    const isVector = this.model.dictionary.domain === "vectors";
    return drawn(values, isVector ? this.#sampleShape() : [...grid, this.#dataset().channels]);
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

  async sample(choice: SampleChoice, sparsity?: Sparsity): Promise<SampleView> {
    const { table, input } = await this.#encode(choice, sparsity);
    const { grid, labels } = this.#dataset();
    const reconstruction = await this.#decode(table, grid);
    const label = "index" in choice && labels !== undefined ? labelOf(labels, choice.index) : undefined;
    return {
      input: this.#drawn(input.slice(), grid),
      reconstruction: this.#drawn(reconstruction, grid),
      codes: table,
      error: distance(input, reconstruction),
      label,
    };
  }

  /** A sample with its code edited, decoded on a grid of its own or another. */
  async edited(
    choice: SampleChoice,
    edits: readonly CodeEdit[],
    { grid, sparsity }: { readonly grid?: Grid | undefined; readonly sparsity?: Sparsity | undefined } = {},
  ): Promise<EditedView> {
    const begun = performance.now();
    const own = this.#dataset();
    const wanted = this.model.dictionary.domain === "functions" ? (grid ?? own.grid) : own.grid;
    const { table } = await this.#encode(choice, sparsity);
    const codes = editTable(table, edits);
    const values = await this.#decode(codes, wanted);
    const input = await this.#inputOn(choice, wanted);
    return {
      edited: this.#drawn(values, wanted),
      codes,
      input: this.#drawn(input, wanted),
      error: distance(input, values),
      took: performance.now() - begun,
    };
  }

  /** A sample encoded on another grid, as the model sees it there, and decoded. */
  async resampled(choice: SampleChoice, grid: Grid): Promise<SampleView> {
    const input = await this.#inputOn(choice, grid);
    const { channels } = this.#dataset();
    const x = tensor(input, [1, ...grid, channels]);
    const { codes, reconstruction } = this.model.forward(x);
    x.dispose();
    try {
      const [table, values] = await Promise.all([readCodes(codes), reconstruction.data<"float32">()]);
      return {
        input: this.#drawn(input, grid),
        reconstruction: this.#drawn(values, grid),
        codes: table,
        error: distance(input, values),
        label: undefined,
      };
    } finally {
      disposeCodes(codes);
      reconstruction.dispose();
    }
  }

  /** What single concepts add to a reconstruction. */
  async contributions(
    choice: SampleChoice,
    concepts: readonly number[],
    sparsity?: Sparsity,
  ): Promise<DrawnFunction[]> {
    const { table } = await this.#encode(choice, sparsity);
    const { grid } = this.#dataset();
    const constant = await this.#decode(editTable(table, [{ kind: "keep", concepts: [] }]), grid);
    const found: DrawnFunction[] = [];
    for (const concept of concepts) {
      const values = await this.#decode(editTable(table, [{ kind: "keep", concepts: [concept] }]), grid);
      found.push(
        this.#drawn(
          values.map((value, i) => value - constant[i]),
          grid,
        ),
      );
    }
    return found;
  }

  /** Concepts by what they add inside of a box of the grid, the most first. */
  async region(choice: SampleChoice, from: Grid, to: Grid): Promise<RegionalConcept[]> {
    const { table } = await this.#encode(choice);
    const concepts = Array.from(table.concepts);
    const added = await this.contributions(choice, concepts);
    const energies = added.map(({ values, grid, channels }) => {
      let energy = 0;
      for (let point = 0; point < values.length / channels; point++) {
        let rest = point;
        let isInside = true;
        for (let axis = grid.length - 1; axis >= 0; axis--) {
          const at = rest % grid[axis];
          rest = Math.floor(rest / grid[axis]);
          isInside &&= at >= from[axis] && at < to[axis];
        }
        if (isInside) for (let c = 0; c < channels; c++) energy += values[point * channels + c] ** 2;
      }
      return energy;
    });
    const total = energies.reduce((sum, energy) => sum + energy, 0) || 1;
    return concepts.map((concept, i) => ({ concept, share: energies[i] / total })).sort((a, b) => b.share - a.share);
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
    const dataset = this.#dataset();
    const size = Math.min(dataset.size, indexedSamples);
    const index = await indexConcepts(this.model, { ...dataset, size }, { onProgress });
    const bytes = encodeIndex(index);
    if (this.#samples?.isOwn && !(await this.#isRunning())) await this.#keep("concepts.idx", bytes);
    return openIndex(bytes);
  }

  /** Which concepts of another model are the same, on these samples. */
  async compare(other: RunSession): Promise<ModelComparison> {
    const dataset = this.#dataset();
    const size = Math.min(dataset.size, comparedSamples);
    return compareModels(this.model, other.model, { dataset: { ...dataset, size } });
  }

  /** `|x - x_hat| / |x|` over the first samples, on a grid. */
  async errorOn(grid: Grid): Promise<number> {
    const dataset = this.#dataset();
    const on = await datasetOn(dataset, grid);
    let [differences, squares] = [0, 0];
    const count = Math.min(dataset.size, sweptSamples);
    for (let index = 0; index < count; index++) {
      const input = await on.read([index]);
      const x = tensor(input, [1, ...grid, dataset.channels]);
      const { codes, reconstruction } = this.model.forward(x);
      x.dispose();
      disposeCodes(codes);
      const values = await reconstruction.data<"float32">();
      reconstruction.dispose();
      for (let i = 0; i < input.length; i++) {
        differences += (input[i] - values[i]) ** 2;
        squares += input[i] ** 2;
      }
    }
    return Math.sqrt(differences / (squares || 1));
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

  async #encode(choice: SampleChoice, sparsity?: Sparsity): Promise<{ table: CodeTable; input: Float32Array }> {
    const key = "index" in choice ? JSON.stringify([choice.index, sparsity]) : "";
    if (key !== "" && this.#encoded?.key === key) return this.#encoded;
    const { grid, channels } = this.#dataset();
    const input = await this.#inputOn(choice, grid);
    const x = tensor(input, [1, ...grid, channels]);
    const codes = sparsity === undefined ? this.model.encode(x) : encodeWith(this.model, x, sparsity);
    x.dispose();
    const table = await readCodes(codes).finally(() => disposeCodes(codes));
    const encoded = { key, table, input };
    this.#encoded = encoded;
    return encoded;
  }

  async #inputOn(choice: SampleChoice, grid: Grid): Promise<Float32Array> {
    if ("index" in choice) {
      const key = `${choice.index} ${grid.join()}`;
      if (this.#input?.key !== key) {
        const values = await (await datasetOn(this.#dataset(), grid)).read([choice.index]);
        this.#input = { key, values };
      }
      return this.#input.values;
    }
    const { values, grid: own, channels } = choice.drawn;
    if (this.model.dictionary.domain === "vectors" || own.join() === grid.join()) return values;
    const single: Dataset = { name: "drawn", size: 1, grid: own, channels, read: async () => values };
    return (await datasetOn(single, grid)).read([0]);
  }

  async #decode(table: CodeTable, grid: Grid): Promise<Float32Array> {
    const codes = sparseCodes(table);
    const decoded = decodeOn(this.model, codes, grid);
    disposeCodes(codes);
    try {
      return await decoded.data<"float32">();
    } finally {
      decoded.dispose();
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

function distance(a: Float32Array, b: Float32Array): number {
  let [differences, squares] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    differences += (a[i] - b[i]) ** 2;
    squares += a[i] ** 2;
  }
  return Math.sqrt(differences / (squares || 1));
}

function labelsOf({ labels, size }: Dataset): string[] {
  return labels === undefined ? [] : Array.from({ length: size }, (_, i) => labelOf(labels, i));
}

function labelOf({ values, names }: NonNullable<Dataset["labels"]>, index: number): string {
  return names?.[values[index]] ?? String(values[index]);
}
