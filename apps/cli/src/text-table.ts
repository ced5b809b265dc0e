/** Rows of cells as aligned text: the first column to the left, the others to the right, the first row a heading. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number),
      )
      .join("   ");
  const [heading = [], ...body] = rows;
  return [line(heading), widths.map((width) => "-".repeat(width)).join("   "), ...body.map(line)].join("\n");
}
