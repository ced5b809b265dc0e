/** All that computes: in a worker, so that the page stays quick. What goes in and out is plain data. */
import { cpuBackend, type Grid, messageOf, register, SaenoError, useBackend } from "@saeno/backend";
import { createWasmBackend } from "@saeno/backend-wasm";
import { webgpuBackend } from "@saeno/backend-webgpu";
import { openDataset, pageFiles } from "@saeno/datasets";
import {
  browserStore,
  loadConfig,
  memoryStore,
  type RunConfig,
  type RunStore,
  resolveRunConfig,
  runSettings,
  type Setting,
  type Settings,
} from "@saeno/experiments";
import type { CodeEdit, ConceptSummary, IndexedConcept, IndexHeader, ModelComparison } from "@saeno/inspect";
import type { NetworkLayer } from "@saeno/networks";
import type { BackendName } from "./backends.ts";
import { savedPrefix, useFiles, useNetworkData, useStorage } from "./data-files.ts";
import type { DrawnFunction } from "./drawn-function.ts";
import { imageForm, imageSamples, isImage } from "./images.ts";
import type { NetworkInfo, NetworkSession, OutputView, PhotoChoice, PhotoView } from "./network-session.ts";
import type { NetworkChoice } from "./open-network.ts";
import { importPeer, isPeer } from "./peer-models.ts";
import { placeOf, placeText } from "./places.ts";
import type { EditedView, RegionalConcept, SampleChoice, SampleView } from "./run-samples.ts";
import { type RunInfo, type RunProgress, RunSession } from "./run-session.ts";
import type { Sparsity } from "./sparsity.ts";
import { amplitudes } from "./spectrum.ts";
import { measureSpeed, startTraining, type TrainingControl, type TrainingEvent } from "./training.ts";
import { type Answers, trustOf } from "./trust.ts";
import { type UrlStore, urlStore } from "./url-store.ts";

export interface EngineInfo {
  readonly backend: string;
  readonly reason: string;
  /** Whether runs outlive the tab. */
  readonly keepsRuns: boolean;
}

export interface ConceptList extends IndexHeader {
  readonly summaries: readonly ConceptSummary[];
}

/** What a page asks of the engine. Runs are named by their places (`placeText`); one that is not open is opened. */
export class Engine {
  readonly #sessions = new Map<string, Promise<RunSession>>();
  #saved: RunStore = memoryStore();
  #served: UrlStore = urlStore("http://localhost");
  #base = "http://localhost";
  /** The network that is open: one at a time. */
  #network: { readonly key: string; readonly session: Promise<NetworkSession | undefined> } | undefined;
  #training: TrainingControl | undefined;

  /** @param base what relative addresses of runs start from. */
  async start(backend: BackendName, base: string): Promise<EngineInfo> {
    this.#served = urlStore(base);
    this.#base = base;
    const root = await storageFolder();
    if (root !== undefined) this.#saved = browserStore(root);
    register(createWasmBackend(), webgpuBackend, cpuBackend);
    useStorage(this.#saved);
    useFiles([]);
    const { name, reason } = await useBackend(backend);
    return { backend: name, reason, keepsRuns: root !== undefined };
  }

  async open(place: string): Promise<RunInfo> {
    return (await this.#session(place)).info();
  }

  async progress(place: string): Promise<RunProgress> {
    return (await this.#session(place)).progress();
  }

  async close(place: string): Promise<void> {
    const session = this.#sessions.get(place);
    this.#sessions.delete(place);
    // Its model is used there.
    if (this.#network?.key.startsWith(JSON.stringify([place]).slice(0, -1))) await this.#closeNetwork();
    await (await session?.catch(() => undefined))?.close();
  }

  /** Puts files, such as those of a folder that was dropped, into the storage of the browser. @returns the place of the run. */
  async save(name: string, files: ReadonlyMap<string, Blob>): Promise<string> {
    const place = await this.#freePlace(name);
    const draft = await this.#saved.edit(place);
    try {
      const peer = isPeer([...files.keys()]) ? await importPeer(files) : undefined;
      for (const [file, content] of peer ?? files) {
        await draft.write(file, content instanceof Blob ? new Uint8Array(await content.arrayBuffer()) : content);
      }
    } catch (error) {
      for (const file of files.keys()) await draft.remove(file);
      throw error;
    } finally {
      await draft.close();
    }
    return placeText({ kind: "saved", place });
  }

  async savedRuns(): Promise<readonly string[]> {
    return (await this.#saved.near("runs")).inside.map((place) => placeText({ kind: "saved", place }));
  }

  /** Removes a run from the storage of the browser. */
  async removeRun(place: string): Promise<void> {
    await this.close(place);
    const { path } = this.#at(place);
    const draft = await this.#saved.edit(path);
    for (const name of await this.#saved.names(path)) await draft.remove(name);
    await draft.close();
  }

  /** The files of a run but its checkpoints, to take elsewhere. */
  async files(place: string): Promise<ReadonlyMap<string, Uint8Array>> {
    const { store, path } = this.#at(place);
    const files = new Map<string, Uint8Array>();
    for (const name of await store.names(path)) {
      const content = name === "checkpoints" || name === "lock" ? undefined : await store.read(path, name);
      if (content !== undefined) files.set(name, content);
    }
    return files;
  }

  /** All that a page of its own needs to show a run. */
  async bundle(place: string): Promise<ReadonlyMap<string, Uint8Array | string>> {
    return (await this.#session(place)).bundle();
  }

  /** Takes other samples for a run: images, or data by a name as the command line has it, `npy:FILE` of the files given. */
  async useSamples(place: string, data: string, files: readonly File[]): Promise<RunInfo> {
    const session = await this.#session(place);
    const images = files.filter(isImage);
    if (images.length > 0) {
      const { grid, channels, config } = await session.info();
      const dataset = await imageSamples(images, { grid, channels, ...imageForm(config?.data) });
      session.useSamples(dataset, [...dataset.grid, dataset.channels]);
    } else {
      await takeFiles(files);
      const { all, sampleShape } = await openDataset(data);
      session.useSamples(all, sampleShape);
    }
    return session.info();
  }

  async atoms(place: string, concepts: readonly number[], grid?: Grid): Promise<readonly DrawnFunction[]> {
    return (await this.#session(place)).atoms(concepts, grid);
  }

  /** The amplitude of an atom at each frequency. */
  async spectrum(place: string, concept: number): Promise<DrawnFunction | undefined> {
    const session = await this.#session(place);
    const { grid } = await session.info();
    const [atom] = await session.atoms([concept], grid);
    return atom === undefined || atom.grid.length === 0 ? undefined : amplitudes(atom);
  }

  async index(place: string, onProgress: (done: number, total: number) => void): Promise<ConceptList> {
    return (await this.#session(place)).index(onProgress);
  }

  async concept(place: string, concept: number): Promise<IndexedConcept> {
    return (await this.#session(place)).concept(concept);
  }

  async trust(place: string): Promise<Answers> {
    return trustOf(await this.open(place));
  }

  async rename(place: string, concept: number, name: string): Promise<boolean> {
    return (await this.#session(place)).rename(concept, name);
  }

  async sample(place: string, choice: SampleChoice, sparsity?: Sparsity): Promise<SampleView> {
    return (await this.#session(place)).samples.sample(choice, sparsity);
  }

  async edited(
    place: string,
    choice: SampleChoice,
    edits: readonly CodeEdit[],
    options: { readonly grid?: Grid | undefined; readonly sparsity?: Sparsity | undefined },
  ): Promise<EditedView> {
    return (await this.#session(place)).samples.edited(choice, edits, options);
  }

  async resampled(place: string, choice: SampleChoice, grid: Grid): Promise<SampleView> {
    return (await this.#session(place)).samples.resampled(choice, grid);
  }

  async contributions(place: string, choice: SampleChoice, concepts: readonly number[]): Promise<DrawnFunction[]> {
    return (await this.#session(place)).samples.contributions(choice, concepts);
  }

  async region(place: string, choice: SampleChoice, from: Grid, to: Grid): Promise<RegionalConcept[]> {
    return (await this.#session(place)).samples.region(choice, from, to);
  }

  /** Opens a network beside a run. Nothing if none is named, or the one that the run names is not here. */
  async network(place: string, choice: NetworkChoice): Promise<NetworkInfo | undefined> {
    return (await this.#networkFor(place, choice))?.info();
  }

  async photo(place: string, choice: NetworkChoice, photo: PhotoChoice): Promise<PhotoView> {
    return (await this.#openNetwork(place, choice)).photo(photo);
  }

  async output(
    place: string,
    choice: NetworkChoice,
    photo: PhotoChoice,
    edits: readonly CodeEdit[],
    output: { readonly name: string; readonly channel?: number | undefined },
  ): Promise<OutputView> {
    return (await this.#openNetwork(place, choice)).output(photo, edits, output.name, output.channel);
  }

  /** The layers of the network among files that were chosen to train on; nothing where there is none. */
  async layersOf(files: readonly File[]): Promise<readonly NetworkLayer[]> {
    const graph = files.find(({ name }) => /\.(json|onnx)$/.test(name));
    if (graph === undefined) return [];
    const { openNetwork } = await import("@saeno/networks");
    const network = await openNetwork(graph.name, { files: pageFiles(files) });
    try {
      return (await network.layers()).filter(({ sensible }) => sensible);
    } finally {
      network.dispose();
    }
  }

  /** Puts the files of a network into the storage of the browser. @returns its place. @throws SaenoError for what is none. */
  async saveNetwork(files: ReadonlyMap<string, File>): Promise<string> {
    const { copyNetwork } = await import("./copy-network.ts");
    return `${savedPrefix}${await copyNetwork(this.#saved, files)}`;
  }

  async savedNetworks(): Promise<readonly string[]> {
    return (await this.#saved.names("networks")).map((name) => `${savedPrefix}networks/${name}`);
  }

  /** Which concepts of two runs are the same, on the samples of the first. */
  async compare(place: string, other: string): Promise<ModelComparison> {
    return (await this.#session(place)).compare(await this.#session(other));
  }

  async errorOn(place: string, grid: Grid): Promise<number> {
    return (await this.#session(place)).samples.errorOn(grid);
  }

  /** Begins a training; there is one at a time. @returns where it is kept. */
  async train(
    name: string,
    settings: Settings,
    tell: (event: TrainingEvent) => void,
    files: readonly File[],
  ): Promise<string> {
    await takeFiles(files);
    const config = resolveRunConfig(settings);
    const path = await this.#freePlace(name);
    this.#training?.stop();
    this.#training = startTraining(this.#saved, path, config, tell);
    return placeText({ kind: "saved", place: path });
  }

  /** Goes on with a training of this browser that was interrupted. */
  async resume(place: string, tell: (event: TrainingEvent) => void, files: readonly File[]): Promise<void> {
    await takeFiles(files);
    const { store, path } = this.#at(place);
    const config = await loadConfig(store, path);
    await this.close(place);
    this.#training?.stop();
    this.#training = startTraining(store, path, config, tell);
  }

  /** Steps per second of a small training. */
  speed(): Promise<number> {
    return measureSpeed();
  }

  /** Everything that a form may ask for. */
  async settings(): Promise<readonly Setting[]> {
    await useNetworkData();
    return runSettings();
  }

  /** The configuration that settings make, or what is wrong with them. */
  async checkSettings(
    settings: Settings,
    files: readonly File[],
  ): Promise<{ readonly config?: RunConfig; readonly problem?: string }> {
    await takeFiles(files);
    try {
      return { config: resolveRunConfig(settings) };
    } catch (error) {
      const isOfFiles = SaenoError.isInstance(error) && /^There is no dataset/.test(error.message);
      const problem = `A page has no folders to read "${settings.data}" from. Choose its files with "Data of your own", or take data that is generated.`;
      return { problem: isOfFiles ? problem : messageOf(error) };
    }
  }

  control(what: "pause" | "resume" | "stop"): void {
    this.#training?.[what]();
  }

  #session(place: string): Promise<RunSession> {
    const open = this.#sessions.get(place);
    if (open !== undefined) return open;
    const { store, path } = this.#at(place);
    const isRunning = async () =>
      store === this.#served
        ? (await this.#served.listing(path))?.state === "running"
        : this.#training?.place() === path;
    const session = RunSession.open(store, path, isRunning);
    this.#sessions.set(place, session);
    // It may be there the next time.
    session.catch(() => this.#sessions.delete(place));
    return session;
  }

  async #openNetwork(place: string, choice: NetworkChoice): Promise<NetworkSession> {
    const session = await this.#networkFor(place, choice);
    if (session !== undefined) return session;
    throw new SaenoError("network.missing", "No network is open: open one.", { kind: "data" });
  }

  async #networkFor(place: string, choice: NetworkChoice): Promise<NetworkSession | undefined> {
    const run = await this.#session(place);
    const key = JSON.stringify([place, choice]);
    if (this.#network?.key === key) return this.#network.session;
    await this.#closeNetwork();
    const { store } = this.#at(place);
    const session = import("./open-network.ts").then(({ openNetworkFor }) =>
      openNetworkFor(run, store, choice, this.#base),
    );
    const now = { key, session };
    this.#network = now;
    // It may be there the next time.
    const forget = () => {
      if (this.#network === now) this.#network = undefined;
    };
    session.then((found) => found ?? forget(), forget);
    return session;
  }

  async #closeNetwork(): Promise<void> {
    const before = this.#network;
    this.#network = undefined;
    await (await before?.session.catch(() => undefined))?.close();
  }

  #at(text: string): { readonly store: RunStore; readonly path: string } {
    const place = placeOf(text);
    return place.kind === "saved"
      ? { store: this.#saved, path: place.place }
      : { store: this.#served, path: place.url };
  }

  async #freePlace(name: string): Promise<string> {
    const stem = `runs/${name.replaceAll(/[^\w.-]+/g, "-").replaceAll(/^[-.]+|[-.]+$/g, "") || "run"}`;
    for (let number = 1; ; number++) {
      const place = number === 1 ? stem : `${stem}-${number}`;
      if (!(await this.#saved.has(place))) return place;
    }
  }
}

/** Takes files as those of data from now on, of which a network may be one. */
async function takeFiles(files: readonly File[]): Promise<void> {
  useFiles(files);
  await useNetworkData();
}

/** The storage of the browser; nothing where it gives pages none. */
async function storageFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await navigator.storage.getDirectory();
  } catch {
    return undefined;
  }
}
