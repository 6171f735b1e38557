import type { Counted } from '../../console/index.js'
import { texts } from '../texts.js'
import { durationWords } from '../time.js'
import { CHARTS, reachOf, stateWords, summaryOf } from './charts.js'
import { numberWords } from './numbers.js'
import type { OverviewFacts } from './overview-props.js'
import { clockTime } from './clock-time.js'

const words = texts.console.overview

export type TileName = keyof typeof words.tiles

/** One number to be read at a glance. */
export interface TileText {
  readonly value: string
  /** What it is about, or since when. */
  readonly note: string
  /** `alarm`: somebody should look; `quiet`: there is no number. */
  readonly tone: 'plain' | 'alarm' | 'quiet'
}

/** Every word of the overview that changes with time. The stream sends them as they are, so that its script needs none. */
export interface OverviewTexts {
  readonly tiles: Readonly<Record<TileName, TileText>>
  readonly summaries: Readonly<Record<string, string>>
}

export function overviewTexts(facts: OverviewFacts): OverviewTexts {
  return {
    tiles: {
      sessions: sessionsTile(facts),
      signIns: countTile(facts, 'signIns'),
      failures: countTile(facts, 'failures'),
      refreshes: countTile(facts, 'refreshes'),
      reuse: countTile(facts, 'reuse', true),
      refusals: countTile(facts, 'refusals'),
      latency: latencyTile(facts),
      hitRate: hitRateTile(facts),
      store: storeTile(facts),
      process: processTile(facts),
    },
    summaries: Object.fromEntries(CHARTS.map((chart) => [chart.id, summaryOf(chart, facts)])),
  }
}

type Make = (facts: OverviewFacts) => TileText

const plain = (value: string, note: string): TileText => ({ value, note, tone: 'plain' })
const quiet = (value: string, note: string): TileText => ({ value, note, tone: 'quiet' })

const sessionsTile: Make = ({ samples }) => {
  const last = samples.at(-1)
  const value = stateWords(last, 'sessions', 'count')
  return (last?.sessions ?? null) === null
    ? quiet(value, words.ofStore)
    : plain(value, words.ofStore)
}

function countTile(facts: OverviewFacts, name: Counted, isAlarm = false): TileText {
  const note = words.inTheLast(reachOf(facts))
  if (facts.samples.at(-1)?.isAway === true) return quiet(words.noAnswer, note)
  const total = facts.totals[name]
  const value = numberWords(total, 'count')
  return { value, note, tone: isAlarm && total > 0 ? 'alarm' : 'plain' }
}

const latencyTile: Make = ({ samples }) => {
  const last = samples.at(-1)
  const value = stateWords(last, 'p50', 'seconds')
  const slow = last?.p95 ?? null
  return slow === null
    ? quiet(value, words.noCalls)
    : plain(value, words.mostWithin(numberWords(slow, 'seconds')))
}

const hitRateTile: Make = ({ samples, isCacheOff }) => {
  if (isCacheOff) return quiet(words.cacheOff, words.cacheOffNote)
  const last = samples.at(-1)
  const value = stateWords(last, 'hitRate', 'share')
  return (last?.hitRate ?? null) === null
    ? quiet(value, words.noLookups)
    : plain(value, words.ofLookups)
}

const storeTile: Make = ({ awaySince, breaker, samples }) => {
  if (awaySince !== undefined) {
    return { value: words.noAnswer, note: words.since(clockTime(awaySince)), tone: 'alarm' }
  }
  if (samples.length === 0) return quiet(words.nothing, words.breaker[breaker])
  const tone = breaker === 'closed' ? 'plain' : 'alarm'
  return { value: words.answers, note: words.breaker[breaker], tone }
}

const processTile: Make = ({ startedAt, now, version }) =>
  plain(durationWords(now - startedAt), words.version(version))
