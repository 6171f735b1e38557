import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A file of this repository, by its path from the root. */
export function repositoryFile(path: string): string {
  return fileURLToPath(new URL(`../../../../${path}`, import.meta.url))
}

/** One query of a panel. */
export interface PanelQuery {
  readonly panel: string
  /** PromQL, with `$__rate_interval` as Grafana would fill it in. */
  readonly expr: string
  /** Labels that the legend shows. */
  readonly shown: readonly string[]
}

interface Panel {
  readonly title: string
  readonly type: string
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

/** All panels of the dashboard but the headings of its rows. */
export function readPanels(): readonly Panel[] {
  const text = readFileSync(repositoryFile('deploy/grafana/dashboards/overview.json'), 'utf8')
  const { panels } = JSON.parse(text) as { panels: readonly Panel[] }
  return panels.filter(({ type }) => type !== 'row')
}

/** All queries of the dashboard, with rates over `window`. */
export function readQueries(window: string): readonly PanelQuery[] {
  return readPanels().flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({
      panel: title,
      expr: expr.replaceAll('$__rate_interval', window),
      shown: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
    })),
  )
}

/** The names of series that a query reads. */
export function seriesIn(expr: string): readonly string[] {
  const bare = expr
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replace(/\b(?:by|without|on|ignoring) *\([^)]*\)/g, ' ')
    .replace(/\b\w+ *\(/g, '(')
  return bare.match(/\b[a-z_]\w*\b/g) ?? []
}
