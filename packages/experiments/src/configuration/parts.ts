/** What a run's configuration is made of: components, each of a type, and sections of plain options. */
import { activationComponents } from "@saeno/activations";
import {
  type Component,
  componentsOf,
  findComponent,
  nonNegativeInteger,
  nonNegativeNumber,
  type OptionsSchema,
  oneOf,
  option,
  positiveInteger,
  yesOrNo,
} from "@saeno/backend";
import { dictionaryComponents, encoderComponents, lossComponents } from "@saeno/core";
import { datasetComponents, partsSchema } from "@saeno/datasets";
import { liftingSchema } from "@saeno/lifting";
import { metricComponents } from "@saeno/metrics";
import {
  extensionComponents,
  normalizationKinds,
  optimizerComponents,
  scheduleComponents,
  trainingSchema,
} from "@saeno/training";
import * as v from "valibot";
import { type Option, optionsOf } from "./options.ts";

/** The headings of `--help` and of forms. */
export const groups = [
  "Data",
  "Model",
  "Encoder",
  "Lifting",
  "Activation",
  "Training",
  "Extensions",
  "Measures",
] as const;
export type Group = (typeof groups)[number];

/** A component as a run uses it: some types have members of their own. */
export interface RunComponent extends Component {
  /** Its name on the command line, where that is not its kind. */
  readonly alias?: string;
}

/** A place in a configuration for a component of a type. */
export interface Slot<C extends RunComponent = RunComponent> {
  readonly type: string;
  /** The flag that names the kind, or gives the whole configuration as JSON. */
  readonly flag: string;
  readonly description: string;
  readonly group: Group;
  readonly builtins: readonly C[];
  /** The kind where none is named. */
  readonly usual?: string;
  /** That in words, where it depends on something. */
  readonly usualText?: string;
  /** Whether it holds any number of them. */
  readonly many?: boolean;
  /** Whether options have flags only where their schema says so: those of data are named in its shorthand. */
  readonly flagged?: boolean;
}

function slot<C extends RunComponent>(definition: Slot<C>): Slot<C> {
  return definition;
}

export const slots = {
  dataset: slot({
    type: "dataset",
    flag: "data",
    description: "what to train on",
    group: "Data",
    builtins: datasetComponents,
    flagged: true,
  }),
  dictionary: slot({
    type: "dictionary",
    flag: "model",
    description: "what concepts are",
    group: "Model",
    builtins: dictionaryComponents,
    usual: "fourier",
  }),
  encoder: slot({
    type: "encoder",
    flag: "encoder",
    description: "how codes are computed: a kind, or its configuration as JSON",
    group: "Encoder",
    builtins: encoderComponents,
    usual: "shallow",
  }),
  activation: slot({
    type: "activation",
    flag: "activation",
    description: "what makes codes sparse: a kind, or its configuration as JSON",
    group: "Activation",
    builtins: activationComponents,
    usualText: "topk, for maps map-sparsity; with an unrolled encoder hard-threshold",
  }),
  optimizer: slot({
    type: "optimizer",
    flag: "optimizer",
    description: "how steps follow from gradients",
    group: "Training",
    builtins: optimizerComponents,
    usual: "adam",
  }),
  schedule: slot({
    type: "schedule",
    flag: "schedule",
    description: "how the learning rate changes",
    group: "Training",
    builtins: scheduleComponents,
    usual: "linear",
  }),
  loss: slot({
    type: "loss",
    flag: "loss",
    description: "what reconstructions are judged by in training",
    group: "Training",
    builtins: lossComponents,
    usual: lossComponents[0].kind,
  }),
  extension: slot({
    type: "extension",
    flag: "extension",
    description: "by its kind, or its configuration as JSON; may be repeated",
    group: "Extensions",
    builtins: extensionComponents,
    many: true,
  }),
  metric: slot({
    type: "metric",
    flag: "measure",
    description: "a metric by its kind, or its configuration as JSON; may be repeated",
    group: "Measures",
    builtins: metricComponents,
    many: true,
  }),
};

/** The components of a place, those of plugins too. */
export function knownIn<C extends RunComponent>({ type, builtins }: Slot<C>): readonly C[] {
  return componentsOf(type, builtins);
}

/** What people call a component. */
export function nameOf({ alias, kind }: Pick<RunComponent, "alias" | "kind">): string {
  return alias ?? kind;
}

/** @throws SaenoError `component.unknown` with the names that are known. */
export function findIn<C extends RunComponent>(slot: Slot<C>, name: string): C {
  const known = knownIn(slot);
  const found = known.find((component) => component.kind === name || component.alias === name);
  if (found !== undefined) return found;
  const named = known.map((component) => ({ ...component, kind: nameOf(component) }));
  return findComponent(slot.type, name, named);
}

export const modelSchema = v.strictObject({
  normalization: v.optional(
    v.pipe(
      oneOf("none", ...normalizationKinds),
      v.description("inputs: subtract the mean, or also divide by one scale, or by one for each channel"),
      v.metadata({ flag: "normalize", aliases: ["normalise"] }),
    ),
    "none",
  ),
  startNoise: v.exactOptional(
    option(
      nonNegativeNumber,
      "data whose dictionary is known: start at that dictionary, plus noise of this share of each atom's norm",
    ),
  ),
});

export const measuresSchema = v.strictObject({
  /** Grids to evaluate on too: a number for all axes, or one for each. */
  grids: v.optional(
    option(
      v.array(
        v.union([positiveInteger, v.pipe(v.array(positiveInteger), v.minLength(1), v.maxLength(3))]),
        "must be sizes such as 28,42,56 or 28x42",
      ),
      "also evaluate on these grids, such as 28,42,56",
    ),
    [],
  ),
  /** Whether to measure on these grids too what the grid of the data and interpolation reach: a baseline for what a model does there itself. */
  interpolated: v.optional(
    option(yesOrNo, "on those grids, also the error of reconstructions made on the data's own grid and interpolated"),
    false,
  ),
  /** Angles to turn the samples by, in degrees. */
  rotations: v.optional(
    option(
      v.array(v.pipe(v.number("must be degrees such as 15,45,90"), v.finite()), "must be degrees such as 15,45,90"),
      "also evaluate on samples rotated by these angles, such as 15,45,90",
    ),
    [],
  ),
  /** Whether to describe the atoms. */
  atoms: v.optional(option(yesOrNo, "also describe the atoms: Hoyer scores, cosines"), false),
  recoveryEvery: v.exactOptional(
    option(positiveInteger, "data whose dictionary is known: measure the recovery error every n steps", {
      default: "a twentieth of the run; for functions without --start-noise, only at its end",
    }),
  ),
});

export const runSchema = v.strictObject({
  seed: v.optional(
    option(nonNegativeInteger, "seed of generated data, the initial weights and the order of samples"),
    0,
  ),
  backend: v.optional(
    option(v.pipe(v.string(), v.trim(), v.minLength(1, "must be a name, such as auto or wasm")), "where to compute"),
    "auto",
  ),
  from: v.exactOptional(
    option(v.pipe(v.string(), v.trim(), v.minLength(1, "must be a run folder")), "a run whose weights to start from", {
      default: "random weights",
    }),
  ),
});

/** Sections of options that belong to no component, and where help shows them. */
export const sections: readonly { readonly group: Group; readonly schema: OptionsSchema; readonly needs?: string }[] = [
  { group: "Data", schema: partsSchema },
  { group: "Model", schema: modelSchema },
  { group: "Lifting", schema: liftingSchema, needs: "lifting" },
  { group: "Training", schema: trainingSchema },
  { group: "Training", schema: runSchema },
  { group: "Measures", schema: measuresSchema },
];

/** Flags that no option of a component can have: with its name it would be another setting. */
const reserved = new Set([
  "dictionary",
  ...Object.values(slots).map(({ flag }) => flag),
  ...sections.flatMap(({ schema }) => optionsOf(schema).map(({ flag }) => flag)),
]);

/** The options of a component, with the flags that they have in a run. */
export function componentOptions({ type, schema }: RunComponent): Option[] {
  const allSlots: readonly Slot[] = Object.values(slots);
  const flagged = allSlots.some((each) => each.type === type && each.flagged);
  return optionsOf(schema).map((option) => {
    const { flag, metadata } = option;
    const hasFlag = flag !== undefined && !reserved.has(flag) && (!flagged || metadata.flag !== undefined);
    return hasFlag ? option : { ...option, flag: undefined };
  });
}
