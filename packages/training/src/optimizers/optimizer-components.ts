import { type ComponentConfig, findComponent } from "@saeno/backend";
import { adamComponent } from "./adam.ts";
import { createOptimizer, type Optimizer, type OptimizerComponent } from "./optimizer.ts";
import { sgdComponent } from "./sgd.ts";

/** Those that need no registration. */
export const optimizerComponents: readonly OptimizerComponent[] = [adamComponent, sgdComponent];

/** @throws SaenoError `component.unknown`, `config.value`. */
export function optimizerFromConfig({ kind, ...options }: ComponentConfig): Optimizer {
  return createOptimizer(findComponent("optimizer", kind, optimizerComponents), options);
}
