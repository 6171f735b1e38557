import type { JSX } from 'preact'
import type { Sample } from '../../console/index.js'
import { texts } from '../texts.js'
import { stateWords, type Chart, type Line } from './charts.js'
import { clockTime } from './clock-time.js'

const words = texts.console.overview
/** Milliseconds between two rows of a table. */
const ROW_EVERY = 60_000
const MOST_ROWS = 15

interface ChartCardProps {
  readonly chart: Chart
  readonly summary: string
  readonly samples: readonly Sample[]
}

/** A chart: what it is, what it says in a sentence, the drawing where a script draws it, and its numbers as a table. */
export function ChartCard({ chart, summary, samples }: ChartCardProps): JSX.Element {
  const { id, unit, lines } = chart
  const { heading, note } = words.charts[id]
  return (
    <section class="card chart" data-chart={id} data-unit={unit} aria-labelledby={`chart-${id}`}>
      <div>
        <h2 id={`chart-${id}`}>{heading}</h2>
        <p class="hint">{note}</p>
      </div>
      <div class="plot" aria-hidden="true" hidden />
      <ul class="legend" data-now={words.now} data-ago={words.ago} hidden>
        {lines.map((line) => (
          <Legend key={line.column} line={line} />
        ))}
        <li class="legend-time" />
      </ul>
      <p class="chart-summary small">{summary}</p>
      <details>
        <summary>{words.asTable}</summary>
        <Numbers chart={chart} samples={samples} />
      </details>
    </section>
  )
}

function Legend({ line }: { readonly line: Line }): JSX.Element {
  return (
    <li data-column={line.column} data-stroke={line.stroke}>
      <svg
        class={`stroke stroke-${line.stroke}`}
        viewBox="0 0 28 8"
        width="28"
        height="8"
        aria-hidden="true"
      >
        <path d="M1 4h26" />
      </svg>
      {line.name} <b class="legend-value" />
    </li>
  )
}

function Numbers({ chart, samples }: Omit<ChartCardProps, 'summary'>): JSX.Element {
  const { id, unit, lines } = chart
  return (
    <table class="numbers" data-none={words.nothing} data-no-answer={words.noAnswer}>
      <caption class="quietly">{words.charts[id].heading}</caption>
      <thead>
        <tr>
          <th scope="col">{words.time}</th>
          {lines.map(({ column, name }) => (
            <th key={column} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {eachMinute(samples).map((sample) => (
          <tr key={sample.at}>
            <th scope="row">{clockTime(sample.at)}</th>
            {lines.map(({ column }) => (
              <td key={column}>{stateWords(sample, column, unit)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** The latest sample, and from there back one for each minute. */
function eachMinute(samples: readonly Sample[]): readonly Sample[] {
  const shown: Sample[] = []
  for (const sample of samples.toReversed()) {
    const before = shown.at(-1)
    if (shown.length === MOST_ROWS) break
    if (before === undefined || before.at - sample.at >= ROW_EVERY) shown.push(sample)
  }
  return shown
}
