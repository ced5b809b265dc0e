/** What a model makes of samples: as they are, edited, and on other grids. */
import { disposeCodes } from "@saeno/activations";
import { type Grid, SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { type Dataset, datasetOn, flatten } from "@saeno/datasets";
import {
  type CodeEdit,
  type CodeTable,
  decodeOn,
  editTable,
  readCodes,
  relativeDistance,
  sparseCodes,
} from "@saeno/inspect";
import { tensor } from "@tensorflow/tfjs-core";
import { type DrawnFunction, drawn } from "./drawn-function.ts";
import { encodeWith, type Sparsity } from "./sparsity.ts";

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

/** Samples that are decoded on other grids, at most. */
const sweptSamples = 16;

/** The samples that a model is looked at with. */
export class RunSamples {
  readonly dataset: Dataset;
  /** `[...N, C]` of samples as they are drawn. */
  readonly sampleShape: readonly number[];
  /** Whether they are those of the run's own data. */
  readonly isOwn: boolean;
  readonly #model: SparseAutoencoder;
  /** The last that was read: edits of one sample follow one another. */
  #input: { readonly key: string; readonly values: Float32Array } | undefined;
  #encoded: { readonly key: string; readonly table: CodeTable; readonly input: Float32Array } | undefined;

  /** @throws SaenoError `eval.data` for samples that the model cannot take. */
  constructor(model: SparseAutoencoder, given: Dataset, sampleShape: readonly number[], isOwn: boolean) {
    const { channels, domain } = model.dictionary;
    const dataset = domain === "vectors" && !isOwn ? flatten(given) : given;
    if (dataset.channels !== channels) {
      const what = domain === "vectors" ? `vectors of ${channels} numbers` : `functions with ${channels} channels`;
      throw new SaenoError("eval.data", `The model takes ${what}; ${dataset.name} has ${dataset.channels}.`, {
        kind: "data",
      });
    }
    this.#model = model;
    this.dataset = dataset;
    this.sampleShape = sampleShape;
    this.isOwn = isOwn;
  }

  info(): SamplesInfo {
    const { name, size, labels } = this.dataset;
    return {
      name,
      size,
      grid: this.sampleShape.slice(0, -1),
      channels: this.sampleShape.at(-1) ?? 1,
      labels: labels && Array.from({ length: size }, (_, i) => labelOf(labels, i)),
    };
  }

  async sample(choice: SampleChoice, sparsity?: Sparsity): Promise<SampleView> {
    const { table, input } = await this.#encode(choice, sparsity);
    const { grid, labels } = this.dataset;
    const reconstruction = await this.#decode(table, grid);
    const label = "index" in choice && labels !== undefined ? labelOf(labels, choice.index) : undefined;
    return {
      input: this.#drawn(input.slice(), grid),
      reconstruction: this.#drawn(reconstruction, grid),
      codes: table,
      error: relativeDistance(input, reconstruction),
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
    const own = this.dataset;
    const wanted = this.#model.dictionary.domain === "functions" ? (grid ?? own.grid) : own.grid;
    const { table } = await this.#encode(choice, sparsity);
    const codes = editTable(table, edits);
    const values = await this.#decode(codes, wanted);
    const input = await this.#inputOn(choice, wanted);
    return {
      edited: this.#drawn(values, wanted),
      codes,
      input: this.#drawn(input, wanted),
      error: relativeDistance(input, values),
      took: performance.now() - begun,
    };
  }

  /** A sample encoded on another grid, as the model sees it there, and decoded. */
  async resampled(choice: SampleChoice, grid: Grid): Promise<SampleView> {
    const input = await this.#inputOn(choice, grid);
    const { channels } = this.dataset;
    const x = tensor(input, [1, ...grid, channels]);
    const { codes, reconstruction } = this.#model.forward(x);
    x.dispose();
    try {
      const [table, values] = await Promise.all([readCodes(codes), reconstruction.data<"float32">()]);
      return {
        input: this.#drawn(input, grid),
        reconstruction: this.#drawn(values, grid),
        codes: table,
        error: relativeDistance(input, values),
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
    const { grid } = this.dataset;
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

  /** `|x - x_hat| / |x|` over the first samples, on a grid. */
  async errorOn(grid: Grid): Promise<number> {
    const dataset = this.dataset;
    const on = await datasetOn(dataset, grid);
    let [differences, squares] = [0, 0];
    const count = Math.min(dataset.size, sweptSamples);
    for (let index = 0; index < count; index++) {
      const input = await on.read([index]);
      const x = tensor(input, [1, ...grid, dataset.channels]);
      const { codes, reconstruction } = this.#model.forward(x);
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

  /** Values of a sample as they are drawn: vectors in the shape they were flattened from. */
  #drawn(values: Float32Array, grid: Grid): DrawnFunction {
    const isVector = this.#model.dictionary.domain === "vectors";
    return drawn(values, isVector ? this.sampleShape : [...grid, this.dataset.channels]);
  }

  async #encode(choice: SampleChoice, sparsity?: Sparsity): Promise<{ table: CodeTable; input: Float32Array }> {
    const key = "index" in choice ? JSON.stringify([choice.index, sparsity]) : "";
    if (key !== "" && this.#encoded?.key === key) return this.#encoded;
    const { grid, channels } = this.dataset;
    const input = await this.#inputOn(choice, grid);
    const x = tensor(input, [1, ...grid, channels]);
    const codes = sparsity === undefined ? this.#model.encode(x) : encodeWith(this.#model, x, sparsity);
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
        const values = await (await datasetOn(this.dataset, grid)).read([choice.index]);
        this.#input = { key, values };
      }
      return this.#input.values;
    }
    const { values, grid: own, channels } = choice.drawn;
    if (this.#model.dictionary.domain === "vectors" || own.join() === grid.join()) return values;
    const single: Dataset = { name: "drawn", size: 1, grid: own, channels, read: async () => values };
    return (await datasetOn(single, grid)).read([0]);
  }

  async #decode(table: CodeTable, grid: Grid): Promise<Float32Array> {
    const codes = sparseCodes(table);
    const decoded = decodeOn(this.#model, codes, grid);
    disposeCodes(codes);
    try {
      return await decoded.data<"float32">();
    } finally {
      decoded.dispose();
    }
  }
}

function labelOf({ values, names }: NonNullable<Dataset["labels"]>, index: number): string {
  return names?.[values[index]] ?? String(values[index]);
}
