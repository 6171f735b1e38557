import uPlot from 'uplot'
import { numbersIn, type Columns } from './columns.js'
import { clockTime, numberWords, type Unit } from './numbers.js'

/** What is shown of time: until when, and how far back. Epoch milliseconds. */
export interface View {
  readonly end: number
  readonly reach: number
}

/** A chart on the page. */
export interface Chart {
  show(columns: Columns, view: View): void
  setSummary(words: string): void
}

interface Line {
  readonly column: string
  readonly stroke: string
  readonly value: Element | null
}

const HEIGHT = 176
/** Room at the left for the numbers, and at the right for half a word. */
const AXIS = 62
const MARGIN: uPlot.Padding = [10, 20, 0, 0]
const MINUTE = 60
const COLOURS: Readonly<Record<string, string>> = {
  first: '--line-1',
  second: '--line-2',
  third: '--line-3',
  alarm: '--line-4',
}
/** As in the legend, where style/console.ts draws them: nobody has to tell colours apart. */
const DASHES: Readonly<Record<string, number[]>> = {
  second: [7, 4],
  third: [2, 3],
  alarm: [7, 4],
}

/** The chart that a section of the page describes. */
export function createChart(section: HTMLElement): Chart | undefined {
  const plot = section.querySelector<HTMLElement>('.plot')
  const legend = section.querySelector<HTMLElement>('.legend')
  if (plot === null || legend === null) return undefined
  const unit = (section.dataset['unit'] ?? 'count') as Unit
  const lines = [...legend.querySelectorAll<HTMLElement>('li[data-column]')].map(toLine)
  let columns: Columns = { at: [], isAway: [] }
  let view: View = { end: 0, reach: 1 }
  plot.hidden = false
  legend.hidden = false

  const tell = (u: uPlot): void => {
    showValues({ legend, lines, unit, columns }, u.cursor.idx ?? undefined)
  }
  const options: uPlot.Options = {
    width: plot.clientWidth,
    height: HEIGHT,
    padding: MARGIN,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: () => [(view.end - view.reach) / 1_000, view.end / 1_000] },
      y: { range: (_u, _low, high) => [0, topOf(high, unit)] },
    },
    axes: axesOf(plot, legend, unit),
    series: [{}, ...lines.map((line) => seriesOf(plot, line))],
    hooks: { setCursor: [tell] },
  }
  const drawn = new uPlot(options, [[], ...lines.map(() => [])], plot)
  redrawWhenItLooksElse(plot, drawn)

  return {
    show(given, wanted) {
      columns = given
      view = wanted
      const x = columns.at.map((at) => at / 1_000)
      drawn.setData([x, ...lines.map(({ column }) => [...numbersIn(columns, column)])])
      tell(drawn)
      showTable(section, { lines, unit, columns })
    },
    setSummary(words) {
      const place = section.querySelector('.chart-summary')
      if (place !== null && place.textContent !== words) place.textContent = words
    },
  }
}

function toLine(item: HTMLElement): Line {
  return {
    column: item.dataset['column'] ?? '',
    stroke: item.dataset['stroke'] ?? 'first',
    value: item.querySelector('.legend-value'),
  }
}

/** A colour of the page, as it is now: it changes with the mode. */
function colour(at: Element, name: string): string {
  return getComputedStyle(at).getPropertyValue(name).trim()
}

function seriesOf(plot: Element, { stroke }: Line): uPlot.Series {
  const dash = DASHES[stroke]
  return {
    stroke: () => colour(plot, COLOURS[stroke] ?? '--line-1'),
    width: 2,
    spanGaps: false,
    points: { show: false },
    ...(dash === undefined ? {} : { dash }),
  }
}

function axesOf(plot: HTMLElement, legend: HTMLElement, unit: Unit): uPlot.Axis[] {
  const font = `12px ${getComputedStyle(plot).fontFamily}`
  const stroke = (): string => colour(plot, '--ink-soft')
  const faint = { stroke: (): string => colour(plot, '--line'), width: 1 }
  const { now = '', ago = '' } = legend.dataset
  const ageWords = (seconds: number): string =>
    seconds < 1 ? now : ago.replace('{n}', String(-Math.round(seconds / MINUTE)))
  return [
    {
      font,
      stroke,
      grid: { show: false },
      ticks: { ...faint, size: 4 },
      size: 30,
      splits: (_u, _axis, low, high) => [0, 1, 2, 3].map((n) => high - (n * (high - low)) / 3),
      values: (u, splits) => splits.map((at) => ageWords((u.scales['x']?.max ?? at) - at)),
    },
    {
      font,
      stroke,
      grid: faint,
      ticks: { show: false },
      size: AXIS,
      splits: (_u, _axis, _low, high) => [0, high / 2, high],
      values: (_u, splits) => splits.map((value) => numberWords(value, unit)),
    },
  ]
}

/** A round number above the highest value, whose half is round as well. */
function topOf(high: number | null, unit: Unit): number {
  if (unit === 'share') return 1
  const least = unit === 'count' ? 4 : 0.001
  const wanted = Math.max(least, (high ?? 0) * 1.1)
  const size = 10 ** Math.floor(Math.log10(wanted))
  return ([1, 2, 4, 6, 8, 10].find((times) => times * size >= wanted) ?? 10) * size
}

function redrawWhenItLooksElse(plot: HTMLElement, drawn: uPlot): void {
  new ResizeObserver(() => {
    drawn.setSize({ width: plot.clientWidth, height: HEIGHT })
  }).observe(plot)
  for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)']) {
    window.matchMedia(query).addEventListener('change', () => {
      drawn.redraw(false, true)
    })
  }
}

interface Shown {
  readonly lines: readonly Line[]
  readonly unit: Unit
  readonly columns: Columns
}

/** What each line stands at, where the pointer is; else what it stands at now. */
function showValues(
  { legend, lines, unit, columns }: Shown & { readonly legend: Element },
  pointed: number | undefined,
): void {
  const place = pointed ?? columns.at.length - 1
  const at = columns.at[place]
  for (const { column, value } of lines) {
    const number = numbersIn(columns, column)[place] ?? null
    setText(value, number === null ? '–' : numberWords(number, unit))
  }
  const isElse = pointed !== undefined && at !== undefined
  setText(legend.querySelector('.legend-time'), isElse ? `${clockTime(at)} UTC` : '')
}

function setText(element: Element | null, words: string): void {
  if (element !== null && element.textContent !== words) element.textContent = words
}

const ROW_EVERY = 60_000
const MOST_ROWS = 15

/** Only where somebody has opened it. */
function showTable(section: HTMLElement, { lines, unit, columns }: Shown): void {
  const table = section.querySelector<HTMLTableElement>('details[open] table')
  const body = table?.tBodies[0]
  if (table === null || body === undefined) return
  const { none = '', noAnswer = '' } = table.dataset
  const rows = eachMinute(columns.at).map((place) => {
    const row = document.createElement('tr')
    const head = document.createElement('th')
    head.scope = 'row'
    head.textContent = clockTime(columns.at[place] ?? 0)
    row.append(head)
    for (const { column } of lines) {
      const number = numbersIn(columns, column)[place] ?? null
      const missing = columns.isAway[place] === true ? noAnswer : none
      row.insertCell().textContent = number === null ? missing : numberWords(number, unit)
    }
    return row
  })
  body.replaceChildren(...rows)
}

/** Places of the latest sample, and from there back of one for each minute. */
function eachMinute(instants: readonly number[]): readonly number[] {
  const places: number[] = []
  for (let place = instants.length - 1; place >= 0 && places.length < MOST_ROWS; place -= 1) {
    const before = instants[places.at(-1) ?? -1] ?? Infinity
    if (before - (instants[place] ?? 0) >= ROW_EVERY) places.push(place)
  }
  return places
}
