import tab from "@bomb.sh/tab/commander";
import { registeredBackends } from "@saeno/backend";
import { runSettings } from "@saeno/experiments";
import type { Command } from "commander";
import { backendsByName } from "./terminal/start-backend.ts";

/** Adds `completion <shell>`, the script that makes a shell ask for words, and what answers: commands, flags, and kinds that flags take. */
export function addCompletion(program: Command): void {
  const { commands } = tab(program, { completionCommandName: "completion" });
  const choices = new Map(runSettings().map(({ flag, choices }) => [flag, choices]));
  for (const command of program.commands)
    if (command.name() === "completion")
      command
        .summary("set up shell completion of commands and flags")
        .description("Prints a script for a shell that makes the tab key complete commands, flags and their values.")
        .addHelpText("after", "\nExample:\n  source <(saeno completion bash)");
  choices.set("backend", ["auto", ...new Set([...backendsByName, ...registeredBackends()].map(({ kind }) => kind))]);
  for (const command of commands.values()) {
    // Shells take a line for a word.
    command.description = command.description.split("\n", 1)[0].replace(/:$/, "");
    for (const [flag, option] of command.options) {
      const words = choices.get(flag) ?? [];
      if (words.length === 0) continue;
      option.handler = (complete) => {
        for (const word of words) complete(word, "");
      };
    }
  }
}
