/** Puts panels together to one dashboard: its rows, what can be picked above it, and the way to the others. */
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { SOURCE } from './panels.mjs'
import { series } from './queries.mjs'

/** All dashboards of ours have it; the links between them are made from it. */
const TAG = 'sojourn'
const COLUMNS = 24

/**
 * @typedef {import('@grafana/grafana-foundation-sdk/cog').Builder<import('@grafana/grafana-foundation-sdk/dashboard').Panel>} Panel
 * @typedef {{ title: string, panels: readonly Panel[] }} Row
 */

/**
 * One dashboard, as Grafana reads it.
 *
 * @param {{ name: string, title: string, about: string, rows: readonly Row[] }} board
 */
export function createBoard({ name, title, about, rows }) {
  const board = new DashboardBuilder(title)
    .uid(`sojourn-${name}`)
    .description(about)
    .tags([TAG])
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('10s')
    .tooltip(DashboardCursorSync.Crosshair)
    // They are made from deploy/grafana/source: what is changed by hand would be lost.
    .readonly()
    .variables([sourceVariable(), ...PICKS.map(pickVariable)])
    .annotations([starts(), alerts()])
    .link(toOthers())
  placeRows(board, rows)
  return board.build()
}

/**
 * From left to right and from top to bottom, each panel with an id of its own.
 *
 * @param {DashboardBuilder} board
 * @param {readonly Row[]} rows
 */
function placeRows(board, rows) {
  let id = 1
  let y = 0
  for (const { title, panels } of rows) {
    board.withRow(new RowBuilder(title).id(id++).gridPos({ x: 0, y, w: COLUMNS, h: 1 }))
    y += 1
    let x = 0
    let tallest = 0
    for (const builder of panels) {
      const panel = builder.build()
      const { w, h } = panel.gridPos ?? { w: 8, h: 8 }
      if (x + w > COLUMNS) {
        x = 0
        y += tallest
        tallest = 0
      }
      const placed = { ...panel, id: id++, gridPos: { x, y, w, h } }
      board.withPanel({ build: () => placed })
      x += w
      tallest = Math.max(tallest, h)
    }
    y += tallest
  }
}

function sourceVariable() {
  return new DatasourceVariableBuilder('datasource')
    .label('Source')
    .type('prometheus')
    .current({ text: 'Prometheus', value: 'prometheus' })
}

/**
 * What can be picked: by default everything. All jobs are those of ours, not just any: others have series like
 * `process_cpu_seconds_total` too.
 */
const PICKS = [
  { name: 'job', label: 'Job', from: 'label_values(sojourn_build_info, job)' },
  {
    name: 'instance',
    label: 'Process',
    from: 'label_values(sojourn_build_info{job=~"$job"}, instance)',
    all: '.*',
  },
]

/** @param {{ name: string, label: string, from: string, all?: string }} pick */
function pickVariable({ name, label, from, all }) {
  const pick = new QueryVariableBuilder(name)
    .label(label)
    .datasource(SOURCE)
    .query({ query: from, refId: name })
    .definition(from)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] })
  return all === undefined ? pick : pick.allValue(all)
}

/** A mark where a process started: a deployment, or a crash. */
function starts() {
  return new AnnotationQueryBuilder()
    .name('Starts')
    .datasource(SOURCE)
    .enable(true)
    .iconColor('blue')
    .expr(`${series('process_start_time_seconds')} * 1000`)
    .step('60s')
    .useValueForTime(true)
    .titleFormat('Process started')
    .textFormat('{{instance}}')
    .target(annotated(`${series('process_start_time_seconds')} * 1000`))
}

/** A mark for as long as an alert fires. */
function alerts() {
  const expr = 'ALERTS{service="sojourn",alertstate="firing"}'
  return new AnnotationQueryBuilder()
    .name('Alerts')
    .datasource(SOURCE)
    .enable(true)
    .iconColor('red')
    .expr(expr)
    .step('60s')
    .titleFormat('{{alertname}}')
    .textFormat('{{severity}}')
    .tagKeys('alertname')
    .target(annotated(expr))
}

/** @param {string} expr */
function annotated(expr) {
  return new DataqueryBuilder().refId('Anno').expr(expr).range()
}

/** The other dashboards, for the same processes and the same time. */
function toOthers() {
  return new DashboardLinkBuilder('Sojourn')
    .type(DashboardLinkType.Dashboards)
    .tags([TAG])
    .includeVars(true)
    .keepTime(true)
}
