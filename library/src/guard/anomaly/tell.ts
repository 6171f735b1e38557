import type { History } from './history.js'
import type { AnomalyContext, AnomalyNotice, AnomalySettings, Answer } from './options.js'
import type { Tally } from './report.js'

/** What was found, before it is known what follows. */
export type Finding = Omit<AnomalyNotice, 'answer'>

/** Tells of findings: the event log, the application's hook and the counts. */
export interface Teller {
  /** Answers what is to follow. `already` says what has followed. */
  tell(finding: Finding, already?: Answer): Answer
  /** Calls a hook of the application, later: it can neither delay nor fail a request. */
  call<Fact>(hook: ((fact: Fact) => unknown) | undefined, fact: Fact): void
}

export function createTeller(
  context: AnomalyContext,
  { answers, isShadow, notify, notifyEvery }: AnomalySettings,
  history: History,
  tally: Tally,
): Teller {
  const call: Teller['call'] = (hook, fact) => {
    if (hook === undefined) return
    setImmediate(() => {
      void attempt(() => hook(fact))
    })
  }
  const notifyOnce = async (notice: AnomalyNotice): Promise<void> => {
    const kind = [...notice.signals].sort().join(' ')
    if (await history.mayTell(notice.id, kind, notifyEvery)) call(notify, notice)
  }
  return {
    call,
    tell(finding, already) {
      const { id, subject, address, signals, grade } = finding
      const answer = already ?? answers[grade]
      const isEnforced = already !== undefined || !isShadow
      tally.count(signals, grade, answer)
      context.report('anomaly.detected', { id, subject, signals, answer, isEnforced, address })
      if (isEnforced && answer !== 'observe' && notify !== undefined) {
        void attempt(() => notifyOnce({ ...finding, answer }))
      }
      return answer
    },
  }
}

/** What a hook throws, or a store that is away, changes nothing of what has happened. */
async function attempt(act: () => unknown): Promise<void> {
  try {
    await act()
  } catch {
    // The event has been told.
  }
}
