import type { Metrics } from 'sojourn/telemetry'

/** How an attempt to sign in went: `limited` was refused before the password was looked at. */
export type SignInOutcome = 'ok' | 'failed' | 'limited'

/** Declares `sojourn_sign_ins_total`; the answer counts one attempt. */
export function observeSignIns(metrics: Metrics): (outcome: SignInOutcome) => void {
  const family = metrics.counter('sojourn_sign_ins_total', 'Attempts to sign in, by outcome.', [
    'outcome',
  ])
  const series = {
    ok: family.series({ outcome: 'ok' }),
    failed: family.series({ outcome: 'failed' }),
    limited: family.series({ outcome: 'limited' }),
  }
  return (outcome) => {
    series[outcome].add()
  }
}

/** `sojourn_password_queue_length`: what `waiting` answers at each reading. */
export function observePasswordQueue(metrics: Metrics, waiting: () => number): void {
  metrics
    .gauge('sojourn_password_queue_length', 'Passwords that wait to be hashed.')
    .series({})
    .readFrom(waiting)
}
