/**
 * Rows of cells as text: the first column flush left, columns of numbers flush right.
 *
 * @param {readonly (readonly string[])[]} rows
 * @returns {string}
 */
export function columns(rows) {
  const widths = (rows[0] ?? []).map((_, index) =>
    Math.max(...rows.map((row) => row[index]?.length ?? 0)),
  )
  const isText = widths.map((_, index) =>
    rows.slice(1).some((row) => /^[a-z]/i.test(row[index] ?? '')),
  )
  return rows
    .map((row) =>
      row
        .map((cell, i) =>
          isText[i] === true ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
