import { createDashboards } from '../../../deploy/grafana/source/index.mjs'

/** The dashboards as Grafana reads them: their JSON, looked at from outside. */

/** One query of a panel, of a variable or of an annotation. */
export interface BoardQuery {
  /** `store: Breaker, by part`. */
  readonly where: string
  readonly expr: string
  /** Labels that the legend shows. */
  readonly shown: readonly string[]
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly datasource?: Source
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string
      readonly thresholds?: { readonly steps: readonly { readonly value: number | null }[] }
    }
  }
  readonly targets?: readonly {
    readonly refId: string
    readonly expr: string
    readonly legendFormat?: string
    readonly datasource?: Source
  }[]
}

interface Source {
  readonly type: string
  readonly uid: string
}

export interface Board {
  readonly uid: string
  readonly title: string
  readonly tags: readonly string[]
  readonly schemaVersion: number
  readonly editable: boolean
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly Variable[] }
  readonly annotations: {
    readonly list: readonly {
      readonly name: string
      readonly datasource: Source
      readonly expr: string
    }[]
  }
  readonly links: readonly object[]
}

export interface Variable {
  readonly name: string
  readonly type: string
  readonly query: string | { readonly query: string }
  readonly allValue?: string
}

/** All dashboards by name, as they stand in the files that Grafana reads. */
export function readBoards(): ReadonlyMap<string, Board> {
  const text = JSON.stringify(createDashboards())
  return new Map(Object.entries(JSON.parse(text) as Record<string, Board>))
}

/** The queries of a dashboard as Grafana sends them where everything of this one job is picked, with rates over `window`. */
export function queriesOf(name: string, board: Board, window: string): readonly BoardQuery[] {
  const fill = (expr: string): string =>
    expr
      .replaceAll(/\$__(?:rate_interval|range|interval)\b/g, window)
      .replaceAll('$job', 'sojourn')
      .replaceAll('$instance', '.*')
  const panels = board.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat = '' }) => ({
      where: `${name}: ${title}`,
      expr: fill(expr),
      shown: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
    })),
  )
  const marks = board.annotations.list.map((mark) => ({
    where: `${name}: marks of ${mark.name}`,
    expr: fill(mark.expr),
    shown: [],
  }))
  return [...panels, ...marks]
}

/** Names of functions and words of PromQL that look like names of series where labels are taken away. */
const WORDS = new Set(['or', 'and', 'unless', 'bool', 'offset', 'inf', 'nan'])

/** The names of series that a query reads. */
export function seriesIn(expr: string): readonly string[] {
  const bare = expr
    .replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right) *\([^)]*\)/g, ' ')
    .replace(/\b\w+ *\(/g, '(')
  const names = bare.match(/\b[a-zA-Z_][\w:]*\b/g) ?? []
  return [...new Set(names.filter((name) => !WORDS.has(name.toLowerCase())))]
}
