/** How dictionaries are described and made: from their options, and from the data for what these leave open. */
import {
  type Component,
  defineComponent,
  type Grid,
  type OptionsSchema,
  type Random,
  SaenoError,
} from "@saeno/backend";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { InferOutput } from "valibot";
import type { Dictionary } from "./dictionary.ts";

/** What a dictionary is made for: what its options leave open follows from it. */
export interface DictionaryContext {
  readonly random: Random;
  /** Channels of the data, or of the space it is lifted to; for vectors, their length. */
  readonly channels?: number;
  /** The grid of the data; `[]` for vectors. */
  readonly grid?: Grid;
  /** Whether known atoms will be assigned: then nothing that the grid holds may be left out. Default false. */
  readonly truthful?: boolean;
}

/** A dictionary as configurations and the command line know it. */
export interface DictionaryComponent<Schema extends OptionsSchema = OptionsSchema>
  extends Component<Schema>,
    Pick<Dictionary, "label" | "domain" | "codes" | "codesByPoint"> {
  readonly type: "dictionary";
  /** Another name on the command line, such as `fno`. */
  readonly alias?: string;
  /** Defaults of training that differ with it, by the names of options, such as `learningRate`. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  create(options: InferOutput<Schema>, context: DictionaryContext): Dictionary;
  /**
   * The shapes of its parameters by their names, as far as options say them without data: a file is compared with them before anything is
   * made, so that a number in a damaged config cannot fill memory.
   */
  shapes?(options: InferOutput<Schema>): Readonly<Record<string, readonly number[]>>;
}

/** The codes that an encoder and an activation see: scalar ones if those of a map are chosen point by point. */
export function chosenCodes({ codes, codesByPoint }: Pick<Dictionary, "codes" | "codesByPoint">): Dictionary["codes"] {
  return codesByPoint === true ? "scalar" : codes;
}

/** Describes a dictionary; `register` makes it known by its kind. */
export function defineDictionary<const Schema extends OptionsSchema>(
  definition: Omit<DictionaryComponent<Schema>, "type">,
): DictionaryComponent<Schema> {
  return defineComponent("dictionary", definition);
}

/**
 * One number for each axis of a grid; a single one is for all axes.
 *
 * @throws SaenoError `config.value` if their number is not that of the grid's axes.
 */
export function sizesOnGrid(name: string, sizes: number | readonly number[], grid: Grid | undefined): number[] {
  const given = typeof sizes === "number" ? [sizes] : sizes;
  if (grid === undefined) {
    if (typeof sizes !== "number") return [...sizes];
    throw new SaenoError("config.value", `${name}: without data give a number for each axis; got ${sizes}.`);
  }
  if (given.length === grid.length) return [...given];
  if (given.length === 1) return grid.map(() => given[0]);
  throw new SaenoError(
    "config.value",
    `${name} ${given.join("x")}: give one number, or one for each of the ${grid.length} axes of the data.`,
  );
}

/** @throws SaenoError `config.value` naming an option that follows from the data, if neither was given, or for a count that is not positive. */
export function fromData<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new SaenoError("config.value", `Without data a dictionary needs ${name}.`);
  if (typeof value === "number" && !(Number.isInteger(value) && value >= 1)) {
    throw new SaenoError("config.value", `${name} must be a positive integer; got ${value}.`);
  }
  return value;
}

/** @throws SaenoError `dictionary.random` for nothing. */
export function isRandom(start: Random | Tensor): start is Random {
  if (start === undefined) {
    throw new SaenoError(
      "dictionary.random",
      "A dictionary needs a source of random numbers, createRandom(seed), or its values.",
    );
  }
  return "normals" in start;
}
