import { type ComponentConfig, findComponent, parseOptions } from "@saeno/backend";
import { strictObject } from "valibot";
import { atoms } from "./atoms/atom-summary.ts";
import { codes, conceptsInUseMetric } from "./codes/code-accumulator.ts";
import { labels } from "./codes/labels.ts";
import { errors } from "./errors/error-accumulator.ts";
import { lowPassFloor } from "./errors/low-pass-floor.ts";
import { recovery } from "./matching/recovery.ts";
import { defineMetric, type Metric, type MetricComponent } from "./metric.ts";

function builtin(kind: string, summary: string, make: () => Metric): MetricComponent {
  return defineMetric({ kind, summary, schema: strictObject({}), create: () => make() });
}

/** Those that need no registration. */
export const metricComponents: readonly MetricComponent[] = [
  builtin("errors", "relative and mean squared error, R2", errors),
  builtin("codes", "how many concepts are active, how densely, how often, with what energy, how selectively", codes),
  builtin("labels", "what concepts know of the labels of samples", labels),
  builtin("low-pass-floor", "the error of samples without the frequencies that a dictionary drops", lowPassFloor),
  builtin("atoms", "how structured, local and alike atoms are", atoms),
  builtin("concepts-in-use", "which concepts are active in at least one sample", conceptsInUseMetric),
  builtin("recovery", "how close the atoms are to those that the data was made of", recovery),
];

/** @throws SaenoError `component.unknown`, `config.value`. */
export function metricFromConfig({ kind, ...options }: ComponentConfig): Metric {
  const component = findComponent("metric", kind, metricComponents);
  return component.create(parseOptions(component, options, "metric"));
}
