/** A network that is open beside a run: photos go through it, concepts of the run are found in one of its layers, and what is edited there goes on. */
import { disposeCodes } from "@saeno/activations";
import { type Grid, SaenoError, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import {
  type CodeEdit,
  type CodeTable,
  decodeOn,
  editTable,
  placesOf,
  readCodes,
  relativeDistance,
  sparseCodes,
} from "@saeno/inspect";
import {
  checkComparable,
  disposeOutputs,
  type Network,
  type NetworkLayer,
  type Outputs,
  type Preprocessing,
  preprocess,
  type Tail,
} from "@saeno/networks";
import { add, sub, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { type DrawnFunction, drawn } from "./drawn-function.ts";
import { decodedImage, scaledPixels } from "./images.ts";

export interface NetworkInfo {
  readonly name: string;
  readonly layer: NetworkLayer;
  /** The layers whose maps the model takes. */
  readonly layers: readonly NetworkLayer[];
  readonly outputs: readonly string[];
  /** What the channels of outputs are called, where that came with it. */
  readonly classes: readonly string[] | undefined;
  readonly preprocessing: Preprocessing;
  /** Of the photos that it is given. */
  readonly size: Grid;
  /** The images of the run, and why there are none. */
  readonly images: { readonly name: string; readonly size: number } | undefined;
  readonly withoutImages: string | undefined;
}

/** One of the run's images, or another, which is known by its key as long as it is the last. */
export type PhotoChoice = { readonly index: number } | { readonly key: string; readonly image: Blob | ImageBitmap };

export interface PhotoView {
  /** As the network is given it. */
  readonly pixels: ImageData;
  readonly codes: CodeTable;
  readonly where: Places;
  /** `|m - m'| / |m|` of the maps. */
  readonly error: number;
  /** Milliseconds. */
  readonly took: number;
}

/** Where each of the strongest concepts adds to the reconstruction, and how much, on the grid of the layer: codes alone may be beside what they stand for. */
export type Places = ReadonlyMap<number, Float32Array>;

/** An output of the network, as it is and with the edits. */
export interface OutputView {
  /** The largest value of each channel; of classes what each has. */
  readonly before: Float32Array;
  readonly after: Float32Array | undefined;
  /** `[]` for classes. */
  readonly grid: Grid;
  /** One channel over the grid. */
  readonly channel: number;
  readonly mapBefore: DrawnFunction | undefined;
  readonly mapAfter: DrawnFunction | undefined;
  /** `|y' - y| / |y|` of the whole output. */
  readonly change: number;
  /** With the edits. */
  readonly where: Places;
  readonly took: number;
}

/** Concepts whose places are found, at most. */
const mostPlaces = 16;

/** What is kept of the last photo. */
interface Looked {
  readonly key: string;
  readonly view: PhotoView;
  readonly x: Tensor;
  readonly map: Tensor;
  /** What comes after the layer for the output that was last asked for, and what that is without edits. */
  tail: (Tail & { readonly output: string; readonly clean: Values }) | undefined;
}

interface Values {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

export interface OpenedNetwork {
  readonly network: Network;
  /** The same with one output: others need not be computed, and may not be there for images of this size. */
  withOutput(name: string): Promise<Network>;
  readonly layer: NetworkLayer;
  readonly layers: readonly NetworkLayer[];
  readonly size: Grid;
  readonly images: Dataset | undefined;
  readonly withoutImages: string | undefined;
  readonly classes: readonly string[] | undefined;
}

export class NetworkSession {
  readonly #opened: OpenedNetwork;
  readonly #model: SparseAutoencoder;
  #looked: Looked | undefined;
  #asked: { readonly output: string; readonly network: Network } | undefined;
  /** One question after another: they share what is on the device. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(opened: OpenedNetwork, model: SparseAutoencoder) {
    this.#opened = opened;
    this.#model = model;
  }

  info(): NetworkInfo {
    const { network, layer, layers, size, images, withoutImages, classes } = this.#opened;
    const { name, outputNames, preprocessing } = network;
    return {
      ...{ name, layer, layers, outputs: outputNames, preprocessing, size, withoutImages, classes },
      images: images && { name: images.name, size: images.size },
    };
  }

  photo(choice: PhotoChoice): Promise<PhotoView> {
    return this.#inTurn(async () => (await this.#look(choice)).view);
  }

  /** An output for a photo. An edit adds to the network's own map what it changes in the reconstruction, and the rest of the network runs on that. */
  output(choice: PhotoChoice, edits: readonly CodeEdit[], name: string, wanted?: number): Promise<OutputView> {
    return this.#inTurn(async () => {
      const looked = await this.#look(choice);
      const begun = performance.now();
      const { clean } = await this.#tailFor(looked, name);
      const { codes } = looked.view;
      const edited = editTable(codes, edits);
      const changed = edits.length === 0 ? undefined : await this.#changed(looked, edited);
      const grid = clean.shape.slice(1, -1);
      const channels = clean.shape.at(-1) ?? 1;
      const before = peaksOf(clean.values, channels);
      const channel = Math.min(channels - 1, wanted ?? before.indexOf(Math.max(...before)));
      return {
        before,
        after: changed && peaksOf(changed.values, channels),
        grid,
        channel,
        mapBefore: grid.length === 0 ? undefined : channelOf(clean.values, clean.shape, channel),
        mapAfter: changed && grid.length > 0 ? channelOf(changed.values, clean.shape, channel) : undefined,
        change: changed === undefined ? 0 : relativeDistance(clean.values, changed.values),
        where: edits.length === 0 ? looked.view.where : await this.#placesOf(edited),
        took: performance.now() - begun,
      };
    });
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    this.#forget();
    this.#asked?.network.dispose();
    this.#opened.network.dispose();
    await this.#opened.images?.close?.();
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const answer = this.#last.then(work, work);
    this.#last = answer;
    return answer;
  }

  async #look(choice: PhotoChoice): Promise<Looked> {
    const key = "index" in choice ? `#${choice.index}` : choice.key;
    if (this.#looked?.key === key) return this.#looked;
    const begun = performance.now();
    const { network, layer, size } = this.#opened;
    const values = await this.#photo(choice);
    const { channels } = network.preprocessing;
    const x = tidy(() => preprocess(tensor(values, [1, ...size, channels]), network.preprocessing));
    try {
      const map = await network.activations(x, layer.name);
      const view = await this.#viewOf(map, pixelsOf(values, size, channels), begun).catch((error: unknown) => {
        map.dispose();
        throw error;
      });
      this.#forget();
      this.#looked = { key, view, x, map, tail: undefined };
      return this.#looked;
    } catch (error) {
      x.dispose();
      throw error;
    }
  }

  async #viewOf(map: Tensor, pixels: ImageData, begun: number): Promise<PhotoView> {
    const { codes, reconstruction } = this.#model.forward(map);
    try {
      const [table, own, made] = await Promise.all([readCodes(codes), map.data(), reconstruction.data()]);
      const where = await this.#placesOf(table);
      return { pixels, codes: table, where, error: relativeDistance(own, made), took: performance.now() - begun };
    } finally {
      disposeCodes(codes);
      reconstruction.dispose();
    }
  }

  async #placesOf(table: CodeTable): Promise<Places> {
    const { concepts, maps, values } = table;
    const energies = Array.from(concepts, (_, map) =>
      values.subarray(maps[map], maps[map + 1]).reduce((sum, value) => sum + value * value, 0),
    );
    const strongest = [...energies.keys()].sort((a, b) => energies[b] - energies[a]).slice(0, mostPlaces);
    const places = await placesOf(this.#model, table, strongest, this.#opened.layer.grid);
    return new Map(strongest.map((map, i) => [concepts[map], places[i]]));
  }

  #forget(): void {
    this.#looked?.x.dispose();
    this.#looked?.map.dispose();
    this.#looked?.tail?.dispose();
    this.#looked = undefined;
  }

  async #tailFor(looked: Looked, output: string): Promise<NonNullable<Looked["tail"]>> {
    if (looked.tail?.output === output) return looked.tail;
    looked.tail?.dispose();
    looked.tail = undefined;
    if (this.#asked?.output !== output) {
      this.#asked?.network.dispose();
      this.#asked = undefined;
      this.#asked = { output, network: await this.#opened.withOutput(output) };
    }
    const tail = await this.#asked.network.tail(looked.x, this.#opened.layer.name);
    const clean = await this.#valuesOf(await tail.outputs(looked.map));
    looked.tail = { ...tail, output, clean };
    return looked.tail;
  }

  async #photo(choice: PhotoChoice): Promise<Float32Array> {
    const { network, size, images, withoutImages } = this.#opened;
    if ("index" in choice) {
      if (images === undefined) {
        const problem = withoutImages ?? "There are no images of the run here.";
        throw new SaenoError("network.images", problem, { kind: "data" });
      }
      return images.read([Math.min(choice.index, images.size - 1)]);
    }
    const [height = 1, width = 1] = size;
    const { image } = choice;
    const bitmap = image instanceof Blob ? await decodedImage(image) : image;
    const values = scaledPixels(bitmap, [height, width], network.preprocessing.channels);
    bitmap.close();
    return values;
  }

  /** Outputs for edited codes: the map has what the edit adds, and what the model does not explain stays. */
  async #changed({ map, tail, view }: Looked, edited: CodeTable): Promise<Values | undefined> {
    const grid = map.shape.slice(1, -1);
    const decoded = (table: CodeTable) => {
      const codes = sparseCodes(table);
      const values = decodeOn(this.#model, codes, grid);
      disposeCodes(codes);
      return values;
    };
    const instead = tidy(() => add(map, sub(decoded(edited), decoded(view.codes))));
    try {
      return tail && (await this.#valuesOf(await tail.outputs(instead), tail.clean.shape));
    } finally {
      instead.dispose();
    }
  }

  /** The only output of some in host memory. */
  async #valuesOf(outputs: Outputs, wanted?: readonly number[]): Promise<Values> {
    const [[name, given]] = Object.entries(outputs);
    if (wanted !== undefined) checkComparable(outputs, name, wanted);
    const values = Float32Array.from(await given.data().finally(() => disposeOutputs(outputs)));
    return { values, shape: given.shape };
  }
}

/** The largest value of each channel. */
function peaksOf(values: Float32Array, channels: number): Float32Array {
  const peaks = new Float32Array(channels).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < values.length; i++) peaks[i % channels] = Math.max(peaks[i % channels], values[i]);
  return peaks;
}

function channelOf(values: Float32Array, shape: readonly number[], channel: number): DrawnFunction {
  const [, ...rest] = shape;
  const channels = rest.at(-1) ?? 1;
  const only = Float32Array.from({ length: sizeOf(rest) / channels }, (_, n) => values[n * channels + channel]);
  return drawn(only, [...rest.slice(0, -1), 1]);
}

function pixelsOf(values: Float32Array, [height = 1, width = 1]: Grid, channels: number): ImageData {
  const image = new ImageData(width, height);
  for (let n = 0; n < width * height; n++) {
    for (let c = 0; c < 3; c++) image.data[4 * n + c] = 255 * values[n * channels + (channels === 3 ? c : 0)];
    image.data[4 * n + 3] = 255;
  }
  return image;
}
