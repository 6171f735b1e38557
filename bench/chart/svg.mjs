/**
 * chart/ owns what is drawn and written of a run: SVG, HTML and Markdown, without any request to anywhere. It measures
 * nothing.
 */

const WIDTH = 700
const LABEL_END = 292
const BAR = { start: 300, end: 540 }
const ROW = 22
const MARGIN = { top: 74, bottom: 34 }

export const escape = (text) =>
  String(text).replace(
    /[&<>"]/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign],
  )

/** The same in both themes; the colours are those of whoever reads. */
export const COLOURS = `
  :root { --ink: #1f2328; --soft: #59636e; --line: #d8dee4; --bar: #b6c0cb; --mark: #6e7781; --ours: #0a7f6f; --ours-mark: #04463c; --paper: #ffffff }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6edf3; --soft: #9198a1; --line: #30363d; --bar: #4b5560; --mark: #9aa4ae; --ours: #35c4ab; --ours-mark: #b8f2e6; --paper: #0d1117 }
  }`

const STYLE = `${COLOURS}
  text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: var(--ink) }
  .title { font-size: 16px; font-weight: 650 }
  .soft { fill: var(--soft) }
  .small { font-size: 11px }
  .group { font-weight: 650 }
  .end { text-anchor: end }
  .middle { text-anchor: middle }
  .number { font-variant-numeric: tabular-nums }
  .ours-text { font-weight: 650; fill: var(--ours) }
  .bar { fill: var(--bar) }
  .ours { fill: var(--ours) }
  .whisker { stroke: var(--mark); stroke-width: 1.25; fill: none }
  .whisker.ours-mark { stroke: var(--ours-mark) }
  .grid { stroke: var(--line); stroke-width: 1 }
  .floor { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 3 }
  .target { fill: none; stroke: var(--ink); stroke-width: 1.25 }`

/**
 * @typedef {object} Bar
 * @property {string} label
 * @property {number} value
 * @property {number} [least]
 * @property {number} [most]
 * @property {number} [target]
 * @property {boolean} isOurs
 * @property {readonly string[]} texts what stands right of it, for each column
 *
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} subtitle
 * @property {readonly { head: string, bars: readonly Bar[] }[]} groups sorted here, the best first
 * @property {{ text: string, at: number }[]} columns heads of the texts, and where they end
 * @property {readonly { at: number, text: string }[]} ticks
 * @property {(value: number) => number} share from 0 to 1: how far a value reaches
 * @property {boolean} [isLessBetter]
 * @property {number} [floor] a line to compare with
 * @property {string} footer
 */

/** @param {Chart} chart */
export function drawBars(chart) {
  const { title, subtitle, groups, footer } = chart
  const x = (value) =>
    BAR.start + (BAR.end - BAR.start) * Math.min(1, Math.max(0, chart.share(value)))
  const out = []
  let y = MARGIN.top
  for (const { head, bars } of groups) {
    out.push(`<text class="group" x="0" y="${y + 15}">${escape(head)}</text>`)
    y += ROW + 2
    for (const bar of sorted(bars, chart.isLessBetter)) {
      out.push(drawBar(bar, chart, x, y))
      y += ROW
    }
    y += 10
  }
  const end = y - 6
  const height = end + MARGIN.bottom
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 0 ${WIDTH + 32} ${height}" width="${WIDTH + 32}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `<title>${escape(title)}</title><style>${STYLE}</style>`,
    `<rect x="-16" width="${WIDTH + 32}" height="${height}" fill="var(--paper)" rx="8"/>`,
    `<text class="title" x="0" y="26">${escape(title)}</text>`,
    `<text class="soft" x="0" y="45">${escape(subtitle)}</text>`,
    ...drawAxis(chart, x, end),
    ...out,
    `<text class="soft small" x="0" y="${height - 10}">${escape(footer)}</text>`,
    '</svg>',
  ].join('\n')
}

const sorted = (bars, isLessBetter = false) =>
  bars.toSorted((a, b) => (isLessBetter ? a.value - b.value : b.value - a.value))

function drawAxis({ ticks, columns, floor }, x, end) {
  const top = MARGIN.top
  const line = (name, at) =>
    `<line class="${name}" x1="${x(at)}" x2="${x(at)}" y1="${top}" y2="${end}"/>`
  return [
    ...ticks.map(({ at }) => line('grid', at)),
    ...ticks.map(
      ({ at, text }) =>
        `<text class="soft small middle" x="${x(at)}" y="${top - 6}">${escape(text)}</text>`,
    ),
    ...(floor === undefined ? [] : [line('floor', floor)]),
    ...columns.map(
      ({ text, at }) =>
        `<text class="soft small end" x="${at}" y="${top - 6}">${escape(text)}</text>`,
    ),
  ]
}

function drawBar({ label, value, least, most, target, isOurs, texts }, { columns }, x, y) {
  const middle = y + ROW / 2
  const name = isOurs ? 'ours-text' : ''
  const parts = [
    `<text class="end ${name}" x="${LABEL_END}" y="${middle + 4}">${escape(label)}</text>`,
    `<rect class="${isOurs ? 'ours' : 'bar'}" x="${BAR.start}" y="${middle - 7}" width="${Math.max(1.5, x(value) - BAR.start).toFixed(1)}" height="14" rx="2"/>`,
  ]
  if (least !== undefined && most !== undefined)
    parts.push(drawWhisker(x(least).toFixed(1), x(most).toFixed(1), middle, isOurs))
  if (target !== undefined)
    parts.push(
      `<path class="target" d="M${x(target).toFixed(1)} ${middle - 9.5}v19"><title>target ${target}</title></path>`,
    )
  texts.forEach((text, at) =>
    parts.push(
      `<text class="end number ${at === 0 ? name : 'soft'}" x="${columns[at].at}" y="${middle + 4}">${escape(text)}</text>`,
    ),
  )
  return parts.join('')
}

const drawWhisker = (from, to, y, isOurs) =>
  `<path class="whisker${isOurs ? ' ours-mark' : ''}" d="M${from} ${y - 4}v8M${from} ${y}H${to}M${to} ${y - 4}v8"/>`
