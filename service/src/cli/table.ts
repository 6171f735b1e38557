import Table from 'cli-table3'

/** Rows under a head: with lines for a person at a terminal, as plain columns for everything else. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isForPerson: boolean,
): string {
  return isForPerson ? withLines(head, rows) : inColumns([head, ...rows])
}

function withLines(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] } })
  for (const row of rows) table.push([...row])
  return `${table.toString()}\n`
}

function inColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}
