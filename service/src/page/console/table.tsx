import type { ComponentChildren, JSX } from 'preact'

/** A column: its heading, which on a phone stands beside each value. */
export interface Column {
  readonly name: string
  /** Nothing stands beside the value on a phone: it says by itself what it is. */
  readonly isTitle?: boolean
  /** What can be done with each line, at its end: the heading is only read aloud. */
  readonly isEnd?: boolean
}

export interface TableRow {
  readonly key: string
  /** One for each column. */
  readonly cells: readonly ComponentChildren[]
}

interface TableProps {
  /** What the table lists; read aloud, and not shown. */
  readonly caption: string
  readonly columns: readonly Column[]
  readonly rows: readonly TableRow[]
}

/** A table, whose rows are cards on a phone. The roles are said aloud, as browsers forget them where rows are no table rows. */
export function Table({ caption, columns, rows }: TableProps): JSX.Element {
  return (
    <div class="table-frame">
      <table class="table" role="table">
        <caption class="quietly">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ name, isEnd = false }) => (
              <th key={name} scope="col" role="columnheader" class={isEnd ? 'end' : undefined}>
                {isEnd ? <span class="quietly">{name}</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map(({ key, cells }) => (
            <tr key={key} role="row">
              {columns.map((column, at) => (
                <Cell key={column.name} column={column}>
                  {cells[at]}
                </Cell>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface CellProps {
  readonly column: Column
  readonly children?: ComponentChildren
}

function Cell({ column, children }: CellProps): JSX.Element {
  const { name, isTitle = false, isEnd = false } = column
  if (isTitle) {
    return (
      <th scope="row" role="rowheader">
        {children}
      </th>
    )
  }
  return (
    <td role="cell" data-label={name} class={isEnd ? 'end' : undefined}>
      {children}
    </td>
  )
}
