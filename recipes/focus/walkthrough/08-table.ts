// src/table.ts
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly right?: boolean;
}

export function table<Row>(columns: Column<Row>[], rows: Row[]): string {
  const cells = rows.map(row => columns.map(column => column.text(row)));
  const widths = columns.map((column, i) => Math.max(column.title.length, ...cells.map(row => row[i].length)));
  const line = (texts: string[]): string =>
    texts.map((text, i) => (columns[i].right ? text.padStart(widths[i]) : text.padEnd(widths[i]))).join("  ").trimEnd();
  const rule = widths.map(width => "-".repeat(width));
  return [line(columns.map(column => column.title)), line(rule), ...cells.map(line)].join("\n");
}

export function plural(count: number, one: string, many = one + "s"): string {
  return `${count} ${count === 1 ? one : many}`;
}
