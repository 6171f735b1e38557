import { declareCount, declareCounter, declareHistogram, showFrom } from 'sojourn/telemetry'
import type { Metrics } from 'sojourn/telemetry'
import type { QueueObserver } from '../account/queue.js'
import { PEOPLE_SERIES } from './catalogue/index.js'

/** How an attempt to sign in went: `limited` was refused before the password was looked at. */
export type SignInOutcome = 'ok' | 'failed' | 'limited'

/** Declares `sojourn_sign_ins_total`; the answer counts one attempt. */
export function observeSignIns(metrics: Metrics): (outcome: SignInOutcome) => void {
  const count = declareCount(metrics, PEOPLE_SERIES.signIns)
  return (outcome) => {
    count([outcome])
  }
}

/** Shows the line in which passwords wait: how long it is, how long they wait, how long they take. */
export function observePasswordQueue(metrics: Metrics, waiting: () => number): QueueObserver {
  showFrom(metrics, PEOPLE_SERIES.queueLength, waiting)
  const waits = declareHistogram(metrics, PEOPLE_SERIES.waited).series({})
  const hashes = declareHistogram(metrics, PEOPLE_SERIES.hashed).series({})
  const refused = declareCounter(metrics, PEOPLE_SERIES.turnedAway).series({})
  return {
    waited(milliseconds) {
      waits.observe(milliseconds / 1_000)
    },
    done(milliseconds) {
      hashes.observe(milliseconds / 1_000)
    },
    refused() {
      refused.add()
    },
  }
}
