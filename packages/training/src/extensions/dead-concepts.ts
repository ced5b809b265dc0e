import { option, positiveInteger } from "@saeno/backend";
import * as v from "valibot";
import { createExtension, defineExtension, type Extension } from "../extension.ts";

const schema = v.strictObject({
  after: v.exactOptional(
    option(positiveInteger, "a concept is dead after this many samples without use", {
      flag: "dead-after",
      default: "300, at least six batches",
    }),
  ),
});

export const deadConceptsComponent = defineExtension({
  kind: "dead-concepts",
  summary: "when a concept counts as dead",
  schema,
  create: ({ after }): Extension => ({
    name: "dead-concepts",
    prepare({ usage }) {
      if (after !== undefined) usage.deadAfter = after;
    },
  }),
});

/** Says when a concept counts as dead: for the records of steps, and for extensions that do something about it. */
export const deadConcepts = (options: v.InferInput<typeof schema> = {}): Extension =>
  createExtension(deadConceptsComponent, options);
