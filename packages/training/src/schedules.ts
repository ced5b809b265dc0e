import {
  type Component,
  type ComponentConfig,
  defineComponent,
  findComponent,
  nonNegativeInteger,
  type OptionsSchema,
  option,
  parseOptions,
  SaenoError,
} from "@saeno/backend";
import * as v from "valibot";

/** For a run of so many steps: the factor on the learning rate at each of them (0-based), in (0, 1]. */
export type Schedule = (steps: number) => (step: number) => number;

export interface ScheduleComponent<Schema extends OptionsSchema = OptionsSchema> extends Component<Schema> {
  readonly type: "schedule";
  create(options: v.InferOutput<Schema>, run: { readonly steps: number }): (step: number) => number;
}

/** Describes a schedule, so that a configuration can name it; `register` makes it known. */
export function defineSchedule<Schema extends OptionsSchema>(
  definition: Omit<ScheduleComponent<Schema>, "type">,
): ScheduleComponent<Schema> {
  return defineComponent("schedule", definition);
}

const schema = v.strictObject({
  warmup: v.optional(option(nonNegativeInteger, "steps over which the rate first rises in a straight line"), 0),
});

/** A schedule that is a factor by the share of the run that is over, after a warm-up. */
function builtin(kind: string, summary: string, factor: (progress: number) => number) {
  return defineSchedule({
    kind,
    summary,
    schema,
    create({ warmup }, { steps }) {
      if (warmup > steps) {
        throw new SaenoError(
          "training.warmup",
          `A warm-up is at most as long as the run, ${steps} steps; got ${warmup}.`,
        );
      }
      return (step) => Math.min(1, (step + 1) / Math.max(1, warmup)) * factor(step / steps);
    },
  });
}

const constantSchedule = builtin("constant", "the same rate in every step", () => 1);
const linearSchedule = builtin("linear", "constant for half of the run, then falling in a straight line", (progress) =>
  Math.min(1, 2 * (1 - progress) + 1e-3),
);
const cosineSchedule = builtin(
  "cosine",
  "falling as half a cosine",
  (progress) => (1 + Math.cos(Math.PI * progress)) / 2 + 1e-3,
);

/** Those that need no registration. */
export const scheduleComponents: readonly ScheduleComponent[] = [linearSchedule, constantSchedule, cosineSchedule];

/** @throws SaenoError `component.unknown`, `config.value`; when it is used, `training.warmup` for a warm-up longer than the run. */
export function scheduleFromConfig({ kind, ...options }: ComponentConfig): Schedule {
  return scheduleOf(findComponent("schedule", kind, scheduleComponents), options);
}

function scheduleOf<Schema extends OptionsSchema>(
  component: ScheduleComponent<Schema>,
  given: Readonly<Record<string, unknown>>,
): Schedule {
  const options = parseOptions(component, given, "schedule");
  return (steps) => component.create(options, { steps });
}

type ScheduleOptions = v.InferInput<typeof schema>;

/** The same rate in every step. */
export const constant = (options: ScheduleOptions = {}): Schedule => scheduleOf(constantSchedule, options);

/** 1 for the first half of the run, then falling in a straight line to nearly 0. */
export const linear = (options: ScheduleOptions = {}): Schedule => scheduleOf(linearSchedule, options);

/** `(1 + cos(pi t / T)) / 2`. */
export const cosine = (options: ScheduleOptions = {}): Schedule => scheduleOf(cosineSchedule, options);
