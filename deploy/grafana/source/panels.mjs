/** The kinds of panels. Each says what it shows, what is good, and what to do where it is not. */
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as HeatmapBuilder } from '@grafana/grafana-foundation-sdk/heatmap'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

/** Where all panels take their numbers from: what was picked above the dashboard. */
export const SOURCE = { type: 'prometheus', uid: '${datasource}' }

/**
 * What a panel says when somebody points at its title.
 *
 * @typedef {object} About
 * @property {string} shows
 * @property {string} good - what it looks like on a good day
 * @property {string} act - what to do on another
 *
 * @typedef {readonly [expr: string, legend: string]} Query
 *
 * From which value on a panel turns yellow, and red. Descending: the small values are the bad ones.
 * @typedef {object} Limits
 * @property {number} [warn]
 * @property {number} [bad]
 *
 * @typedef {object} PanelText
 * @property {string} title
 * @property {About} about
 * @property {string} unit
 * @property {Limits} [limits]
 * @property {number} [width] - of 24
 */

const GREEN = 'green'
const YELLOW = 'yellow'
const RED = 'red'

/**
 * One number, with a line behind it.
 *
 * @param {PanelText & { expr: string, legend?: string, decimals?: number, words?: Readonly<Record<string, string>>,
 *   isName?: boolean }} text - `isName`: the legend is what is shown, not the number
 */
export function stat({ expr, legend = '', decimals, words, isName = false, ...text }) {
  const panel = dress(new StatBuilder(), text, { width: 4, height: 4 })
    .withTarget(query([expr, legend], 0, { isInstant: expr.includes('$__range') }))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .colorMode(isName ? BigValueColorMode.None : BigValueColorMode.Value)
    .graphMode(isName ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .textMode(isName ? BigValueTextMode.Name : BigValueTextMode.Value)
  if (decimals !== undefined) panel.decimals(decimals)
  if (words !== undefined) panel.mappings([toMapping(words)])
  return panel
}

/**
 * Lines over time; stacked where parts make a whole.
 *
 * @param {PanelText & { queries: readonly Query[], stacked?: boolean, max?: number }} text
 */
export function lines({ queries, stacked = false, max, ...text }) {
  const panel = dress(new LinesBuilder(), text, { width: 8, height: 8 })
    .targets(queries.map((each, index) => query(each, index)))
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(stacked ? 30 : 8)
    .lineWidth(1)
    .min(0)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .legend(legendBelow())
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    )
  if (stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
  if (max !== undefined) panel.max(max)
  if (text.limits !== undefined) {
    const style = new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed)
    panel.thresholdsStyle(style)
  }
  return panel
}

/**
 * How a histogram lies over time: the darker, the more.
 *
 * @param {PanelText & { expr: string }} text
 */
export function heat({ expr, ...text }) {
  const target = query([expr, '{{le}}'], 0).format(PromQueryFormat.Heatmap)
  return dress(new HeatmapBuilder(), text, { width: 8, height: 8 })
    .withTarget(target)
    .calculate(false)
}

/**
 * Rows of labels, as they are now.
 *
 * @param {PanelText & { expr: string, hidden?: readonly string[] }} text
 */
export function table({ expr, hidden = [], ...text }) {
  const target = query([expr, ''], 0, { isInstant: true }).format(PromQueryFormat.Table)
  const excludeByName = Object.fromEntries(['Time', ...hidden].map((name) => [name, true]))
  return dress(new TableBuilder(), text, { width: 24, height: 8 })
    .withTarget(target)
    .withTransformation({ id: 'organize', options: { excludeByName } })
}

/**
 * @template {StatBuilder | LinesBuilder | HeatmapBuilder | TableBuilder} Builder
 * @param {Builder} panel
 * @param {PanelText} text
 * @param {{ width: number, height: number }} size
 * @returns {Builder}
 */
function dress(panel, { title, about, unit, limits, width }, size) {
  panel.title(title).description(describe(about)).datasource(SOURCE).unit(unit)
  panel.span(width ?? size.width).height(size.height)
  panel.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps(limits)))
  return panel
}

/** @param {About} about */
function describe({ shows, good, act }) {
  return `${shows}\n\n**Good:** ${good}\n\n**Otherwise:** ${act}`
}

/** @param {Limits} [limits] */
function steps({ warn, bad } = {}) {
  const isDescending = warn !== undefined && bad !== undefined && bad < warn
  const start = { value: null, color: isDescending ? RED : GREEN }
  const marks = [
    { value: warn, color: isDescending ? GREEN : YELLOW },
    { value: bad, color: isDescending ? YELLOW : RED },
  ]
  const known = marks.filter(({ value }) => value !== undefined)
  known.sort((left, right) => Number(left.value) - Number(right.value))
  return [start, ...known.map(({ value, color }) => ({ value: Number(value), color }))]
}

/**
 * @param {Query} query
 * @param {number} index
 * @param {{ isInstant?: boolean }} [how]
 */
function query([expr, legend], index, { isInstant = false } = {}) {
  const target = new DataqueryBuilder()
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .datasource(SOURCE)
    .expr(expr)
    .legendFormat(legend)
  return isInstant ? target.instant() : target.range()
}

function legendBelow() {
  return new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
}

/** @param {Readonly<Record<string, string>>} words */
function toMapping(words) {
  const options = Object.entries(words).map(([value, text], index) => [value, { text, index }])
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) }
}
