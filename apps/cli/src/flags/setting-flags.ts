import { runSettings, type Setting, type Settings, withDataPaths } from "@saeno/experiments";
import { expandHome } from "@saeno/experiments/node";
import { type Command, Option } from "commander";
import { backendChoices } from "../terminal/start-backend.ts";

/**
 * Adds the settings of a run as flags, in their groups. Their values stay text: `resolveRunConfig` reads it.
 *
 * @param which which of them; default all.
 * @param words by flag, what it says in place of what it says of a training.
 * @returns those that were given, for a command that is called.
 */
export function settingFlags(
  command: Command,
  which: (setting: Setting) => boolean = () => true,
  words: Readonly<Record<string, string>> = {},
): () => Settings {
  const settings = runSettings()
    .filter(which)
    .map((setting) => ({ ...setting, description: words[setting.flag] ?? setting.description }));
  const names = new Set<string>();
  const add = (setting: Setting) => {
    const option = optionOf(setting);
    names.add(option.attributeName());
    command.addOption(option);
  };
  for (const setting of settings) {
    command.optionsGroup(`${setting.group}:`);
    add(setting);
    for (const flag of setting.aliases) add({ ...setting, flag, hidden: true });
  }
  command.optionsGroup("Options:");
  const isGiven = (name: string) => names.has(name) && command.getOptionValueSource(name) === "cli";
  return () => {
    const given = Object.entries(command.opts()).filter(([name]) => isGiven(name));
    return withDataPaths(Object.fromEntries(given), expandHome);
  };
}

function optionOf(setting: Setting): Option {
  const { flag, type, negatable, bare, many, hidden } = setting;
  const value = values[type];
  const flags =
    type === "yes or no" ? `--${negatable ? "no-" : ""}${flag}` : `--${flag} ${bare ? `[${value}]` : `<${value}>`}`;
  const option = new Option(flags, helpOf(setting)).hideHelp(hidden);
  return many ? option.argParser((text: string, before: readonly string[] = []) => [...before, text]) : option;
}

const values: Readonly<Record<Setting["type"], string>> = {
  kind: "kind",
  choice: "kind",
  text: "text",
  number: "number",
  "whole number": "n",
  numbers: "n,n",
  JSON: "json",
  "yes or no": "",
};

function helpOf({ flag, description, negatable, type, choices, default: usual }: Setting): string {
  // `images: flatten the spectrum`: whose it is stays in front.
  const what = negatable ? description.replace(/^(.*?: )?/, "$1do not ") : description;
  const words = flag === "backend" ? [backendChoices] : choices;
  const isTold = type === "yes or no" || usual === undefined || (Array.isArray(usual) && usual.length === 0);
  const notes = [words.join(", "), isTold ? "" : `default: ${Array.isArray(usual) ? usual.join("x") : usual}`];
  const given = notes.filter((note) => note !== "").join("; ");
  return given === "" ? what : `${what} (${given})`;
}
