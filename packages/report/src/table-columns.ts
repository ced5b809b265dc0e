import type { NumberTable } from "./reproduction-data.ts";

/** The headings of a table, empty ones where a row has more cells than there are headings. */
export function tableColumns({ columns, rows }: Pick<NumberTable, "columns" | "rows">): string[] {
  const width = rows.reduce((most, { cells }) => Math.max(most, cells.length), columns.length);
  return Array.from({ length: width }, (_, i) => columns[i] ?? "");
}
