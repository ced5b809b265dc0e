import { type Command, Help } from "commander";

/** How `--help` is set: paragraphs and lists fill the width of the terminal, whatever the lines they were written in. */
export const helpSettings: Partial<Help> = {
  showGlobalOptions: true,
  // What it takes is told by its own help.
  subcommandTerm: (command: Command) => command.name(),
  commandDescription: (command: Command) => unwrapped(command.description()),
  boxWrap,
};

/** Text after the options, of paragraphs and lists as descriptions have them. */
export function fitted(text: string, command: Command): string {
  return boxWrap(unwrapped(text), command.configureOutput().getOutHelpWidth?.() ?? 80);
}

/** One line for each paragraph, and for each item of a list, which is indented by two. */
function unwrapped(text: string): string {
  return text
    .replace(/\n {6,}(?=\S)/g, " ")
    .replace(/^( {2}\S.*)\n(?=\S)/gm, "$1\n\n")
    .replace(/^(\S.*)\n(?=\S)/gm, "$1 ");
}

const plain = new Help();

function boxWrap(text: string, width: number): string {
  return text
    .split("\n")
    .map((line) => wrappedItem(line, width))
    .join("\n");
}

/** A line such as `  npy   functions from a file` goes on below its second column. */
function wrappedItem(line: string, width: number): string {
  const [term = ""] = /^ +\S+ {2,}/.exec(line) ?? [];
  const wrapped = plain.boxWrap(line.slice(term.length), width - term.length);
  return term + wrapped.replaceAll("\n", `\n${" ".repeat(term.length)}`);
}
