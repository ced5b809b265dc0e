import { parseArgs } from "node:util";

/**
 * The flags of a script, as `parseArgs` takes them, and the names after them. `--help` prints how it is used; a mistake does, too, and ends it with 2.
 *
 * @param {string} usage
 * @param {import("node:util").ParseArgsConfig["options"]} options
 */
export function readArguments(usage, options) {
  const help = { type: "boolean", short: "h" };
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { ...options, help } });
    if (!values.help) return { flags: values, names: positionals };
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
}
