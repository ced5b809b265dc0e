import { type Component, type ComponentConfig, defineComponent, type OptionsSchema, SaenoError } from "@saeno/backend";
import type { InferOutput } from "valibot";
import type { ArraySource } from "../arrays/array-source.ts";
import type { Dataset } from "../dataset.ts";
import type { DataReporter } from "../reporter.ts";
import { partsSchema } from "./parts.ts";

/** What a dataset is told when it is opened, besides its options. */
export interface DatasetContext {
  /** Seed of everything random about it. */
  readonly seed: number;
  /** How many samples to train on were asked for. Data that is generated generates as many; data that is stored may be read only so far. */
  readonly limit?: number;
  /** How many samples to hold out were asked for. */
  readonly test?: number;
  readonly reporter: DataReporter;
  /** Where to keep what takes long to compute, if not at the usual place. */
  readonly cacheDirectory?: string;
  /** What samples must be like, if a trained model asks for them. */
  readonly like?: SampleLike;
}

/** Samples that a model was trained on. */
export interface SampleLike {
  /** `[...N, C]`, before they were flattened if they were; absent if it is not known. */
  readonly sampleShape?: readonly number[];
  readonly data: ComponentConfig;
}

/** All samples, which the caller splits; or samples to train on and held-out samples. */
export type OpenedParts = Dataset | { readonly train: Dataset; readonly test: Dataset };

/** How `KIND:TEXT` sets an option. */
export interface DatasetShorthand {
  /** The option that the text up to the first comma sets. */
  readonly option: string;
  /** The text may hold commas, as paths do: only options by name at its end are taken off. */
  readonly rest?: boolean;
  /** The option that other data sets, after a comma and before options by name: `network:NET#LAYER,images:DIR`. */
  readonly other?: string;
}

/** A kind of data. Options are set in the shorthand; those with `metadata({ flag })` have a flag on the command line too. */
export interface DatasetComponent extends Component {
  readonly type: "dataset";
  readonly shorthand?: DatasetShorthand;
  /** Defaults of models and training that differ for this data, by the names of options, such as `normalization` and `learningRate`. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Its name in headings, if its shorthand is too long. */
  title?(options: Readonly<Record<string, unknown>>): string;
  open(options: Readonly<Record<string, unknown>>, context: DatasetContext): OpenedParts | Promise<OpenedParts>;
  /** For data that is an array in a file: that array, before its axes and numbers are interpreted. */
  openArray?(options: Readonly<Record<string, unknown>>): Promise<ArraySource>;
}

export interface DatasetDefinition<Schema extends OptionsSchema> {
  readonly kind: string;
  /** One line to choose by. */
  readonly summary: string;
  readonly schema: Schema;
  readonly shorthand?: DatasetShorthand;
  readonly defaults?: Readonly<Record<string, unknown>>;
  title?(options: Readonly<Record<string, unknown>>): string;
  /** @param options as the schema reads them, defaults filled in. */
  open(options: InferOutput<Schema>, context: DatasetContext): OpenedParts | Promise<OpenedParts>;
  openArray?(options: InferOutput<Schema>): Promise<ArraySource>;
}

/**
 * Describes a kind of data; `register` makes it known by its kind.
 *
 * @throws SaenoError `component.definition` for what is missing, an option with a name that all data has (`limit`, `test`, `testData`),
 *   or a shorthand for an option that is not there.
 */
export function defineDataset<Schema extends OptionsSchema>(definition: DatasetDefinition<Schema>): DatasetComponent {
  const component = defineComponent("dataset", definition);
  const { kind, schema, shorthand } = definition;
  const taken = Object.keys(schema.entries).find((name) => name in partsSchema.entries);
  if (taken !== undefined) throw definitionError(kind, `cannot have an option "${taken}": all data has it`);
  for (const option of [shorthand?.option, shorthand?.other]) {
    if (option !== undefined && !(option in schema.entries))
      throw definitionError(kind, `has a shorthand for "${option}", which is not among its options`);
  }
  if (typeof definition.open !== "function") throw definitionError(kind, "needs a function open(options, context)");
  return component;
}

function definitionError(kind: string, problem: string): SaenoError {
  return new SaenoError("component.definition", `The dataset "${kind}" ${problem}.`);
}
