import type { Incoming } from '../../request/incoming.js'
import type { SessionFacts } from '../../session/facts.js'
import type { History } from './history.js'
import type { Difference } from './look.js'
import type { AnomalySettings, Grade, SignalName } from './options.js'
import { isImpossibleTravel } from './travel.js'

/** What speaks against a session, and how much. */
export interface Verdict {
  readonly signals: readonly SignalName[]
  readonly grade: Grade
}

/** The sum of the weights, as a grade. */
export function gradeOf(
  signals: readonly SignalName[],
  { weights, grades }: Pick<AnomalySettings, 'weights' | 'grades'>,
): Grade {
  const sum = signals.reduce((total, signal) => total + weights[signal], 0)
  if (sum >= grades.high) return 'high'
  if (sum >= grades.medium) return 'medium'
  return sum >= grades.low ? 'low' : 'none'
}

/** A request whose client is not as its session has it. */
export interface Doubt {
  readonly incoming: Incoming
  readonly facts: SessionFacts
  readonly differences: readonly Difference[]
  /** It was in another network a moment ago, and in this one before. */
  readonly isAlternating: boolean
}

/**
 * Judges differences. What this session was seen with before is no signal; only where something is new, the circumstances are
 * looked at. Two round trips at most, and all questions of one go together. `isAllNew`: an earlier attempt to judge this failed.
 */
export async function judgeDoubt(
  settings: AnomalySettings,
  history: History,
  { incoming, facts, differences, isAlternating }: Doubt,
  isAllNew: boolean,
): Promise<Verdict> {
  const { id } = facts
  const news = await Promise.all(
    differences.map(async ({ mark, known }) => {
      // Where it comes from is known too, for when it goes back there.
      const [isNew] = await Promise.all([
        history.isNew(id, mark),
        known === undefined ? false : history.isNew(id, known),
      ])
      return isNew
    }),
  )
  const signals = differences
    .filter((_, at) => isAllNew || news[at] === true)
    .map(({ signal }) => signal)
  // Told once until the person has proved again who they are: whoever else has the session does not have the next one.
  const turns = `alternating ${String(facts.authenticatedAt)}`
  const isTurning = isAlternating && ((await history.isNew(id, turns)) || isAllNew)
  if (isTurning) signals.push('alternating_networks')
  if (signals.length > 0) {
    signals.push(...(await circumstances(settings, history, incoming, facts, signals)))
  }
  const weighty = signals.filter((signal) => settings.weights[signal] > 0)
  return { signals: weighty, grade: gradeOf(weighty, settings) }
}

async function circumstances(
  settings: AnomalySettings,
  history: History,
  { address }: Incoming,
  facts: SessionFacts,
  signals: readonly SignalName[],
): Promise<readonly SignalName[]> {
  const { serverTime, lastSeenAt, subject } = facts
  const isElsewhere = signals.includes('network_changed')
  const from = { address: facts.address, at: lastSeenAt }
  const [hasFailures, isUnusual, isTooFar] = await Promise.all([
    history.isDoubtful(address),
    subject === undefined ? false : history.isUnusualHour(subject, serverTime),
    isElsewhere && isImpossibleTravel(settings, from, { address, at: serverTime }),
  ])
  return [
    ...(hasFailures ? (['failed_attempts'] as const) : []),
    ...(isUnusual ? (['unusual_hour'] as const) : []),
    ...(isTooFar ? (['impossible_travel'] as const) : []),
  ]
}
