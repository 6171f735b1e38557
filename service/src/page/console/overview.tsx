import type { JSX } from 'preact'
import { toColumns } from '../../console/index.js'
import { toHtml } from '../layout.js'
import { paths } from '../paths.js'
import { texts } from '../texts.js'
import { ChartCard } from './chart.js'
import { CHARTS } from './charts.js'
import { clockTime } from './clock-time.js'
import { ConsoleLayout } from './layout.js'
import type { OverviewProps } from './overview-props.js'
import { overviewTexts, type TileName, type TileText } from './overview-texts.js'

const words = texts.console.overview

/** `GET /admin`: what goes on right now. */
export function renderOverview({ overview, ...page }: OverviewProps): string {
  const { tiles, summaries } = overviewTexts(overview)
  return toHtml(
    <ConsoleLayout
      title={words.heading}
      page={page}
      entry="overview"
      lead={words.lead(overview.host, overview.pid)}
    >
      <div class="toolbar live">
        <LiveLine at={overview.now} />
        <button class="button live-pause" type="button" data-pause={words.goOn} hidden>
          {words.pause}
        </button>
      </div>
      <dl class="tiles">
        {(Object.keys(words.tiles) as TileName[]).map((name) => (
          <Tile key={name} name={name} text={tiles[name]} />
        ))}
      </dl>
      <div
        class="charts"
        data-stream={paths.consoleStream}
        data-window={JSON.stringify({ kept: overview.kept, columns: toColumns(overview.samples) })}
      >
        {CHARTS.map((chart) => (
          <ChartCard
            key={chart.id}
            chart={chart}
            summary={summaries[chart.id] ?? ''}
            samples={overview.samples}
          />
        ))}
      </div>
      <p class="soft small">{words.whose(overview)}</p>
    </ConsoleLayout>,
  )
}

/** Whether the page moves. Without a script it says of which moment it is. */
function LiveLine({ at }: { readonly at: number }): JSX.Element {
  return (
    <p
      class="live-line"
      role="status"
      data-live={words.live}
      data-away={words.away}
      data-paused={words.paused}
      data-over={words.over}
    >
      <span class="live-dot" aria-hidden="true" />
      <span class="live-words">{words.still(clockTime(at))}</span>
    </p>
  )
}

function Tile({ name, text }: { readonly name: TileName; readonly text: TileText }): JSX.Element {
  return (
    <div class="tile" data-tile={name} data-tone={text.tone}>
      <dt>{words.tiles[name]}</dt>
      <dd class="tile-value">{text.value}</dd>
      <dd class="tile-note">{text.note}</dd>
    </div>
  )
}
