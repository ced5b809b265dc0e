import type { Command } from "commander";

/** Flags that were given, without some: commander fills in defaults, which must not win over a config file. */
export function givenFlags(command: Command, without: readonly string[] = []): Record<string, unknown> {
  const flags: Record<string, unknown> = command.opts();
  const given = ([name]: [string, unknown]) => command.getOptionValueSource(name) === "cli" && !without.includes(name);
  return Object.fromEntries(Object.entries(flags).filter(given));
}
