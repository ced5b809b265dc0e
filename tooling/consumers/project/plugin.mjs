/** An activation of a stranger, who has installed packages of another patch version than the command is made of. */
import { defineActivation, relu } from "@saeno/activations";
import { register } from "@saeno/backend";
import { strictObject } from "valibot";

register(
  defineActivation({
    kind: "half-wave",
    summary: "what is positive, as it is",
    schema: strictObject({}),
    create: () => ({ ...relu(), kind: "half-wave", toConfig: () => ({ kind: "half-wave" }) }),
  }),
);
