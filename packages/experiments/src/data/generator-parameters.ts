import { SaenoError } from "@saeno/backend";

/** What follows the colon in the name of generated data. */
export interface GeneratorParameters<Name extends string> {
  /** The size as it was written; empty where it was left out. */
  readonly size: string;
  readonly given: Readonly<Partial<Record<Name, number>>>;
}

/**
 * `1000,concepts=1500,active=20`, a size and parameters by name, read. Any of them may be left out.
 *
 * @throws SaenoError `data.spec` for an unknown parameter or one that is not a number, listing those there are.
 */
export function generatorParameters<Name extends string>(
  kind: string,
  text: string,
  names: readonly Name[],
): GeneratorParameters<Name> {
  const parts = text.split(",");
  const size = parts[0]?.includes("=") ? "" : (parts.shift() ?? "");
  const given: Partial<Record<Name, number>> = {};
  for (const part of parts) {
    const [, key, value = ""] = /^([^=]*)=?(.*)$/.exec(part) ?? [];
    const name = names.find((known) => known === key);
    const number = Number(value);
    if (name === undefined || value.trim() === "" || !Number.isFinite(number)) {
      throw new SaenoError(
        "data.spec",
        `${kind}: "${part}" ${name === undefined ? "is not a parameter of it" : "is not a number"}. Write NAME=NUMBER, where NAME is one of ${names.join(", ")}.`,
      );
    }
    given[name] = number;
  }
  return { size, given };
}
