/** Rows of cells as aligned text: columns of numbers to the right, others and the first to the left; the first row is a heading. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const [heading = [], ...body] = rows;
  const widths = heading.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const numeric = heading.map(
    (_, column) => column > 0 && body.every((row) => /^[\d\s.,%e+-]*$/.test(row[column] ?? "")),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column];
        return numeric[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("   ")
      .trimEnd();
  return [line(heading), widths.map((width) => "-".repeat(width)).join("   "), ...body.map(line)].join("\n");
}
