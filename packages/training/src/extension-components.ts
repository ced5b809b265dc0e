import { type ComponentConfig, componentsOf, findComponent, parseOptions } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Extension, ExtensionComponent } from "./extension.ts";
import { auxiliaryComponent } from "./extensions/auxiliary.ts";
import { balanceComponent } from "./extensions/balance.ts";
import { deadConceptsComponent } from "./extensions/dead-concepts.ts";
import { localityComponent } from "./extensions/locality.ts";
import { l0Component, l1Component } from "./extensions/penalties.ts";
import { resampleComponent } from "./extensions/resample.ts";

/** Those that need no registration, in the order in which a training has them. */
export const extensionComponents: readonly ExtensionComponent[] = [
  deadConceptsComponent,
  l1Component,
  l0Component,
  localityComponent,
  auxiliaryComponent,
  balanceComponent,
  resampleComponent,
];

/**
 * The extensions of a training: those that its configuration names, with their options, and the usual ones of the model. One whose options switch it off is
 * left out.
 *
 * @throws SaenoError `component.unknown`, `config.value`.
 */
export function extensionsFromConfig(configs: readonly ComponentConfig[], model: SparseAutoencoder): Extension[] {
  for (const { kind } of configs) findComponent("extension", kind, extensionComponents);
  return componentsOf("extension", extensionComponents).flatMap((component) => {
    const config = configs.find(({ kind }) => kind === component.kind);
    if (config === undefined && !component.isUsual?.(model)) return [];
    const { kind: _, ...given } = config ?? { kind: component.kind };
    const options = parseOptions(component, given, "extension");
    return component.isOff?.(options) ? [] : [component.create(options)];
  });
}

/** What a model is trained with unless told otherwise: AuxK if its concepts compete, balance if its activation is balanced. */
export function usualExtensions(model: SparseAutoencoder): Extension[] {
  return extensionsFromConfig([], model);
}
