/**
 * A table in Markdown, of cells that are Markdown already.
 *
 * @param numbers all columns but the first are set to the right. Default false.
 */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[], numbers = false): string {
  const rule = head.map((_, i) => (numbers && i > 0 ? "--:" : "---"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
